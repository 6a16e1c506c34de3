import numpy as np
import pytest
from numpy.testing import assert_allclose

from facial_keypoints.jitter import beside_smooth_way, frame_to_frame, scatter

NOISE = np.random.default_rng(0).normal(size=(4000, 5, 2))


def test_what_rests_has_no_jitter():
    still = np.ones((7, 5, 2))
    assert frame_to_frame(still) == scatter(still) == 0


def test_noise_moves_by_its_deviation_in_two_dimensions_and_twice_from_frame_to_frame():
    assert_allclose(scatter(3 * NOISE), 3 * np.sqrt(2), rtol=0.02)
    assert_allclose(frame_to_frame(3 * NOISE), 3 * np.sqrt(4), rtol=0.02)


def test_steady_motion_is_its_speed_in_units_of_the_norm():
    course = np.arange(10)[:, None, None] * np.array([3.0, 4.0]) * np.ones((10, 5, 1))
    assert_allclose(frame_to_frame(course), 5)
    assert_allclose(frame_to_frame(course, norm=50.0), 0.1)
    assert_allclose(frame_to_frame(course, norm=np.full(10, 50.0)), 0.1)


@pytest.mark.parametrize("frames", [0, 1])
def test_one_frame_says_nothing(frames):
    assert np.isnan(frame_to_frame(NOISE[:frames]))


@pytest.mark.parametrize("frames", [1, 2, 3, 8, 9, 30])
def test_a_face_that_is_thrown_has_no_jitter(frames):
    times = np.arange(frames)[:, None, None] / 10
    course = np.array([3.0, 4.0]) * times + np.array([0.0, 9.81]) * times**2 * np.ones((1, 5, 1))
    assert_allclose(beside_smooth_way(course), 0, atol=1e-9)


def test_noise_is_left_beside_the_smooth_way_of_a_moving_face():
    way = 100 * np.sin(np.arange(4000) / 60)[:, None, None]
    left = beside_smooth_way(way + NOISE)
    assert_allclose(left.std(), np.sqrt(1 - 59 / 231), rtol=0.02)  # the middle weight of nine frames is 59 / 231
