import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from facial_keypoints.one_euro import OneEuro, smoothing

FRAME = 1 / 30  # seconds
courses = st.lists(st.floats(-100, 100), min_size=2, max_size=30)


def filtered(values, *, min_cutoff: float = 1.0, beta: float = 0.5, step: float = FRAME, size: float = 1.0):
    one_euro = OneEuro(min_cutoff, beta)
    return np.array([one_euro(np.asarray(value), frame * step, size) for frame, value in enumerate(values)])


@given(st.floats(-1e4, 1e4), st.floats(0.01, 10), st.floats(0, 10))
def test_what_rests_stays_where_it_is(value, min_cutoff, beta):
    assert_allclose(filtered([value] * 10, min_cutoff=min_cutoff, beta=beta), value)


def test_the_first_two_values_are_those_of_the_paper():
    first, second = filtered([0.0, 3.0], min_cutoff=2.0, beta=0.5)
    turned = 2 * np.pi * FRAME  # of the speed, whose cutoff is 1 Hz
    speed = turned / (turned + 1) * 3.0 / FRAME
    cutoff = 2.0 + 0.5 * speed
    share = 1 / (1 + 1 / (2 * np.pi * cutoff) / FRAME)  # 1 / (1 + tau / Te)
    assert first == 0
    assert_allclose(second, share * 3.0)


def test_noise_is_reduced_to_what_exponential_smoothing_leaves():
    noise = np.random.default_rng(0).normal(size=20_000)
    left = filtered(noise, min_cutoff=1.0, beta=0.0)[1000:].std()
    share = smoothing(1.0, FRAME)
    assert_allclose(left, np.sqrt(share / (2 - share)), rtol=0.05)
    assert left < 0.35


def test_a_step_is_followed_and_never_overshot():
    step = filtered([0.0] * 5 + [1.0] * 60)
    assert (np.diff(step) >= 0).all()
    assert step.max() <= 1
    assert step[-1] > 0.99


def test_fast_motion_lags_less_with_beta():
    motion = np.arange(60) * FRAME * 2  # two sizes a second
    behind = [motion[-1] - filtered(motion, beta=beta)[-1] for beta in (0.0, 1.0, 10.0)]
    assert behind[0] > 2 * behind[1] > 4 * behind[2] > 0
    # without beta: the time constant of the smoothing, 1 / (2 pi cutoff), less what the frames' step leaves of it
    assert_allclose(behind[0] / 2, 1 / (2 * np.pi), rtol=0.02)


@given(courses, st.floats(0.2, 5))
def test_time_that_runs_slower_with_cutoffs_as_much_lower_changes_nothing(values, slower):
    """Only the speed's own cutoff is fixed: beta is 0, so that it does not count."""
    usual = filtered(values, min_cutoff=2.0, beta=0.0)
    assert_allclose(filtered(values, min_cutoff=2.0 / slower, beta=0.0, step=FRAME * slower), usual, atol=1e-9)


@given(courses, st.floats(0.1, 50))
def test_near_faces_are_filtered_as_far_ones(values, nearer):
    near = filtered(nearer * np.array(values), size=nearer)
    assert_allclose(near / nearer, filtered(values), atol=1e-7)


@given(st.floats(0.001, 1), st.floats(0.1, 5))
def test_two_short_steps_smooth_about_as_much_as_a_long_one(step, cutoff):
    twice = 1 - (1 - smoothing(cutoff, step / 2)) ** 2
    assert abs(twice - smoothing(cutoff, step)) < 0.13


def test_each_coordinate_is_filtered_for_itself():
    points = np.random.default_rng(1).normal(size=(20, 68, 2))
    together = filtered(points)
    assert together.shape == (20, 68, 2)
    assert_allclose(together[:, 5, 1], filtered(points[:, 5, 1]))


@pytest.mark.parametrize("second", [0.0, -1.0, float("nan")])
def test_time_that_does_not_advance_is_refused(second):
    one_euro = OneEuro(1.0, 0.0)
    one_euro(np.zeros(2), 0.0)
    with pytest.raises(ValueError, match=r"after 0\.0 s, expected a later time"):
        one_euro(np.zeros(2), second)
