"""A plain face among plain faces, and one made-up face for each reason."""

import re
from dataclasses import replace

import numpy as np
import pytest

from facial_keypoints.faces import UNLABELLED, FaceSet
from facial_keypoints.failure_reasons import UNTOLD, failure_reasons
from facial_keypoints.geometry import identity
from facial_keypoints.landmarks import IBUG_68
from tests.faces import spot_faces

FACES, SIDE, CENTRE = 9, 240, 120.0
ODD = 4  # the row of the face that is made odd
ROWS = np.arange(FACES)
SHAPE = np.random.default_rng(3).uniform(-60, 60, (IBUG_68.size, 2))
SHAPE[0], SHAPE[1] = (-80, -80), (80, 80)
SHAPE[list(IBUG_68.outer_eye_corners)] = [(-45, -30), (45, -30)]
SHAPE[IBUG_68.nose_tip] = (0, 5)


def plain_faces() -> FaceSet:
    """Upright faces that look ahead, some 160 pixels wide, in pictures of middling light and much contrast."""
    faces = spot_faces(FACES, (SIDE, SIDE), IBUG_68)
    chequered = np.where(np.indices((SIDE, SIDE)).sum(axis=0) % 2, 90, 170).astype(np.uint8)
    return replace(
        faces,
        images=np.tile(chequered[..., None], (FACES, 1, 1, 3)),
        keypoints=np.tile(CENTRE + SHAPE, (FACES, 1, 1)).astype(np.float32),
        to_source=np.tile(identity(), (FACES, 1, 1)),
        table=faces.table.assign(width=SIDE, height=SIDE),
    )


def with_shape(points: np.ndarray) -> FaceSet:
    """The odd face has these points around the centre of its picture."""
    faces = plain_faces()
    faces.keypoints[ODD] = CENTRE + points
    return faces


def with_light(picture: np.ndarray) -> FaceSet:
    faces = plain_faces()
    faces.images[ODD] = picture
    return faces


def plain_boxes() -> np.ndarray:
    return np.tile([CENTRE - 75, CENTRE - 75, 150, 150], (FACES, 1))


def boxes_with(box: list[float]) -> np.ndarray:
    boxes = plain_boxes()
    boxes[ODD] = box
    return boxes


def odd_reason(faces: FaceSet, boxes: np.ndarray | None = None) -> str:
    """The odd face's reason; the others have none."""
    reasons = failure_reasons(faces, plain_boxes() if boxes is None else boxes, ROWS)
    assert [reason for row, reason in enumerate(reasons) if row != ODD] == [UNTOLD] * (FACES - 1)
    return reasons[ODD]


def turned(points: np.ndarray, degrees: float) -> np.ndarray:
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return points @ np.array([[cos, sin], [-sin, cos]])


def nose_aside(pixels: float) -> np.ndarray:
    points = SHAPE.copy()
    points[IBUG_68.nose_tip, 0] += pixels
    return points


def test_a_plain_face_has_no_reason():
    assert odd_reason(plain_faces()) == UNTOLD


@pytest.mark.parametrize(("shift", "percent"), [([30, 0], 20), ([0, -45], 30)])
def test_a_box_away_from_where_boxes_lie_is_told_in_sides(shift, percent):
    box = [CENTRE - 75 + shift[0], CENTRE - 75 + shift[1], 150, 150]
    assert odd_reason(plain_faces(), boxes_with(box)) == f"box {percent} % off"


@pytest.mark.parametrize(("side", "reason"), [(200, "box too large"), (110, "box too small"), (170, UNTOLD)])
def test_a_box_of_another_size_than_boxes_have_is_told(side, reason):
    box = [CENTRE - side / 2, CENTRE - side / 2, side, side]
    assert odd_reason(plain_faces(), boxes_with(box)) == reason


def test_where_all_boxes_lie_is_no_reason():
    assert odd_reason(plain_faces(), plain_boxes() + np.array([60, -20, 80, 80])) == UNTOLD


def test_whole_photographs_have_no_box_to_be_off():
    assert failure_reasons(plain_faces(), None, ROWS) == [UNTOLD] * FACES


@pytest.mark.parametrize("side", [-1, 1])
def test_a_head_far_turned_is_told_in_degrees(side):
    found = re.fullmatch(r"turned (\d+)°", odd_reason(with_shape(nose_aside(side * 35))))
    assert found
    assert 30 < int(found[1]) < 60


@pytest.mark.parametrize("degrees", [-25, 25])
def test_a_tilted_head_is_told_in_degrees(degrees):
    faces = with_shape(turned(0.7 * SHAPE, degrees))
    assert failure_reasons(faces, None, ROWS)[ODD] == "tilted 25°"


def test_points_beyond_the_picture_are_counted():
    points = SHAPE.copy()
    points[0], points[1] = (-125, -80), (80, 125)
    faces = with_shape(points)
    assert failure_reasons(faces, None, ROWS)[ODD] == "2 points beyond the picture"
    unknown = replace(faces, table=faces.table.drop(columns=["width", "height"]))
    assert failure_reasons(unknown, None, ROWS)[ODD] == UNTOLD


DARK, BRIGHT = np.uint8(30), np.uint8(230)
FLAT = np.full((SIDE, SIDE, 3), 128, np.uint8)


@pytest.mark.parametrize(
    ("picture", "reason"),
    [(DARK, "dark"), (BRIGHT, "bright"), (FLAT, "little contrast")],
    ids=["dark", "bright", "flat"],
)
def test_light_is_told_by_the_greys_of_the_face(picture, reason):
    assert odd_reason(with_light(picture)) == reason


def test_light_beside_the_face_does_not_count():
    faces = plain_faces()
    faces.images[ODD, :, :30] = 255
    faces.images[ODD, :30] = 0
    assert odd_reason(faces) == UNTOLD


def test_a_face_that_has_left_its_picture_has_some_light():
    faces = with_shape(SHAPE + 400)
    assert "points beyond the picture" in failure_reasons(faces, None, ROWS)[ODD]


def test_imms_spot_light_is_known_from_the_type():
    faces = plain_faces()
    faces = replace(faces, table=faces.table.assign(type=[5 if row == ODD else 1 for row in range(FACES)]))
    assert odd_reason(faces) == "spot light"


def test_a_face_of_few_pixels_is_small():
    faces = with_shape(SHAPE * 0.3)
    assert failure_reasons(faces, None, ROWS)[ODD] == "small"
    large = replace(faces, to_source=3 * faces.to_source, table=faces.table.assign(width=3 * SIDE, height=3 * SIDE))
    assert failure_reasons(large, None, ROWS)[ODD] == UNTOLD


def test_several_reasons_stand_in_one_line():
    faces = with_shape(nose_aside(40))
    faces.images[ODD] = DARK
    reason = odd_reason(faces, boxes_with([CENTRE - 105, CENTRE - 75, 150, 150]))
    assert re.fullmatch(r"box 20 % off, turned \d+°, dark", reason)


def test_only_the_faces_asked_for_are_told_of():
    assert failure_reasons(with_light(DARK), plain_boxes(), np.array([ODD, 0])) == ["dark", UNTOLD]


def test_faces_without_landmarks_have_no_say_in_what_is_usual():
    faces = plain_faces()
    faces.keypoints[:2] = np.nan
    splits = faces.table["split"].where(faces.table.index > 1, UNLABELLED)
    faces = replace(faces, table=faces.table.assign(split=splits))
    boxes = boxes_with([CENTRE - 45, CENTRE - 75, 150, 150])
    assert failure_reasons(faces, boxes, np.array([3, ODD])) == [UNTOLD, "box 20 % off"]
