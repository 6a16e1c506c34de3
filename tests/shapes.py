"""A small scheme of a user's own, with parts of other names, and shapes of it."""

import numpy as np
import pandas as pd

from facial_keypoints.landmarks import Contour, LandmarkScheme
from facial_keypoints.point_table import with_keypoints

FIVE = LandmarkScheme(
    name="five",
    size=5,
    names=("right_eye", "left_eye", "nose", "right_mouth_corner", "left_mouth_corner"),
    parts={"seeing": (0, 1), "smelling": (2,), "speaking": (3, 4)},
    contours=(Contour((3, 4), closed=False),),
    mirror=(1, 0, 2, 4, 3),
    outer_eye_corners=(0, 1),
    nose_tip=2,
)
NOTHING_NOTED = pd.DataFrame(columns=["name", "kind", "reason"])


def rectangle(half_width: float, half_height: float) -> np.ndarray:
    """Eyes above, corners of the mouth below, the nose tip at 0: (5, 2)."""
    return np.array([[-1, -1], [1, -1], [0, 0], [-1, 1], [1, 1]], float) * [half_width, half_height]


def face_table(points: np.ndarray, names: list[str] | None = None) -> pd.DataFrame:
    """Annotations of faces (N, K, 2), each on a photograph of its own of 640 x 480 pixels."""
    names = names or [f"face{row:02d}" for row in range(len(points))]
    table = pd.DataFrame({"name": names, "group": names, "split": "train", "width": 640, "height": 480})
    return with_keypoints(table, points)
