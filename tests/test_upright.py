import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from facial_keypoints.geometry import Crop, inverse, transform_points
from facial_keypoints.landmarks import IBUG_68, IMM_58
from facial_keypoints.upright import turns, upright_crop_matrices
from tests.faces import oval

CROP = Crop(scale=1.5, shift_down=0.3, size=60)
angles, sizes, places = st.floats(-179, 179), st.floats(5, 500), st.floats(-1000, 1000)


def face(degrees: float = 0, size: float = 100, x: float = 0, y: float = 0, scheme=IBUG_68) -> np.ndarray:
    """(1, K, 2), turned clockwise."""
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    shape = oval(scheme) + np.array([0, 0.2])  # the eyes above the middle
    shape[list(scheme.outer_eye_corners), 1] = -0.6
    return (size * shape @ turn + [x, y])[None]


@given(angles, sizes, places, places)
def test_a_face_is_seen_upright_however_it_is_turned(degrees, size, x, y):
    found = np.degrees(turns(face(degrees, size, x, y), IBUG_68))
    assert_allclose((found - degrees + 180) % 360 - 180, 0, atol=1e-6)


@pytest.mark.parametrize("scheme", [IBUG_68, IMM_58], ids=lambda scheme: scheme.name)
def test_the_order_of_a_schemes_eye_corners_does_not_matter(scheme):
    assert_allclose(turns(face(25, scheme=scheme), scheme), np.radians(25))


@given(angles, sizes, places, places)
def test_the_square_is_centred_on_the_face_and_as_large_as_it_is(degrees, size, x, y):
    points = face(degrees, size, x, y)
    seen = transform_points(inverse(upright_crop_matrices(points, IBUG_68, CROP)), points)[0]
    low, high = seen.min(axis=0), seen.max(axis=0)
    assert_allclose((low + high) / 2, [30, 30], atol=1e-6)
    assert_allclose((high - low).max(), 60 / 1.5)


def test_points_that_coincide_still_have_a_square():
    matrices = upright_crop_matrices(np.full((1, 68, 2), 7.0), IBUG_68, CROP)
    assert np.isfinite(matrices).all()
    assert_allclose(transform_points(matrices[0], np.array([[30.0, 30.0]])), [[7, 7]])
