"""Networks for tests: of a few weights, not trained, but with everything that a checkpoint holds."""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from facial_keypoints.checkpoints import Checkpoint, Training
from facial_keypoints.confidence import Calibration, Curve
from facial_keypoints.examples import InputFrame
from facial_keypoints.geometry import Crop
from facial_keypoints.landmarks import IBUG_68
from facial_keypoints.looking import Looker
from facial_keypoints.models import seeded_model
from tests.faces import oval

CROP = Crop(scale=1.5, shift_down=0.08, size=64)
FRAME = InputFrame(64, 64, 3, CROP)


def face_checkpoint(head: str = "linear", **changed: Any) -> Checkpoint:
    """A ResNet-18 of random weights for 68 points, "linear" or "two_looks"."""
    architecture: dict[str, Any] = {"name": "resnet18", "colour": "rgb", "points": 68}
    if head == "two_looks":
        architecture |= {"name": "resnet18_two_looks", "channels": 8, "cut_size": 64, "looks": 1}
    training = {"id": "0123", "pipeline": "finetune_resnet", "variant": "best", "data_set": "ibug"}
    training |= {"epoch": 2, "epochs_done": 3, "epochs_planned": 3, "groups": ["a"]}
    return Checkpoint(
        architecture=architecture,
        state=seeded_model(architecture, seed=5).state_dict(),
        scheme=IBUG_68,
        indices=list(range(68)),
        frame=FRAME,
        training=Training(**(training | changed)),
    )


class Constant(nn.Module):
    """Answers the same points (K, 2) on [0, 1] whatever it sees."""

    def __init__(self, points: np.ndarray) -> None:
        super().__init__()
        self.register_buffer("points", torch.from_numpy(points).float())

    def forward(self, pictures: Tensor) -> Tensor:
        return self.points.expand(len(pictures), -1, -1)  # type: ignore[operator]


def constant_looker(points: np.ndarray, **changed: Any) -> Looker:
    """A looker that answers the same points (68, 2) on [0, 1]: one look, not averaged, unless it is changed."""
    usual = {"rounds": 1, "flip_average": False, "device": torch.device("cpu")}
    return Looker(Constant(points), FRAME, IBUG_68, **(usual | changed))


def calibration(chance: float = 0.9, **changed: Any) -> Calibration:
    """Whatever is seen, the same chance and an expected error of 5 %."""
    same = Curve(np.array([0.0]), np.array([5.0]))
    usual: dict[str, Any] = {
        "training_id": "0123",
        "data_set": "ibug",
        "rounds": 1,
        "flip_average": False,
        "mean_shape": oval(IBUG_68),
        "signals": ("shape",),
        "weights": np.zeros(2),
        "error": same,
        "chance": Curve(np.array([0.0]), np.array([chance])),
        "point_signals": (),
        "point_weights": np.zeros(1),
        "point_error": same,
    }
    return Calibration(**(usual | changed))
