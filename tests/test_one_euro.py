import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from facial_keypoints.one_euro import OneEuro, smoothing

FRAME = 1 / 30  # seconds
courses = st.lists(st.lists(st.floats(-100, 100), min_size=6, max_size=6), min_size=2, max_size=20).map(
    lambda rows: np.array(rows).reshape(-1, 3, 2)
)


def filtered(course, *, min_cutoff: float = 1.0, beta: float = 0.5, step: float = FRAME, size: float = 1.0):
    """course: (F, K, 2)"""
    one_euro = OneEuro(min_cutoff, beta)
    return np.stack([one_euro(points, frame * step, size) for frame, points in enumerate(course)])


def along_x(values) -> np.ndarray:
    """The course (F, 1, 2) of one point."""
    return np.stack([values, np.zeros(len(values))], axis=-1)[:, None]


@given(st.floats(-1e4, 1e4), st.floats(0.01, 10), st.floats(0, 10))
def test_what_rests_stays_where_it_is(value, min_cutoff, beta):
    rest = np.full((10, 3, 2), value)
    assert_allclose(filtered(rest, min_cutoff=min_cutoff, beta=beta), rest)


def test_the_first_two_values_of_a_coordinate_are_those_of_the_paper():
    first, second = filtered(along_x([0.0, 3.0]), min_cutoff=2.0, beta=0.5)[:, 0, 0]
    alpha_of_speed = 1 / (1 + 1 / (2 * np.pi * 1.0) / FRAME)  # 1 / (1 + tau / Te)
    cutoff = 2.0 + 0.5 * alpha_of_speed * 3.0 / FRAME
    assert first == 0
    assert_allclose(second, 3.0 / (1 + 1 / (2 * np.pi * cutoff) / FRAME))


def test_the_speed_is_the_root_mean_square_of_all_points():
    course = np.zeros((2, 4, 2))
    course[1, 0] = 3.0, 4.0  # one of four points moves by 5, which is 2.5 in all
    alone = filtered(along_x([0.0, 2.5]), beta=2.0)[1, 0, 0] / 2.5
    assert_allclose(filtered(course, beta=2.0)[1, 0], alone * np.array([3.0, 4.0]))


def test_noise_is_reduced_to_what_exponential_smoothing_leaves():
    noise = np.random.default_rng(0).normal(size=(10_000, 2, 2))
    left = filtered(noise, min_cutoff=1.0, beta=0.0)[1000:].std()
    share = smoothing(1.0, FRAME)
    assert_allclose(left, np.sqrt(share / (2 - share)), rtol=0.05)
    assert left < 0.35


def test_a_step_is_followed_and_never_overshot():
    step = filtered(along_x([0.0] * 5 + [1.0] * 60))[:, 0, 0]
    assert (np.diff(step) >= 0).all()
    assert step.max() <= 1
    assert step[-1] > 0.99


def test_fast_motion_lags_less_with_beta():
    motion = np.arange(60) * FRAME * 2  # two sizes a second
    behind = [motion[-1] - filtered(along_x(motion), beta=beta)[-1, 0, 0] for beta in (0.0, 1.0, 10.0)]
    assert behind[0] > 2 * behind[1] > 4 * behind[2] > 0
    assert_allclose(behind[0] / 2, 1 / (2 * np.pi), rtol=0.02)  # seconds: the time constant of the smoothing


@given(courses, st.floats(0.2, 5))
def test_time_that_runs_slower_with_a_cutoff_as_much_lower_changes_nothing(course, slower):
    """beta is 0: the speed's own cutoff is fixed."""
    usual = filtered(course, min_cutoff=2.0, beta=0.0)
    assert_allclose(filtered(course, min_cutoff=2.0 / slower, beta=0.0, step=FRAME * slower), usual, atol=1e-9)


@given(courses, st.floats(0.1, 50))
def test_near_faces_are_filtered_as_far_ones(course, nearer):
    assert_allclose(filtered(nearer * course, size=nearer) / nearer, filtered(course), atol=1e-7)


@given(courses, st.floats(-180, 180), st.floats(-100, 100))
def test_a_turned_and_shifted_face_is_filtered_as_it_was(course, degrees, shift):
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    assert_allclose(filtered(course @ turn + shift), filtered(course) @ turn + shift, atol=1e-7)


@given(st.floats(0.001, 1), st.floats(0.1, 5))
def test_two_short_steps_smooth_about_as_much_as_a_long_one(step, cutoff):
    twice = 1 - (1 - smoothing(cutoff, step / 2)) ** 2
    assert abs(twice - smoothing(cutoff, step)) < 0.13


@pytest.mark.parametrize("second", [0.0, -1.0, float("nan")])
def test_time_that_does_not_advance_is_refused(second):
    one_euro = OneEuro(1.0, 0.0)
    one_euro(np.zeros((1, 2)), 0.0)
    with pytest.raises(ValueError, match=r"after 0\.0 s, expected a later time"):
        one_euro(np.zeros((1, 2)), second)
