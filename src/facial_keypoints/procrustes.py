"""Shapes compared whatever their place, size and turn: generalised Procrustes analysis in the plane.

A centred shape of K points is a vector w of K complex numbers x + iy, and a product with a complex number c turns and
scales it; no product mirrors it. Of all c, the inner product of w with m brings w nearest to m, both of unit size. The
mean shape m that then lies nearest to all shapes is the first eigenvector of the sum of w w*, to which Gower's
iterations converge: solved directly, there is no number of rounds to choose.

Sources: J. C. Gower, "Generalized Procrustes analysis", Psychometrika 40, 1975; C. Goodall, "Procrustes methods in the
statistical analysis of shape", JRSS B 53, 1991; J. T. Kent, "The complex Bingham distribution and shape analysis",
JRSS B 56, 1994 (the eigenvector).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from facial_keypoints.errors import ShapeError
from facial_keypoints.landmarks import LandmarkScheme

NO_EXTENT = 1e-6  # of the distance from the origin: a shape no larger than this is one point and rounding errors
BATCH = 1024  # shapes
NAN = complex(np.nan, np.nan)
Complex = NDArray[np.complex64]


def aligned_shapes(points: NDArray[np.floating]) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Shapes (N, K, 2) moved, turned and scaled onto their mean shape.  Returns (aligned (N, K, 2), mean (K, 2)).

    points: finite, in any unit.  The mean has its centre at 0, unit size (the root of the sum of the squared distances
    from there) and the turn that the shapes have on the average.  A shape without extent is NaN, and so is the mean
    where no shape has any.  Takes little more than one copy of the points in complex64.  Raises ShapeError.
    """
    if points.ndim != 3 or points.shape[-1] != 2:
        raise ShapeError(f"points are {points.shape}, expected (N, K, 2). Give an x and a y for each point.")
    shapes = _unit_shapes(points)
    mean = _mean_shape(shapes)
    shapes[~shapes.any(axis=1)] = NAN
    shapes *= (shapes @ mean.conj().astype(np.complex64)).conj()[:, None]
    return _as_points(shapes), _as_points(mean)


def point_distances(
    aligned: NDArray[np.floating], mean: NDArray[np.floating], scheme: LandmarkScheme
) -> NDArray[np.floating]:
    """How far each point of aligned shapes lies from the mean's, (N, K); NaN for a shape without extent.

    In percent of the inter-ocular distance of the mean shape, so that it reads like an NME.
    """
    first, second = scheme.outer_eye_corners
    interocular = np.linalg.norm(mean[first] - mean[second])
    place = mean.astype(aligned.dtype)
    distances = aligned[..., 0] - place[:, 0]
    np.hypot(distances, aligned[..., 1] - place[:, 1], out=distances)
    distances *= float(100 / interocular)
    return distances


def distances_to_mean(
    aligned: NDArray[np.floating], mean: NDArray[np.floating], scheme: LandmarkScheme
) -> NDArray[np.float64]:
    """Root mean square of the `point_distances` of each shape, (N,), in percent of the mean's inter-ocular distance."""
    distances = point_distances(aligned, mean, scheme)
    return np.sqrt(np.einsum("...k,...k->...", distances, distances, dtype=np.float64) / distances.shape[-1])


def procrustes_distances(points: NDArray[np.floating], scheme: LandmarkScheme) -> NDArray[np.float64]:
    """`distances_to_mean` of shapes (N, K, 2) after alignment, (N,), in percent of the mean's inter-ocular distance."""
    return distances_to_mean(*aligned_shapes(points), scheme)


def _unit_shapes(points: NDArray[np.floating]) -> Complex:
    """Centred shapes of unit size, (N, K); 0 for those without extent."""
    shapes = np.empty(points.shape[:2], np.complex64)
    centres = points.mean(axis=1, dtype=np.float64, keepdims=True)
    np.subtract(points[..., 0], centres[..., 0], out=shapes.real, casting="same_kind")
    np.subtract(points[..., 1], centres[..., 1], out=shapes.imag, casting="same_kind")
    size = np.linalg.norm(shapes, axis=1)
    has_extent = size > NO_EXTENT * np.abs(centres).max(axis=(1, 2), initial=0)
    shapes *= (has_extent / np.where(has_extent, size, 1))[:, None]
    return shapes


def _mean_shape(shapes: Complex) -> NDArray[np.complex128]:
    """The unit shape (K,) nearest to all shapes (N, K), turned as these are on the average."""
    if not shapes.any():
        return np.full(shapes.shape[1], NAN)
    some = np.array_split(shapes, len(shapes) // BATCH + 1)  # their conjugates are copies
    _, vectors = np.linalg.eigh(sum((part.T @ part.conj()).astype(np.complex128) for part in some))
    mean = vectors[:, -1]
    turn = np.vdot(mean, shapes.sum(axis=0))
    return mean * (turn / np.abs(turn) if turn else 1)


def _as_points(shapes: NDArray[Any]) -> NDArray[Any]:
    """(..., K) complex to (..., K, 2) of half the width, without a copy."""
    return shapes.view(shapes.real.dtype).reshape(*shapes.shape, 2)
