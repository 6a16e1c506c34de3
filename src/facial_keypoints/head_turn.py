"""How far a head is turned to the side, from where its nose lies between its eyes.

Seen from afar, a head turned by an angle shows its outer eye corners, D apart, at D cos(angle), and a nose that stands
h in front of their line at h sin(angle) from their middle. The ratio of the two is (h / D) tan(angle).

The depths below are those of the rigid head that fits the landmarks of 300-W's 689 test faces best, all seen from afar
(factorisation: C. Tomasi and T. Kanade, "Shape and motion from image streams under orthography", IJCV 9, 1992). IMM's
faces give nearly the same. With it IMM's people, asked to turn by about 30 degrees, turn by 28 and 31 on the average.

The head poses in SPIGA's annotations of 300-W (A. Prados-Torreblanca et al., BMVC 2022) agree in order (correlation
0.97), not in size: they are 0.65 of these angles. Their fit assumes a wide-angle camera, of a focal length as large as
the picture cut around the face; the same rigid head, fitted through such a camera, has their size (1.01).
"""

import numpy as np
from numpy.typing import NDArray

from facial_keypoints.errors import ShapeError
from facial_keypoints.landmarks import IBUG_68, IMM_58, LandmarkScheme

NOSE_TIP_DEPTH = 0.47  # h / D
NOSE_BASE_DEPTH = 0.32  # h / D of the point below the tip, between the nostrils
# What IMM calls its nose tip is the nose's base (landmarks/shared_points.py).
DEPTHS = ((IBUG_68, NOSE_TIP_DEPTH), (IMM_58, NOSE_BASE_DEPTH))
TURN_EDGES = (-45, -30, -15, 15, 30, 45)  # degrees, between kinds of turn; the first and the last are open


def head_turn(truth: NDArray[np.floating], scheme: LandmarkScheme) -> NDArray[np.float64]:
    """Degrees by which each head is turned, (N,), from all of a scheme's points (N, K, 2) in any unit.

    Positive: the nose points to the picture's right, once the picture is turned so that the face is upright.
    NaN for schemes other than IMM-58 and iBUG-68, whose depths are not known, where a face has no landmarks, and where
    its outer eye corners coincide.  Raises ShapeError if the points are not those of the scheme.
    """
    across, level = _levelled(truth, scheme)
    depth = next((depth for known, depth in DEPTHS if known == scheme), np.nan)
    if scheme.nose_tip is None:
        return np.full(len(truth), np.nan)
    squared = np.square(np.abs(across))
    aside = level[:, scheme.nose_tip].real / np.where(squared > 0, squared, np.nan)
    return np.degrees(np.arctan(aside / depth))


def head_tilt(truth: NDArray[np.floating], scheme: LandmarkScheme) -> NDArray[np.float64]:
    """Degrees by which the line through each face's outer eye corners is tilted, (N,), clockwise positive.

    Upside-down faces have 180.  Raises ShapeError if the points are not those of the scheme.
    """
    across, _ = _levelled(truth, scheme)
    return np.degrees(np.angle(across))


def _levelled(
    truth: NDArray[np.floating], scheme: LandmarkScheme
) -> tuple[NDArray[np.complex128], NDArray[np.complex128]]:
    """From one outer eye corner to the other, (N,), left to right in an upright face, and the points (N, K) about their
    middle, turned so that the line through the corners is level and scaled by their distance. All as x + iy.
    """
    if truth.ndim != 3 or truth.shape[1:] != (scheme.size, 2):
        raise ShapeError(f"points are {truth.shape}; {scheme.name} has (N, {scheme.size}, 2).")
    points = truth.astype(np.float64) @ np.array([1, 1j])
    first, second = (points[:, corner] for corner in scheme.outer_eye_corners)
    across = second - first
    level = (points - (first + second)[:, None] / 2) * across.conj()[:, None]
    sign = np.where(level.imag.mean(axis=1) < 0, -1, 1)  # the rest of the face lies below, or the corners are swapped
    return sign * across, sign[:, None] * level
