import numpy as np
import pytest
from numpy.testing import assert_allclose

from facial_keypoints.errors import DataError, ShapeError
from facial_keypoints.landmarks import IBUG_68, IMM_58
from facial_keypoints.metrics import interocular, nme, point_errors


def test_the_error_of_a_point_is_its_distance():
    truth = np.zeros((1, 2, 2))
    assert_allclose(point_errors(np.array([[[3.0, 4.0], [0.0, 1.0]]]), truth), [[5, 1]])


def test_points_of_another_shape_are_refused():
    with pytest.raises(ShapeError, match=r"\(1, 2, 2\)"):
        point_errors(np.zeros((1, 2, 2)), np.zeros((1, 3, 2)))


@pytest.mark.parametrize(("scheme", "corners"), [(IMM_58, (13, 21)), (IBUG_68, (36, 45))])
def test_the_norm_is_the_distance_of_the_outer_eye_corners(scheme, corners):
    truth = np.random.default_rng(0).uniform(size=(3, scheme.size, 2))
    expected = np.hypot(*(truth[:, corners[0]] - truth[:, corners[1]]).T)
    assert_allclose(interocular(truth, scheme), expected)


def test_coinciding_eye_corners_are_an_error_that_names_the_face():
    truth = np.random.default_rng(0).uniform(size=(3, 58, 2))
    truth[1, 13] = truth[1, 21]
    with pytest.raises(DataError, match=r"\[1\]"):
        interocular(truth, IMM_58)


def test_points_of_another_scheme_have_no_norm():
    with pytest.raises(ShapeError, match="imm_58"):
        interocular(np.zeros((1, 68, 2)), IMM_58)


def test_nme_is_the_mean_error_in_percent_of_the_norm():
    assert_allclose(nme(np.array([[1.0, 3.0], [0.0, 5.0]]), np.array([50.0, 25.0])), [4, 10])
