"""Errors of predicted landmarks, as functions of arrays."""

import numpy as np
from numpy.typing import NDArray

from facial_keypoints.errors import DataError, ShapeError
from facial_keypoints.landmarks import LandmarkScheme

Points = NDArray[np.floating]


def point_errors(predicted: Points, truth: Points) -> NDArray[np.float64]:
    """Distance of each point from its truth, (N, K), in the unit of the points (N, K, 2).  Raises ShapeError."""
    if predicted.shape != truth.shape or predicted.ndim != 3 or predicted.shape[-1] != 2:
        raise ShapeError(
            f"predicted points are {predicted.shape} and true ones {truth.shape}; expected (N, K, 2) twice."
        )
    return np.linalg.norm(predicted.astype(np.float64) - truth, axis=-1)


def interocular(truth: Points, scheme: LandmarkScheme) -> NDArray[np.float64]:
    """Distance of the outer eye corners of each face, (N,), for all of a scheme's points (N, K, 2).

    Raises ShapeError if the points are not those of the scheme, DataError if the corners of a face coincide.
    """
    if truth.shape[1:] != (scheme.size, 2):
        raise ShapeError(f"points are {truth.shape}; {scheme.name} has (N, {scheme.size}, 2).")
    first, second = scheme.outer_eye_corners
    distance = np.linalg.norm(truth[:, first].astype(np.float64) - truth[:, second], axis=-1)
    if (distance == 0).any():  # NaN, of faces without landmarks, stays NaN
        raise DataError(
            f"the outer eye corners of faces {np.flatnonzero(distance == 0).tolist()} coincide: check them."
        )
    return distance


def nme(errors: NDArray[np.floating], norm: NDArray[np.floating]) -> NDArray[np.float64]:
    """Normalised mean error of each face in percent, (N,), from its points' errors (N, K) and its norm (N,).

    With `interocular` for the norm this is the measure of 300-W (Sagonas et al., ICCV-W 2013).
    """
    return 100 * errors.mean(axis=-1) / norm
