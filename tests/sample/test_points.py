"""Where the landmarks of a drawn person are."""

from dataclasses import replace

import numpy as np
import pytest

from facial_keypoints.landmarks.schemes import IBUG_68, IMM_58, LandmarkScheme
from facial_keypoints.sample.people import Person, draw_person
from facial_keypoints.sample.render import landmarks
from facial_keypoints.sample.scene import Expression, Scene


def turned(scene: Scene, yaw: float = 0.0, pitch: float = 0.0, roll: float = 0.0) -> Scene:
    return replace(scene, pose=replace(scene.pose, yaw=yaw, pitch=pitch, roll=roll))


def nose_beside_eyes(points: np.ndarray, scheme: LandmarkScheme) -> float:
    """x of the nose tip from the middle of the outer eye corners, in parts of their distance."""
    first, second = points[list(scheme.outer_eye_corners), 0]
    return float((points[scheme.nose_tip, 0] - (first + second) / 2) / abs(first - second))


@pytest.mark.parametrize(("which", "scheme"), [(0, IMM_58), (1, IBUG_68)])
@pytest.mark.parametrize("number", range(5))
def test_a_frontal_face_is_its_own_mirror_image(
    number: int, which: int, scheme: LandmarkScheme, frontal: Scene
) -> None:
    someone = draw_person(np.random.default_rng(number))
    smiling = replace(frontal, expression=Expression(smile=0.7, mouth_open=0.4, brow_raise=0.5, gaze=(1, 0)))
    points = landmarks(someone, smiling)[which]
    middle = frontal.pose.centre[0]
    mirrored = points[list(scheme.mirror)] * (-1, 1) + (2 * middle, 0)
    np.testing.assert_allclose(mirrored, points, atol=1e-6)


@pytest.mark.parametrize(("which", "scheme"), [(0, IMM_58), (1, IBUG_68)])
def test_the_nose_follows_the_turn_of_the_head(
    which: int, scheme: LandmarkScheme, person: Person, frontal: Scene
) -> None:
    left, straight, right = (
        nose_beside_eyes(landmarks(person, turned(frontal, yaw=yaw))[which], scheme) for yaw in (-30, 0, 30)
    )
    assert straight == pytest.approx(0, abs=1e-6)
    assert left < -0.15
    assert right > 0.15


def test_looking_down_brings_the_nose_nearer_to_the_mouth(person: Person, frontal: Scene) -> None:
    def distance(pitch: float) -> float:
        points = landmarks(person, turned(frontal, pitch=pitch))[1]
        return float(points[51, 1] - points[30, 1])

    assert distance(15) < distance(0) < distance(-15)


def test_rolling_turns_the_eyes_line_by_the_angle(person: Person, frontal: Scene) -> None:
    points = landmarks(person, turned(frontal, roll=20))[1]
    across, down = points[45] - points[36]
    assert np.degrees(np.arctan2(down, across)) == pytest.approx(20, abs=0.1)


def test_scale_is_about_the_distance_of_the_outer_eye_corners(person: Person, frontal: Scene) -> None:
    points_58, points_68 = landmarks(person, frontal)
    assert np.linalg.norm(points_58[13] - points_58[21]) == pytest.approx(frontal.pose.scale, rel=0.2)
    np.testing.assert_allclose(points_58[[21, 13]], points_68[[36, 45]], atol=1e-9)


@pytest.mark.parametrize(
    ("expression", "moved"),
    [
        (Expression(smile=1), [48, 54]),
        (Expression(mouth_open=1), [8, 57, 66]),
        (Expression(brow_raise=1), [19, 24]),
        (Expression(eyes_open=0.4), [37, 38, 43, 44]),
    ],
)
def test_an_expression_moves_its_points_and_no_corner_of_an_eye(
    expression: Expression, moved: list[int], person: Person, frontal: Scene
) -> None:
    neutral = landmarks(person, frontal)[1]
    pulled = landmarks(person, replace(frontal, expression=expression))[1]
    shift = np.linalg.norm(pulled - neutral, axis=1) / frontal.pose.scale
    assert shift[moved].min() > 0.03
    np.testing.assert_allclose(shift[[36, 39, 42, 45]], 0, atol=1e-3)


@pytest.mark.parametrize(("which", "last"), [(0, 12), (1, 16)])
def test_jaw_points_are_evenly_spaced_on_a_frontal_face(which: int, last: int, person: Person, frontal: Scene) -> None:
    jaw = landmarks(person, frontal)[which][: last + 1]
    steps = np.linalg.norm(np.diff(jaw, axis=0), axis=1)
    assert steps.max() < 1.35 * steps.min()
    assert jaw[:, 1].argmax() == last // 2


def test_people_differ_in_more_than_size(frontal: Scene) -> None:
    shapes = np.stack([landmarks(draw_person(np.random.default_rng(n)), frontal)[1] for n in range(20)])
    assert shapes.std(axis=0).mean() > 0.015 * frontal.pose.scale
