"""Errors of predicted landmarks, as functions of arrays, and what a set of faces' errors comes to.

What is said of a set of faces takes their errors (N,), in any unit; by custom the NME in percent. A face without an
error (NaN) is refused rather than passed over, and of no faces every figure is NaN.
"""

import numpy as np
from numpy.typing import NDArray

from facial_keypoints.errors import ConfigurationError, DataError, ShapeError

Points = NDArray[np.floating]
Errors = NDArray[np.floating]

PERCENTILES = (90, 95, 99)
FAILURE = 8  # percent NME: a face with a larger error has failed (Wu et al., CVPR 2018)


def point_errors(predicted: Points, truth: Points) -> NDArray[np.float64]:
    """Distance of each point from its truth, (N, K), in the unit of the points (N, K, 2).  Raises ShapeError."""
    return np.linalg.norm(_differences(predicted, truth), axis=-1)


def axis_errors(predicted: Points, truth: Points) -> NDArray[np.float64]:
    """Mean over its points of each face's |dx| and |dy|, (N, 2), in the unit of the points (N, K, 2).

    Raises ShapeError.
    """
    return np.abs(_differences(predicted, truth)).mean(axis=1)


def nme(errors: Errors, norm: NDArray[np.floating]) -> NDArray[np.float64]:
    """Normalised mean error of each face in percent, (N,), from its points' errors (N, K) and its norm (N,).

    With `norms.interocular` for the norm this is the measure of 300-W (Sagonas et al., ICCV-W 2013).
    """
    return 100 * errors.mean(axis=-1) / norm


def failures(errors: Errors, threshold: float) -> NDArray[np.float64]:
    """100 for each face whose error is above the threshold, else 0, (N,): their mean is the failure rate."""
    return np.where(_faces(errors) > threshold, 100.0, 0.0)


def failure_rate(errors: Errors, threshold: float) -> float:
    """Percent of the faces (N,) whose error is above the threshold; one that lies on it has not failed.

    Of 300-W it is customary at an NME of 8 or 10 % (Wu et al., "Look at Boundary", CVPR 2018).  Raises DataError.
    """
    return _mean(failures(errors, threshold))


def curve_areas(errors: Errors, threshold: float) -> NDArray[np.float64]:
    """Each face's share in the area under the cumulative error distribution, (N,): their mean is the AUC.

    A face of error e is a step from 0 to 1 at e: the part 1 - e / threshold of the width is under it; in percent.
    Raises ConfigurationError unless the threshold is positive, DataError.
    """
    if not threshold > 0:
        raise ConfigurationError(f"the threshold of the AUC is {threshold}, expected more than 0. Raise it.")
    return 100 * np.maximum(0, 1 - _faces(errors) / threshold)


def auc(errors: Errors, threshold: float) -> float:
    """Area under the cumulative error distribution of the faces (N,) up to the threshold, in percent of the whole.

    The distribution is a step function and its area a mean over faces, so that this is exact.  Published figures come
    from quadratures of some thousand points and may differ from it in the fourth digit.
    Source: Yang et al., "An Empirical Study of Recent Face Alignment Methods", 2015.  Raises as `curve_areas`.
    """
    return _mean(curve_areas(errors, threshold))


def ced(errors: Errors) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The cumulative error distribution of faces (N,): the M different errors, ascending, and the percent of the faces
    at or below each, (M,) twice.

    It is constant from each error to the next: draw it with steps after ("steps-post"). Both are empty where there are
    no faces.  Raises DataError.
    """
    different, counts = np.unique(_faces(errors), return_counts=True)
    return different, 100 * np.cumsum(counts) / max(1, len(errors))


def error_percentiles(errors: Errors, percents: tuple[float, ...] = PERCENTILES) -> NDArray[np.float64]:
    """The errors that so many percent of the faces (N,) stay below, (P,), interpolated linearly between faces.

    Raises DataError.
    """
    if not len(_faces(errors)):
        return np.full(len(percents), np.nan)
    return np.percentile(_faces(errors), percents)


def _differences(predicted: Points, truth: Points) -> NDArray[np.float64]:
    if predicted.shape != truth.shape or predicted.ndim != 3 or predicted.shape[-1] != 2:
        raise ShapeError(
            f"predicted points are {predicted.shape} and true ones {truth.shape}; expected (N, K, 2) twice."
        )
    return predicted.astype(np.float64) - truth


def _faces(errors: Errors) -> NDArray[np.float64]:
    """The errors as they are, once it is clear that each is a number."""
    if errors.ndim != 1:
        raise ShapeError(f"errors are {errors.shape}, expected (N,), one a face.")
    unknown = np.flatnonzero(np.isnan(errors))
    if len(unknown):
        raise DataError(
            f"the errors of {len(unknown)} of {len(errors)} faces are NaN, the first at row {unknown[0]}; expected "
            "numbers. Leave out the faces without landmarks."
        )
    return errors.astype(np.float64)


def _mean(values: NDArray[np.float64]) -> float:
    return float(values.mean()) if len(values) else float("nan")
