"""Lengths that make errors of large and small faces comparable: what an NME is in percent of."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from facial_keypoints.errors import ConfigurationError, DataError, ShapeError
from facial_keypoints.landmarks import LandmarkScheme

Points = NDArray[np.floating]
Lengths = NDArray[np.float64]

EYES = ("right_eye", "left_eye")  # the parts that `pupils` is measured by


def norm_lengths(truth: Points, scheme: LandmarkScheme, name: str) -> Lengths:
    """The norm of each face, (N,), from all of a scheme's true points (N, K, 2), in their unit.

    name: one of NORMS.  A face without landmarks (NaN) has none: NaN.
    Raises ShapeError if the points are not those of the scheme, ConfigurationError if there is no such norm or the
    scheme lacks the points it needs, DataError if the norm of a face is 0.
    """
    if truth.ndim != 3 or truth.shape[1:] != (scheme.size, 2):
        raise ShapeError(f"points are {truth.shape}; {scheme.name} has (N, {scheme.size}, 2).")
    if name not in norms_of(scheme):
        known = f"scheme {scheme.name} has no parts {' and '.join(EYES)} for it" if name in NORMS else "there is none"
        raise ConfigurationError(f"norm {name!r}: {known}, expected one of {', '.join(norms_of(scheme))}. Choose one.")
    lengths = NORMS[name](truth.astype(np.float64), scheme)
    if (lengths == 0).any():  # NaN stays NaN
        raise DataError(
            f"the norm {name} of faces {np.flatnonzero(lengths == 0).tolist()} is 0, expected some length: "
            "their points coincide or lie on one line. Correct or remove their annotations."
        )
    return lengths


def norms_of(scheme: LandmarkScheme) -> list[str]:
    """The names of the norms that the scheme has the points for."""
    has_eyes = all(scheme.parts.get(eye) for eye in EYES)
    return [name for name in NORMS if has_eyes or name != "pupils"]


def interocular(truth: Points, scheme: LandmarkScheme) -> Lengths:
    """Distance of the outer eye corners of each face, (N,): `norm_lengths` by the norm of 300-W."""
    return norm_lengths(truth, scheme, "outer_eye_corners")


def outer_eye_corners(truth: Points, scheme: LandmarkScheme) -> Lengths:
    """Distance of the outer eye corners, (N,): the norm of 300-W (Sagonas et al., ICCV-W 2013)."""
    first, second = scheme.outer_eye_corners
    return np.linalg.norm(truth[:, first] - truth[:, second], axis=-1)


def pupils(truth: Points, scheme: LandmarkScheme) -> Lengths:
    """Distance of the eyes' centres, each the mean of its points, (N,): the older inter-pupil norm of 300-W (Ren et
    al., "Face Alignment at 3000 FPS via Regressing Local Binary Features", CVPR 2014).
    """
    first, second = (truth[:, list(scheme.parts[eye])].mean(axis=1) for eye in EYES)
    return np.linalg.norm(first - second, axis=-1)


def box_diagonal(truth: Points, scheme: LandmarkScheme) -> Lengths:
    """Diagonal of the upright rectangle around the points, (N,): where an eye may be hidden ("NME_diag" of Kumar et
    al., "LUVLi Face Alignment", CVPR 2020).
    """
    return np.linalg.norm(np.ptp(truth, axis=1), axis=-1)


def face_size(truth: Points, scheme: LandmarkScheme) -> Lengths:
    """Square root of the area of the upright rectangle around the points, (N,): it shrinks little as a head turns
    (Bulat & Tzimiropoulos, "How far are we from solving the 2D & 3D Face Alignment problem?", ICCV 2017).
    """
    return np.sqrt(np.prod(np.ptp(truth, axis=1), axis=-1))


NORMS: Mapping[str, Callable[[Points, LandmarkScheme], Lengths]] = {
    "outer_eye_corners": outer_eye_corners,
    "pupils": pupils,
    "box_diagonal": box_diagonal,
    "face_size": face_size,
}
