"""Random predictions of 40 faces of five points, by any number of variants, and their protocol."""

from dataclasses import replace

import numpy as np
import pandas as pd

from facial_keypoints.faces import TEST
from facial_keypoints.point_table import keypoint_columns
from facial_keypoints.predictions import TRUE
from facial_keypoints.protocol import Protocol
from tests.shapes import FIVE

FACES = 40
PROTOCOL = Protocol(
    data_set="ibug",
    manifest="0123456789ab",
    split=TEST,
    subset="full",
    faces=FACES,
    points="five, all 5",
    norm="outer_eye_corners",
    boxes="boxes from the label files",
    test_time_augmentation="none",
    pictures="336 x 336 px, 2.25 sides of the box, 0.08 down",
    crop="1.5 sides of the box",
    weights="epoch 3 of 3",
    code="0.1.0",
)


def predictions(variant: str = "a", seed: int = 0, protocol: Protocol = PROTOCOL) -> pd.DataFrame:
    """A variant's errors on the same faces as any other's, some of them failures.  seed: of the variant's errors."""
    about, rng = np.random.default_rng(99), np.random.default_rng(seed)
    truth = about.uniform(0, 300, (FACES, 5, 2))
    predicted = truth + rng.normal(0, 4, (FACES, 5, 2)) * rng.uniform(0.2, 3, (FACES, 1, 1))
    off = predicted - truth
    errors, norm = np.hypot(off[..., 0], off[..., 1]), about.uniform(40, 120, FACES)
    size = about.uniform(20, 600, FACES)
    columns = {
        "name": [f"face{row:02d}" for row in range(FACES)],
        "group": [f"photograph{row // 2:02d}" for row in range(FACES)],
        "split": protocol.split,
        "subset": np.where(about.random(FACES) < 0.3, "challenging", "common"),
        "type": np.nan,
        "source": about.choice(["AFW", "HELEN", "LFPW"], FACES),
        "turn": np.where(about.random(FACES) < 0.2, np.nan, about.uniform(-60, 60, FACES)),
        "face_size": size,
        **{"pipeline": "finetune_resnet", "variant": variant, "data_set": "ibug", "training_id": variant},
        **{"mse": rng.random(FACES), "px": errors.mean(axis=1), "norm": norm},
        **{"px_x": np.abs(off[..., 0]).mean(axis=1), "px_y": np.abs(off[..., 1]).mean(axis=1)},
        "nme": 100 * errors.mean(axis=1) / norm,
        **{f"px/{part}": errors[:, list(points)].mean(axis=1) for part, points in FIVE.parts.items()},
        **{f"nme/{part}": 100 * errors[:, list(points)].mean(axis=1) / norm for part, points in FIVE.parts.items()},
        "protocol": protocol.to_json(),
        **keypoint_columns(predicted),
        **{TRUE + name: values for name, values in keypoint_columns(truth).items()},
    }
    return pd.DataFrame(columns)


def measured_by(**changed: object) -> Protocol:
    return replace(PROTOCOL, **changed)
