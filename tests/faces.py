"""Small face sets for tests, made up of nothing but a bright spot at each nose tip."""

import numpy as np
import pandas as pd

from facial_keypoints.faces import FaceSet
from facial_keypoints.geometry import Crop, identity
from facial_keypoints.landmarks import IBUG_68, IMM_58, LandmarkScheme

GROUPS = 6


def oval(scheme: LandmarkScheme) -> np.ndarray:
    """Points within [-1, 1] that are symmetric under the scheme's mirror: points[mirror] is the mirrored shape."""
    points = np.random.default_rng(7).uniform(-1, 1, (scheme.size, 2))
    mirrored = points[list(scheme.mirror)] * (-1, 1)
    symmetric = (points + mirrored) / 2
    right, left = scheme.outer_eye_corners
    sign = -1 if scheme is IBUG_68 else 1
    symmetric[right], symmetric[left] = (sign * 0.8, -0.3), (-sign * 0.8, -0.3)
    symmetric[scheme.nose_tip] = (0, 0)
    return symmetric


def spot_faces(
    count: int = 36,
    size: tuple[int, int] = (32, 48),
    scheme: LandmarkScheme = IMM_58,
    crop: Crop | None = None,
    seed: int = 0,
) -> FaceSet:
    """Faces whose nose tip is the centre of a bright spot; the other points lie around it at a random scale.

    Two thirds are for training, a sixth each for validation and test. Grey for IMM-58, in colour for iBUG-68.
    """
    rng = np.random.default_rng(seed)
    height, width = size
    centres = rng.uniform((width * 0.3, height * 0.3), (width * 0.7, height * 0.7), (count, 2))
    scales = rng.uniform(0.15, 0.25, (count, 1, 1)) * height
    keypoints = centres[:, None] + scales * oval(scheme)
    x, y = np.arange(width) + 0.5, np.arange(height) + 0.5
    distance = np.hypot(x - centres[:, 0, None, None], y[:, None] - centres[:, 1, None, None])
    images = (30 + 200 * np.exp(-np.square(distance / 3))).astype(np.uint8)
    if scheme is IBUG_68:
        images = np.repeat(images[..., None], 3, axis=-1)
    groups = np.arange(count) * GROUPS // count
    splits = np.array(["train"] * 4 + ["validation", "test"])[groups]
    table = pd.DataFrame(
        {
            "name": [f"face{row:03d}" for row in range(count)],
            "group": [f"group{group}" for group in groups],
            "split": splits,
            "subset": "full" if scheme is IMM_58 else np.where(np.arange(count) % 2, "common", "challenging"),
        }
    )
    if scheme is IMM_58:
        table["type"] = np.arange(count) % 6 + 1
    return FaceSet(
        data_set="danes" if scheme is IMM_58 else "ibug",
        images=images,
        keypoints=keypoints.astype(np.float32),
        to_source=np.tile(identity(), (count, 1, 1)),
        table=table,
        scheme=scheme,
        crop=crop,
    )
