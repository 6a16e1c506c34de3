import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose

from facial_keypoints.errors import ConfigurationError, DataError, ShapeError
from facial_keypoints.landmarks import IBUG_68
from facial_keypoints.metrics import (
    auc,
    axis_errors,
    ced,
    curve_areas,
    error_percentiles,
    failure_rate,
    failures,
    nme,
    point_errors,
)
from facial_keypoints.norms import NORMS, norm_lengths

# Tenths, so that errors tie with each other and lie exactly on thresholds.
ERRORS = arrays(float, st.integers(1, 12), elements=st.integers(0, 200).map(lambda tenths: tenths / 10))
THRESHOLDS = st.integers(1, 150).map(lambda tenths: tenths / 10)
OF_FACES = [
    lambda errors: failure_rate(errors, 8),
    lambda errors: auc(errors, 8),
    ced,
    error_percentiles,
]


def test_the_error_of_a_point_is_its_distance():
    truth = np.zeros((1, 2, 2))
    assert_allclose(point_errors(np.array([[[3.0, 4.0], [0.0, 1.0]]]), truth), [[5, 1]])


def test_the_errors_along_the_axes_are_means_of_magnitudes():
    truth = np.zeros((2, 2, 2))
    predicted = np.array([[[3.0, 4.0], [-1.0, 0.0]], [[0.0, -2.0], [0.0, 2.0]]])
    assert_allclose(axis_errors(predicted, truth), [[2, 2], [0, 2]])


@pytest.mark.parametrize("errors", [point_errors, axis_errors])
def test_points_of_another_shape_are_refused(errors):
    with pytest.raises(ShapeError, match=r"\(1, 2, 2\)"):
        errors(np.zeros((1, 2, 2)), np.zeros((1, 3, 2)))


def test_nme_is_the_mean_error_in_percent_of_the_norm():
    assert_allclose(nme(np.array([[1.0, 3.0], [0.0, 5.0]]), np.array([50.0, 25.0])), [4, 10])


@pytest.mark.parametrize("norm", ["outer_eye_corners", "pupils"])
@given(
    seed=st.integers(0, 10_000),
    turn=st.floats(-3, 3),
    scale=st.floats(0.01, 100),
    shift=st.tuples(*[st.floats(-999, 999)] * 2),
)
def test_turning_scaling_and_moving_prediction_and_truth_leaves_the_nme(norm, seed, turn, scale, shift):
    truth, predicted = np.random.default_rng(seed).uniform(0, 100, (2, 3, 68, 2))
    turned = scale * np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    moved_truth, moved = truth @ turned + shift, predicted @ turned + shift
    before = nme(point_errors(predicted, truth), norm_lengths(truth, IBUG_68, norm))
    assert_allclose(nme(point_errors(moved, moved_truth), norm_lengths(moved_truth, IBUG_68, norm)), before, rtol=1e-6)


@pytest.mark.parametrize("norm", NORMS)
@given(seed=st.integers(0, 10_000), scale=st.floats(0.01, 100))
def test_no_norm_depends_on_how_large_the_picture_is(norm, seed, scale):
    truth, predicted = np.random.default_rng(seed).uniform(0, 100, (2, 3, 68, 2))
    before = nme(point_errors(predicted, truth), norm_lengths(truth, IBUG_68, norm))
    after = nme(point_errors(scale * predicted, scale * truth), norm_lengths(scale * truth, IBUG_68, norm))
    assert_allclose(after, before)


@given(errors=ERRORS, threshold=THRESHOLDS)
def test_the_failure_rate_counts_faces_strictly_above_the_threshold(errors, threshold):
    failed = 0
    for error in errors:
        if error > threshold:
            failed += 1
    assert_allclose(failure_rate(errors, threshold), 100 * failed / len(errors))
    assert_allclose(failures(errors, threshold).mean(), failure_rate(errors, threshold))


def test_a_face_on_the_threshold_has_not_failed():
    assert failure_rate(np.array([8.0, np.nextafter(8, 9)]), 8) == 50


@given(errors=ERRORS, threshold=THRESHOLDS)
def test_the_auc_is_the_integral_of_the_share_of_faces_at_or_below_each_error(errors, threshold):
    cells = round(threshold * 10)  # between multiples of 0.1 the share is constant: midpoints integrate it exactly
    total = 0.0
    for cell in range(cells):
        middle = (cell + 0.5) / 10
        total += sum(error <= middle for error in errors) / len(errors) / cells
    assert_allclose(auc(errors, threshold), 100 * total, atol=1e-9)
    assert_allclose(curve_areas(errors, threshold).mean(), auc(errors, threshold))


@given(errors=arrays(float, st.integers(1, 30), elements=st.floats(0, 20)), threshold=st.floats(0.5, 20))
def test_the_auc_is_the_area_under_the_steps_of_the_ced(errors, threshold):
    different, percent = ced(errors)
    below = different < threshold
    widths = np.diff(np.append(different[below], threshold))
    assert_allclose(auc(errors, threshold), (widths * percent[below]).sum() / threshold, atol=1e-9)


def test_the_auc_of_perfect_predictions_is_100_and_of_failures_0():
    assert auc(np.zeros(3), 8) == 100
    assert auc(np.full(3, 8.0), 8) == auc(np.full(3, np.inf), 8) == 0


@pytest.mark.parametrize("threshold", [0, -1, float("nan")])
def test_an_auc_up_to_nothing_is_refused(threshold):
    with pytest.raises(ConfigurationError, match="expected more than 0"):
        auc(np.ones(3), threshold)


@given(errors=ERRORS)
def test_the_ced_rises_to_100_and_is_the_percentage_at_or_below_each_error(errors):
    different, percent = ced(errors)
    assert set(different) == set(errors)
    assert (np.diff(different) > 0).all()
    assert (np.diff(percent) > 0).all()
    assert_allclose(percent[-1], 100)
    for error, share in zip(different, percent, strict=True):
        assert_allclose(share, 100 * sum(other <= error for other in errors) / len(errors))


@given(errors=ERRORS, percent=st.integers(0, 100))
def test_percentiles_are_interpolated_between_the_two_faces_around_them(errors, percent):
    ascending = sorted(errors)
    place = percent / 100 * (len(ascending) - 1)
    below = int(place)
    above = min(below + 1, len(ascending) - 1)
    expected = ascending[below] + (place - below) * (ascending[above] - ascending[below])
    assert_allclose(error_percentiles(errors, (percent,)), [expected], atol=1e-9)


def test_the_customary_percentiles_are_90_95_and_99():
    assert_allclose(error_percentiles(np.arange(101.0)), [90, 95, 99])


def test_of_no_faces_every_figure_is_nan_without_a_warning():
    none = np.empty(0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isnan([failure_rate(none, 8), auc(none, 8), *error_percentiles(none)]).all()
        assert [len(part) for part in ced(none)] == [0, 0]


@pytest.mark.parametrize("figure", OF_FACES)
def test_a_face_without_an_error_is_refused_and_named(figure):
    with pytest.raises(DataError, match="1 of 3 faces are NaN, the first at row 1"):
        figure(np.array([1, np.nan, 2]))


@pytest.mark.parametrize("figure", OF_FACES)
def test_errors_of_points_are_no_errors_of_faces(figure):
    with pytest.raises(ShapeError, match=r"\(3, 68\), expected \(N,\)"):
        figure(np.ones((3, 68)))
