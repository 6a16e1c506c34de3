"""What `predict` and `track` share: the trained network that they look with, the best that there is."""

import logging
from typing import NamedTuple

from facial_keypoints.checkpoints import Checkpoint
from facial_keypoints.confidence import Calibration
from facial_keypoints.errors import MissingInputError
from facial_keypoints.landmarks import LandmarkScheme
from facial_keypoints.options import PredictOptions
from facial_keypoints.variants import PREDICTING, predicting_variants

logger = logging.getLogger(__name__)


class Network(NamedTuple):
    """A trained network, and what its doubts have come to, None if that is not known."""

    checkpoint: Checkpoint
    calibration: Calibration | None

    @property
    def scheme(self) -> LandmarkScheme:
        return self.checkpoint.scheme


def choose_network(options: PredictOptions, *choices: Checkpoint | Calibration | None) -> Network:
    """The first network that is there, with its calibration if that is of this network and these options.

    choices: a checkpoint and a calibration for each variant, the best first.
    Raises MissingInputError if there is none.
    """
    for checkpoint, calibration in zip(choices[::2], choices[1::2], strict=True):
        if isinstance(checkpoint, Checkpoint):
            logger.info("looking with %s, epoch %d", checkpoint.training.name, checkpoint.training.epoch)
            fits = isinstance(calibration, Calibration) and is_of(calibration, checkpoint, options)
            if not fits:
                logger.warning(
                    "%s has no calibration %s: faces have no confidence, and false ones stay. To make one: "
                    "kedro run --pipelines calibrate",
                    checkpoint.training.name,
                    "of this training and these options" if calibration is not None else "yet",
                )
            return Network(checkpoint, calibration if fits and isinstance(calibration, Calibration) else None)
    raise MissingInputError("there is no trained network: kedro run --pipelines finetune_resnet")


def is_of(calibration: Calibration, checkpoint: Checkpoint, options: PredictOptions) -> bool:
    """Whether a calibration holds for this training, looking as the options say."""
    same_looks = (calibration.rounds, calibration.flip_average) == (options.rounds, options.flip_average)
    return calibration.training_id == checkpoint.training.id and same_looks


def network_choices() -> list[str]:
    """The datasets to choose from: a checkpoint and a calibration for each variant, the best first."""
    variants = [f"{PREDICTING}.{variant}" for variant in predicting_variants()]
    return [f"{variant}.{part}" for variant in variants for part in ("checkpoint", "calibration")]
