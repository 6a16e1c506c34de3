"""A small scheme of a user's own, with parts of other names, and shapes of it."""

import numpy as np

from facial_keypoints.landmarks import Contour, LandmarkScheme

FIVE = LandmarkScheme(
    name="five",
    size=5,
    parts={"seeing": (0, 1), "smelling": (2,), "speaking": (3, 4)},
    contours=(Contour((3, 4), closed=False),),
    mirror=(1, 0, 2, 4, 3),
    outer_eye_corners=(0, 1),
    nose_tip=2,
)


def rectangle(half_width: float, half_height: float) -> np.ndarray:
    """Eyes above, corners of the mouth below, the nose tip at 0: (5, 2)."""
    return np.array([[-1, -1], [1, -1], [0, 0], [-1, 1], [1, 1]], float) * [half_width, half_height]
