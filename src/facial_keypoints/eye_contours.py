"""Eye contours of the IMM annotations that run the wrong way, found by geometry.

A contour starts at the outer corner, runs over the upper lid to the inner corner and back along the lower lid. In nine
of the 240 files one eye starts at the inner corner and runs the other way: each of its points then means another place.
"""

import numpy as np
from numpy.typing import NDArray

from facial_keypoints.landmarks import IMM_58

EYES = ("right_eye", "left_eye")
CONTOUR_POINTS = 8
OUTER, INNER = 0, 4  # positions within a contour


def reversed_eyes(points: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Which eyes run backwards, (..., 2) in the order of EYES, for points (..., 58, 2).

    The outer corner of an eye is further from the other eye than its inner corner, whatever the pose.
    """
    found = []
    for eye, other in (EYES, EYES[::-1]):
        contour = points[..., IMM_58.parts[eye], :]
        other_centre = points[..., IMM_58.parts[other], :].mean(axis=-2)
        outer = np.linalg.norm(contour[..., OUTER, :] - other_centre, axis=-1)
        inner = np.linalg.norm(contour[..., INNER, :] - other_centre, axis=-1)
        found.append(outer < inner)
    return np.stack(found, axis=-1)


def reverse_eye(points: NDArray[np.floating], eye: str) -> NDArray[np.floating]:
    """The points (58, 2) with one eye's contour running the other way from the opposite corner."""
    indices = np.array(IMM_58.parts[eye])
    order = (INNER - np.arange(CONTOUR_POINTS)) % CONTOUR_POINTS
    turned = points.copy()
    turned[indices] = points[indices[order]]
    return turned
