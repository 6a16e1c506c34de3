"""A trained network and what is needed to use it: weights, architecture, scheme, input frame, where it comes from."""

from dataclasses import asdict, dataclass, field
from typing import Any

from torch import Tensor, nn

from facial_keypoints.errors import DataError
from facial_keypoints.examples import InputFrame
from facial_keypoints.geometry import Crop
from facial_keypoints.landmarks import LandmarkScheme
from facial_keypoints.models import build_model

FORMAT = 2


@dataclass(frozen=True)
class Training:
    """Where a checkpoint comes from.

    data_set: what it learnt from, "danes", "ibug" or "own".
    id: random, given once to each training; the tracking hook tags the MLflow run with it.
    groups: whose faces it learnt from, persons or photographs.
    epoch: the one whose weights these are, chosen by validation; epochs_done of epochs_planned have been trained.
    faces: the `fingerprint` of the faces that it learnt from and was validated on; "" where it is not known.
    """

    id: str
    pipeline: str
    variant: str
    data_set: str
    epoch: int
    epochs_done: int
    epochs_planned: int
    options: dict[str, Any] = field(default_factory=dict)
    groups: list[str] = field(default_factory=list)
    faces: str = ""

    @property
    def name(self) -> str:
        """The variant's full name, `train_nose.lr_1e-3`."""
        return f"{self.pipeline}.{self.variant}"

    @property
    def is_finished(self) -> bool:
        return self.epochs_done >= self.epochs_planned


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """architecture: for `build_model`. indices: which of the scheme's points the network predicts."""

    architecture: dict[str, Any]
    state: dict[str, Tensor]
    scheme: LandmarkScheme
    indices: list[int]
    frame: InputFrame
    training: Training

    def model(self) -> nn.Module:
        """The trained network, on the CPU, in evaluation mode."""
        model = build_model(self.architecture)
        model.load_state_dict(self.state)
        return model.eval()

    def to_plain(self) -> dict[str, Any]:
        """Nothing but dictionaries, lists, numbers, texts and tensors: loads with `weights_only=True`."""
        return {
            "format": FORMAT,
            "architecture": self.architecture,
            "state_dict": self.state,
            "scheme": self.scheme.to_plain(),
            "indices": self.indices,
            "frame": asdict(self.frame),
            "training": asdict(self.training),
        }

    @classmethod
    def from_plain(cls, content: object, source: str) -> "Checkpoint":
        """The inverse of `to_plain`.  Raises DataError that names `source`."""
        if not isinstance(content, dict) or content.get("format") != FORMAT:
            found = f"format {content['format']}" if isinstance(content, dict) and "format" in content else "no format"
            raise DataError(
                f"{source}: found {found}, expected a checkpoint of this project, format {FORMAT}. "
                "Delete it and train the variant again."
            )
        frame = dict(content["frame"])
        frame["crop"] = Crop(**frame["crop"]) if frame["crop"] else None
        return cls(
            architecture=content["architecture"],
            state=content["state_dict"],
            scheme=LandmarkScheme.from_plain(content["scheme"], source),
            indices=content["indices"],
            frame=InputFrame(**frame),
            training=Training(**content["training"]),
        )
