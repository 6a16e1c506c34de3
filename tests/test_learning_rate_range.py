import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from facial_keypoints.learning_rate_range import (
    COLUMNS,
    latest_smoothed,
    proposed_rate,
    range_table,
    rising_rates,
    smoothed,
)
from tests.options import finder_options

RATES = np.geomspace(1e-7, 1, 141)  # 20 a decade


def of(smoothed_shares: list[float]) -> pd.DataFrame:
    """A table whose rates are 1e-5, 1e-4, ..."""
    rates = [10.0**power for power in range(-5, len(smoothed_shares) - 5)]
    return pd.DataFrame({"learning_rate": rates, "smoothed": smoothed_shares})


def test_every_rate_is_the_same_multiple_of_the_one_before():
    assert_allclose(rising_rates(finder_options(lowest=1e-3, highest=1, steps=31))[::10], [1e-3, 1e-2, 1e-1, 1])


def test_the_weights_of_smoothing_are_a_gaussian_of_the_distance_in_decades():
    # exp(-1/2) for the neighbour a decade away, width one decade: the mean of the logarithms 0 and 2.
    near, far = 1, np.exp(-0.5)
    expected = np.exp(np.array([far * 2, near * 2]) / (near + far))
    assert_allclose(smoothed([0.01, 0.1], [0.01, 0.1], [1, np.exp(2)], width=1), expected)


def test_a_straight_line_of_logarithms_stays_where_it_is_but_for_its_ends():
    curve = RATES**-0.5
    assert_allclose(smoothed(RATES, RATES, curve, 0.1)[20:-20], curve[20:-20], rtol=1e-6)


def test_smoothing_does_not_move_a_fall_to_higher_rates():
    fall = np.exp(-1 / (1 + 1e-3 / RATES))  # its logarithm is symmetric about half of it at 1e-3
    assert_allclose(smoothed([1e-3], RATES, fall, 0.25), np.exp(-0.5), rtol=1e-6)


def test_one_loss_of_a_thousandfold_does_not_drown_those_around_it():
    losses = np.ones(141)
    losses[70] = 1000
    assert smoothed(RATES, RATES, losses, 0.25).max() < 2


def test_the_latest_is_smoothed_with_those_before_it():
    losses = np.random.default_rng(0).uniform(1, 2, 141)
    assert latest_smoothed(RATES, losses, 0.25) == pytest.approx(smoothed(RATES, RATES, losses, 0.25)[-1])


def test_how_hard_a_batch_is_cancels_out():
    hard = np.random.default_rng(0).uniform(0.5, 5, 141)
    learnt = np.linspace(1, 0.2, 141)
    table = range_table(RATES, hard * learnt, hard, finder_options())
    assert list(table) == COLUMNS
    assert list(table["step"]) == list(range(1, 142))
    assert_allclose(table["loss"], hard * learnt)
    assert_allclose(table["smoothed"], smoothed(RATES, RATES, learnt, 0.25))


@pytest.mark.parametrize(
    ("shares", "proposed"),
    [
        ([1, 0.9, 0.5, 0.36, 0.35, 0.25, 4], 1e-1),  # 0.25 to the power of 3/4 is 0.354
        ([1, 0.9, 0.35, 0.3, 0.25, 0.6, 4], 1e-3),
        ([1, 0.9, 0.3, 0.25, 0.4, 0.3, 0.26], 1e-3),  # the first time
        ([1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01], 1),  # 0.032; it falls to the end
        ([1, 1.3, 0.9, 0.8, 2, 8, 30], 1e-2),  # 0.846
        ([1, 0.95, 0.91, 1.5, 4, 8, 30], None),
    ],
)
def test_the_proposal_is_where_three_quarters_of_the_fall_are_done_on_a_logarithmic_scale(shares, proposed):
    assert proposed_rate(of(shares)) == (None if proposed is None else pytest.approx(proposed))


def test_the_proposal_stays_whatever_the_noise_and_however_hard_the_batches():
    # The loss falls to a tenth, half of the way at 1e-4, and grows from 0.1 on. Three quarters are done where
    # 1 / (1 + 1e-4 / rate) is 3/4: at 3e-4.
    curve = np.exp(np.log(0.1) / (1 + 1e-4 / RATES)) * np.exp(np.clip(RATES - 0.1, 0, None))
    noise, hard = np.random.default_rng(1).lognormal(0, [[0.1], [0.5]], (2, 141))
    table = range_table(RATES, curve * noise * hard, hard, finder_options())
    assert proposed_rate(table) == pytest.approx(3e-4, rel=0.2)
