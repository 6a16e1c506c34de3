import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from facial_keypoints.eye_contours import EYES, reverse_eye, reversed_eyes
from facial_keypoints.landmarks import IMM_58, load_asf

# Verified by eye on the photographs.
WRONG_IN_IMM = {
    ("06-5m", "left_eye"),
    *((name, "right_eye") for name in ("10-4m", "18-4m", "33-3m", "36-4m", "36-5m", "36-6m", "39-3m", "40-5m")),
}


def face_with_eyes(roll: float = 0.0, turn: float = 1.0) -> np.ndarray:
    """58 points whose eyes are proper contours: outer corner, upper lid, inner corner, lower lid."""
    points = np.random.default_rng(0).normal(size=(58, 2))
    angles = np.pi * np.arange(8) / 4
    for eye, side in (("left_eye", 1), ("right_eye", -1)):
        contour = np.stack([side * (3 + np.cos(angles)), -0.4 * np.sin(angles)], axis=-1)
        points[list(IMM_58.parts[eye])] = contour * (turn, 1)
    rotation = np.array([[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]])
    return points @ rotation.T


@given(st.floats(-3.1, 3.1), st.floats(0.3, 1))
def test_proper_contours_are_left_alone_in_any_pose(roll, turn):
    assert_array_equal(reversed_eyes(face_with_eyes(roll, turn)), [False, False])


@pytest.mark.parametrize("eye", EYES)
def test_a_contour_that_runs_backwards_is_found(eye):
    assert_array_equal(reversed_eyes(reverse_eye(face_with_eyes(), eye)), [name == eye for name in EYES])


@pytest.mark.parametrize("eye", EYES)
def test_reversing_twice_is_the_identity(eye):
    points = face_with_eyes()
    once = reverse_eye(points, eye)
    assert not np.array_equal(once, points)
    assert_array_equal(reverse_eye(once, eye), points)


def test_reversing_swaps_the_corners_and_keeps_the_middle_of_the_lids():
    before = face_with_eyes()
    after = reverse_eye(before, "right_eye")
    for first, second in ((21, 25), (22, 24), (26, 28), (23, 23), (27, 27)):
        assert_array_equal(after[first], before[second])


@pytest.mark.real
def test_exactly_the_nine_wrong_contours_of_imm_are_found(danes_folder):
    found = {
        (path.stem, eye)
        for path in danes_folder.glob("*.asf")
        for eye, is_reversed in zip(EYES, reversed_eyes(load_asf(path).points * (640, 480)), strict=True)
        if is_reversed
    }
    assert found == WRONG_IN_IMM
