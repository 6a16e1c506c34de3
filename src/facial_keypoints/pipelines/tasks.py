"""What is evaluated together: a task is a training pipeline on a data set."""

from collections.abc import Callable
from functools import wraps
from typing import Any, NamedTuple

from facial_keypoints.baselines import MEAN_SHAPE, MEAN_SHAPE_IN_BOX
from facial_keypoints.variants import USUAL_DATA_SETS, data_set, variants

OPTIONS = "params:evaluate"
WITH_BOXES = "finetune_resnet"  # the pipeline whose faces are cut around boxes
PEERS = "peers"


class Task(NamedTuple):
    """A training pipeline on a data set, and its variants that learn from that."""

    pipeline: str
    data_set: str
    variants: list[str]

    @property
    def name(self) -> str:
        """`finetune_resnet`; on another data set than usual `finetune_resnet_own`."""
        is_usual = self.data_set == USUAL_DATA_SETS[self.pipeline]
        return self.pipeline if is_usual else f"{self.pipeline}_{self.data_set}"

    def of(self, results: str) -> str:
        """The name of the results of a baseline, or of the peers: `finetune_resnet.mean_shape`, `..._own`."""
        return f"{self.pipeline}.{results}{self.name.removeprefix(self.pipeline)}"

    @property
    def checkpoints(self) -> list[str]:
        return [f"{self.pipeline}.{variant}.checkpoint" for variant in self.variants]

    @property
    def faces_and_boxes(self) -> list[str]:
        return [f"{self.data_set}_faces", f"{self.data_set}_boxes"]

    @property
    def others(self) -> list[str]:
        """Who is measured beside the variants."""
        return [MEAN_SHAPE, MEAN_SHAPE_IN_BOX, PEERS] if self.pipeline == WITH_BOXES else [MEAN_SHAPE]

    @property
    def predictions(self) -> list[str]:
        names = [*(f"{self.pipeline}.{variant}" for variant in self.variants), *map(self.of, self.others)]
        return [f"{name}.predictions" for name in names]

    @property
    def figures(self) -> list[str]:
        return (
            ["ced", "landmark_errors", "errors_by_turn"] if self.pipeline != "train_nose" else ["ced", "errors_by_turn"]
        )


def tasks() -> list[Task]:
    """Every training pipeline on every data set that one of its variants learns from."""
    found: dict[tuple[str, str], list[str]] = {}
    for pipeline in USUAL_DATA_SETS:
        for variant in variants(pipeline):
            found.setdefault((pipeline, data_set(pipeline, variant)), []).append(variant)
    return [Task(*key, names) for key, names in found.items()]


def with_fixed(function: Callable[..., Any], **values: str) -> Callable[..., Any]:
    """A node's function with some of its keywords fixed, under its own name and type hints, by which Kedro knows it.

    Not a `partial`: Kedro-Viz shows the code of functions only.
    """

    @wraps(function)
    def fixed(*inputs: Any) -> Any:
        return function(*inputs, **values)

    return fixed
