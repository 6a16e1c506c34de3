"""What is seen in a drawn picture, and that the landmarks lie on it."""

from dataclasses import replace

import numpy as np
import pytest

from facial_keypoints.sample.people import Person
from facial_keypoints.sample.render import DrawnFace, render_face
from facial_keypoints.sample.scene import Backdrop, Expression, Light, Occluder, Scene

SIZE = (360, 480)


def colour_at(image: np.ndarray, point: np.ndarray, radius: int = 1) -> np.ndarray:
    """Mean colour (3,) of the pixels around a point."""
    column, row = np.floor(point).astype(int)
    return image[row - radius : row + radius + 1, column - radius : column + radius + 1].reshape(-1, 3).mean(axis=0)


def redness(colour: np.ndarray) -> float:
    return float(colour[0] / (colour[1] + 1))


def test_the_image_and_its_points_have_the_promised_types(portrait: DrawnFace) -> None:
    assert portrait.image.shape == (*SIZE, 3)
    assert portrait.image.dtype == np.uint8
    assert portrait.points_58.shape == (58, 2)
    assert portrait.points_68.shape == (68, 2)
    assert portrait.points_58.dtype == portrait.points_68.dtype == np.float64


def test_the_same_scene_gives_the_same_picture(person: Person, frontal: Scene, portrait: DrawnFace) -> None:
    np.testing.assert_array_equal(render_face(person, frontal, SIZE).image, portrait.image)


def test_lips_are_redder_than_the_cheek(portrait: DrawnFace) -> None:
    points = portrait.points_68
    lower_lip = colour_at(portrait.image, (points[57] + points[66]) / 2)
    cheek = colour_at(portrait.image, (points[48] + points[3]) / 2)
    assert redness(lower_lip) > 1.15 * redness(cheek)


@pytest.mark.parametrize("corners", [(36, 39), (45, 42)])
def test_eyes_have_dark_pupils_and_a_white_beside_them(corners: tuple[int, int], portrait: DrawnFace) -> None:
    outer, inner = portrait.points_68[list(corners)]
    pupil = colour_at(portrait.image, (outer + inner) / 2 - (0, 2)).mean()
    white = colour_at(portrait.image, 0.78 * outer + 0.22 * inner - (0, 2)).mean()
    assert pupil < 0.6 * white


@pytest.mark.parametrize("brow", [19, 24])
def test_brows_are_darker_than_the_forehead(brow: int, portrait: DrawnFace) -> None:
    point = portrait.points_68[brow]
    assert colour_at(portrait.image, point - (0, -3)).mean() < 0.8 * colour_at(portrait.image, point - (0, 8)).mean()


def test_the_lower_jaw_is_the_edge_between_skin_and_what_is_behind(portrait: DrawnFace) -> None:
    points = portrait.points_68
    middle = points[33]
    for jaw in points[[2, 3, 4, 12, 13, 14]]:
        inwards = 5 * (middle - jaw) / np.linalg.norm(middle - jaw)
        skin, behind = colour_at(portrait.image, jaw + inwards), colour_at(portrait.image, jaw - inwards)
        assert np.abs(skin - behind).max() > 25


@pytest.mark.parametrize(
    ("expression", "point"),
    [
        (Expression(mouth_open=1), 66),
        (Expression(smile=1), 54),
        (Expression(brow_raise=1), 24),
        (Expression(eyes_open=0.4), 44),
    ],
)
def test_an_expression_changes_the_picture_where_its_points_are(
    expression: Expression, point: int, person: Person, frontal: Scene, portrait: DrawnFace
) -> None:
    pulled = render_face(person, replace(frontal, expression=expression), SIZE).image
    change = np.abs(pulled.astype(int) - portrait.image).max(axis=-1)
    column, row = np.floor(portrait.points_68[point]).astype(int)
    assert change[row - 5 : row + 6, column - 5 : column + 6].max() > 40
    assert change[:30].max() == 0


def test_the_side_towards_the_lamp_is_brighter(person: Person, frontal: Scene) -> None:
    def left_over_right(x: float) -> float:
        lit = render_face(person, replace(frontal, light=Light((x, -0.2, 0.7))), SIZE)
        left, right = (colour_at(lit.image, lit.points_68[jaw] * 0.6 + lit.points_68[30] * 0.4, 2) for jaw in (3, 13))
        return float(left.mean() / right.mean())

    assert left_over_right(-1) > 1.2
    assert left_over_right(1) < 1 / 1.2


def test_an_occluder_hides_the_points_below_it_and_moves_none(
    person: Person, frontal: Scene, portrait: DrawnFace
) -> None:
    x, y = portrait.points_68[51]
    bar = Occluder(centre=(float(x), float(y)), half_size=(40.0, 14.0), angle=0.0, colour=(20, 60, 220))
    hidden = render_face(person, replace(frontal, occluder=bar), SIZE)
    red, _, blue = colour_at(hidden.image, portrait.points_68[51])
    assert blue > 2 * red
    np.testing.assert_array_equal(hidden.points_68, portrait.points_68)


def test_the_seed_changes_the_backdrop_but_not_the_face(person: Person, frontal: Scene) -> None:
    first, second = (
        render_face(person, replace(frontal, backdrop=Backdrop.CLUTTER, seed=seed), SIZE) for seed in (1, 2)
    )
    assert np.abs(first.image[:20].astype(int) - second.image[:20]).mean() > 5
    column, row = np.floor(first.points_68[30]).astype(int)
    np.testing.assert_array_equal(
        first.image[row - 5 : row + 5, column - 5 : column + 5],
        second.image[row - 5 : row + 5, column - 5 : column + 5],
    )


def test_a_face_partly_outside_the_picture_is_drawn_without_fail(person: Person, frontal: Scene) -> None:
    at_the_corner = replace(frontal, pose=replace(frontal.pose, centre=(5.0, 3.0)))
    outside = replace(frontal, pose=replace(frontal.pose, centre=(-2000.0, -2000.0)))
    for scene in (at_the_corner, outside):
        assert render_face(person, scene, SIZE).image.shape == (*SIZE, 3)
