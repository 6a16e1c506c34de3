import itertools
import time
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose

from facial_keypoints import resampling
from facial_keypoints.errors import ConfigurationError, DataError, ShapeError
from facial_keypoints.metrics import auc, curve_areas
from facial_keypoints.resampling import bootstrap_intervals, holm, paired_test, sign_flip_p

SEEDS = st.integers(0, 10_000)
WHOLE = st.integers(-5, 5).map(float)  # sums of whole numbers tie with each other


def widths(intervals: np.ndarray) -> np.ndarray:
    return intervals[:, 1] - intervals[:, 0]


def grouped_faces(seed: int, groups: int = 40, columns: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Values of faces, 1 to 4 of each group, that are alike within a group."""
    random = np.random.default_rng(seed)
    names = np.repeat([f"person {group:03d}" for group in range(groups)], random.integers(1, 5, groups))
    of_group = dict(zip(names, random.normal(5, 1, (len(names), columns)), strict=True))
    return np.array([of_group[name] for name in names]) + random.normal(0, 0.3, (len(names), columns)), names


def test_an_interval_covers_the_true_mean_about_as_often_as_it_says():
    covered = 0
    for seed in range(300):
        values, groups = grouped_faces(seed, columns=1)
        ((low, high),) = bootstrap_intervals(values, groups, resamples=400, level=0.9, seed=seed)
        covered += low < 5 < high
    assert 0.84 < covered / 300 < 0.95


def test_an_interval_that_takes_faces_of_a_person_for_independent_covers_less_often():
    values, groups = grouped_faces(0, groups=400)
    alone = bootstrap_intervals(values, np.arange(len(values)))
    assert (widths(bootstrap_intervals(values, groups)) > 1.2 * widths(alone)).all()


def test_groups_of_one_face_give_the_ordinary_bootstrap():
    values = np.random.default_rng(0).exponential(size=(60, 2))
    random = np.random.default_rng(1)
    means = np.array([values[random.integers(60, size=60)].mean(axis=0) for _ in range(20_000)])
    expected = np.quantile(means, [0.025, 0.975], axis=0).T
    assert_allclose(bootstrap_intervals(values, np.arange(60), resamples=20_000), expected, atol=0.015)


def test_the_interval_of_a_large_sample_is_that_of_the_normal_distribution():
    values = np.random.default_rng(0).normal(size=(4000, 1))
    error = values.std() / np.sqrt(4000)
    expected = values.mean() + error * np.array([[-1.96, 1.96]])
    assert_allclose(bootstrap_intervals(values, np.arange(4000), resamples=4000), expected, atol=0.1 * error)


@given(seed=SEEDS, copies=st.integers(2, 5))
@settings(max_examples=25)
def test_copies_of_faces_within_their_group_tell_nothing_new(seed, copies):
    values, groups = grouped_faces(seed)
    copied = bootstrap_intervals(np.repeat(values, copies, axis=0), np.repeat(groups, copies), resamples=100)
    assert_allclose(copied, bootstrap_intervals(values, groups, resamples=100))


@given(seed=SEEDS)
@settings(max_examples=25)
def test_the_order_of_the_faces_does_not_matter_and_the_seed_settles_the_rest(seed):
    values, groups = grouped_faces(seed)
    order = np.random.default_rng(seed).permutation(len(values))
    before = bootstrap_intervals(values, groups, resamples=100, seed=seed)
    assert_allclose(bootstrap_intervals(values[order], groups[order], resamples=100, seed=seed), before)
    assert not np.allclose(bootstrap_intervals(values, groups, resamples=100, seed=seed + 1), before)


@pytest.mark.parametrize("numbers", [1, 100, 2**21])
def test_how_many_are_drawn_at_a_time_changes_nothing(monkeypatch, numbers):
    values, groups = grouped_faces(0, groups=37)
    expected = bootstrap_intervals(values, groups)
    monkeypatch.setattr(resampling, "CACHED", numbers)
    assert (bootstrap_intervals(values, groups) == expected).all()


def test_the_mean_is_over_faces_however_many_a_group_has():
    values, groups = np.array([[0.0]] * 9 + [[10.0]]), np.array(["a"] * 9 + ["b"])
    assert_allclose(bootstrap_intervals(values, groups), [[0, 10]])  # of 2 groups: both one, both the other, or mixed
    random = np.random.default_rng(0)
    draws = random.integers(0, 2, (50_000, 2)).sum(axis=1)  # how often b is drawn
    means = 10 * draws / (9 * (2 - draws) + draws)
    interval = bootstrap_intervals(values, groups, level=0.4, resamples=50_000)
    assert_allclose(interval, [np.quantile(means, [0.3, 0.7])])
    assert_allclose(interval, [[1, 1]])


def test_columns_are_resampled_together():
    values, groups = grouped_faces(0)
    first, second = bootstrap_intervals(np.column_stack([values[:, 0], values[:, 0] + 1]), groups)
    assert_allclose(second, first + 1)


def test_a_higher_level_gives_a_wider_interval():
    values, groups = grouped_faces(0)
    assert (widths(bootstrap_intervals(values, groups, level=0.99)) > widths(bootstrap_intervals(values, groups))).all()


def test_the_interval_of_an_auc_is_that_of_the_mean_of_its_faces():
    values, groups = grouped_faces(0, columns=1)
    ((low, high),) = bootstrap_intervals(curve_areas(values[:, 0], 8)[:, None], groups)
    assert low < auc(values[:, 0], 8) < high


def test_there_is_no_interval_for_fewer_than_two_groups_or_a_column_with_nan():
    values = np.array([[1.0, np.nan], [2.0, 1.0], [3.0, 1.0]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isnan(bootstrap_intervals(values, ["a"] * 3)).all()
        assert np.isnan(bootstrap_intervals(values[:0], [])).all()
        whole, partly = bootstrap_intervals(values, ["a", "b", "c"])
    assert_allclose(whole, [1, 3])
    assert np.isnan(partly).all()


def test_what_does_not_fit_is_refused():
    with pytest.raises(ShapeError, match=r"\(3,\) and groups \(3,\)"):
        bootstrap_intervals(np.ones(3), ["a", "b", "c"])
    with pytest.raises(ShapeError, match=r"\(3, 1\) and groups \(2,\)"):
        bootstrap_intervals(np.ones((3, 1)), ["a", "b"])
    with pytest.raises(DataError, match="1 of 3 faces have no group, the first at row 1"):
        bootstrap_intervals(np.ones((3, 1)), ["a", None, "b"])
    with pytest.raises(ConfigurationError, match="95, expected a number between 0 and 1"):
        bootstrap_intervals(np.ones((3, 1)), ["a", "b", "c"], level=95)
    with pytest.raises(ShapeError, match=r"\(3,\) and \(2,\)"):
        paired_test(np.ones(3), np.ones(2), ["a", "b", "c"])


@given(first=arrays(float, 9, elements=WHOLE), second=arrays(float, 9, elements=WHOLE))
@settings(max_examples=50)
def test_few_groups_have_the_exact_p_of_all_ways_to_swap_the_two(first, second):
    groups = np.array(["a", "b", "b", "c", "d", "d", "d", "e", "f"])
    result = paired_test(first, second, groups, resamples=20)
    means = []
    for swaps in itertools.product([1, -1], repeat=6):
        sign = dict(zip("abcdef", swaps, strict=True))
        means.append(np.mean([sign[group] * (a - b) for group, a, b in zip(groups, first, second, strict=True)]))
    as_far = sum(abs(mean) >= abs(np.mean(first - second)) - 1e-9 for mean in means)
    assert_allclose(result.p, as_far / len(means))
    assert (result.faces, result.groups) == (9, 6)


@given(sums=arrays(float, st.integers(1, 6), elements=WHOLE))
def test_ties_stay_ties_where_sums_are_rounded(sums):
    assert sign_flip_p(sums / 10) == sign_flip_p(sums)  # tenths are no binary fractions


def test_groups_that_do_not_differ_leave_p_exact():
    sums = np.random.default_rng(3).normal(0.4, 1, 14)
    assert sign_flip_p(np.append(sums, np.zeros(50))) == sign_flip_p(sums)


@given(seed=SEEDS)
@settings(max_examples=25)
def test_swapping_the_two_changes_signs_only(seed):
    values, groups = grouped_faces(seed, columns=2)
    there = paired_test(*values.T, groups, resamples=200, permutations=199)
    back = paired_test(*values.T[::-1], groups, resamples=200, permutations=199)
    assert_allclose(
        [back.difference, back.low, back.high, back.p], [-there.difference, -there.high, -there.low, there.p]
    )


def test_equal_predictions_have_p_1_and_no_difference():
    values, groups = grouped_faces(0, columns=1)
    result = paired_test(values[:, 0], values[:, 0], groups)
    assert (result.difference, result.low, result.high, result.p) == (0, 0, 0, 1)


def test_a_difference_that_all_people_share_is_as_sure_as_permutations_can_tell():
    values, groups = grouped_faces(0, columns=1)
    result = paired_test(values[:, 0] + 0.1, values[:, 0], groups, permutations=999)
    assert_allclose([result.difference, result.low, result.high], 0.1)
    assert result.p == 1 / 1000


def test_random_permutations_come_near_to_all_of_them():
    sums = np.random.default_rng(3).normal(0.4, 1, 14)
    many = np.append(sums, np.full(2, 1e-12))  # two more groups of no weight: too many to try all
    assert 0.02 < sign_flip_p(sums) < 0.9
    assert_allclose(sign_flip_p(many, permutations=100_000), sign_flip_p(sums), atol=0.01)


def test_p_is_below_the_level_as_often_as_chance_allows():
    random = np.random.default_rng(0)
    p = np.array([sign_flip_p(random.normal(size=20), permutations=199, seed=seed) for seed in range(1000)])
    assert 0.035 < (p <= 0.05).mean() < 0.065


def test_faces_of_a_person_count_once_not_each():
    values, groups = grouped_faces(0, columns=2)
    copied = paired_test(*np.repeat(values, 9, axis=0).T, np.repeat(groups, 9))
    once = paired_test(*values.T, groups)
    assert_allclose(
        [copied.difference, copied.low, copied.high, copied.p], [once.difference, once.low, once.high, once.p]
    )
    assert (copied.faces, copied.groups) == (9 * once.faces, once.groups)


def test_without_faces_or_with_nan_nothing_is_known():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        none = paired_test(np.empty(0), np.empty(0), [])
        some = paired_test(np.array([1.0, np.nan, 2.0]), np.zeros(3), ["a", "b", "c"])
    for result in (none, some):
        assert np.isnan([result.difference, result.low, result.high, result.p]).all()
    one = paired_test(np.array([1.0, 2.0]), np.zeros(2), ["a", "a"])
    assert (one.difference, one.p, one.groups) == (1.5, 1, 1)
    assert np.isnan([one.low, one.high]).all()


def test_holm_multiplies_the_smallest_by_all_the_next_by_one_fewer():
    assert_allclose(holm(np.array([0.04, 0.01, 0.03])), [0.06, 0.03, 0.06])
    assert_allclose(holm(np.array([0.5, 0.9])), [1, 1])
    assert_allclose(holm(np.array([0.01, np.nan, 0.02])), [0.02, np.nan, 0.02])
    assert len(holm(np.empty(0))) == 0


@given(p=arrays(float, st.integers(1, 8), elements=st.floats(0, 1)), level=st.floats(0.001, 0.999))
def test_holm_rejects_what_his_procedure_rejects(p, level):
    rejected = set()
    for step, test in enumerate(np.argsort(p, kind="stable")):
        if p[test] * (len(p) - step) > level:
            break
        rejected.add(int(test))
    assert set(np.flatnonzero(holm(p) <= level)) == rejected


def test_ten_thousand_faces_are_resampled_within_moments():
    values, groups = np.random.default_rng(0).normal(size=(10_000, 8)), np.arange(10_000) % 9000
    started = time.process_time()
    bootstrap_intervals(values, groups)
    assert time.process_time() - started < 2  # 0.3 s, unless the machine is busy
