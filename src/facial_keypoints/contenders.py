"""Who is compared: networks of ours and of others, each with the frame it sees, on the same faces and boxes."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from torch import nn

from facial_keypoints.checkpoints import Checkpoint, Training
from facial_keypoints.configuration import NO_WEIGHTS
from facial_keypoints.devices import pick_device
from facial_keypoints.errors import DataError, MissingInputError
from facial_keypoints.examples import Examples, InputFrame
from facial_keypoints.faces import FaceSet
from facial_keypoints.geometry import Crop
from facial_keypoints.inference import predict_unit_points
from facial_keypoints.landmarks import LandmarkScheme
from facial_keypoints.options import EvaluateOptions, PeerOptions
from facial_keypoints.predictions import Conditions, Predictor, predictions_table
from facial_keypoints.protocol import DIGITS

logger = logging.getLogger(__name__)

NO_AUGMENTATION, FLIP = "none", "flip"
Boxes = NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class Contender:
    """A network, what it sees, which of the scheme's points it predicts (None: all), and how it is called."""

    predictor: Predictor
    model: nn.Module
    frame: InputFrame
    indices: list[int] | None = None

    def predict(self, faces: FaceSet, boxes: Boxes | None, options: EvaluateOptions) -> pd.DataFrame:
        """Its predictions of faces.

        boxes: (N, 4) in pixels of the photographs; None for those that they were cut around, and for whole photographs.
        """
        examples = Examples(faces, self.frame, pick_device(options.device), self.indices, boxes)
        model = self.model.to(examples.device)
        points = predict_unit_points(
            model,
            examples,
            batch_size=options.batch_size,
            flip_average=options.flip_average,
            description=f"predictions of {self.predictor.pipeline}.{self.predictor.variant}",
        )
        return predictions_table(points, examples, faces, self.predictor, conditions(options))


def conditions(options: EvaluateOptions) -> Conditions:
    """The options' part of the protocol."""
    return Conditions(options.norm, FLIP if options.flip_average else NO_AUGMENTATION)


def of_checkpoint(checkpoint: Checkpoint, data_set: str, variant: str = "") -> Contender:
    """A trained network of ours.  data_set: of the faces to come. variant: if it is to have another name than its own.

    What a network makes of another data set is no result of the run that trained it: it then has no training id.
    """
    training = checkpoint.training
    predictor = Predictor(
        pipeline=training.pipeline,
        variant=variant or training.variant,
        training_id=training.id if data_set == training.data_set else "",
        crop=frame_in_words(checkpoint.frame),
        weights=f"epoch {training.epoch} of {training.epochs_planned} on {training.data_set} "
        f"({len(training.groups)} groups), from {start_in_words(training.options)}",
    )
    return Contender(predictor, checkpoint.model(), checkpoint.frame, checkpoint.indices)


def start_in_words(options: Mapping[str, Any]) -> str:
    """What a training started from: "random values", "IMAGENET1K_V1", a file's name; of a checkpoint of ours, whose."""
    weights = options.get("weights", NO_WEIGHTS)
    own = Path(weights).name == "checkpoint.pt"  # <pipeline>/<variant>/checkpoint.pt
    start = "random values" if weights == NO_WEIGHTS else "/".join(Path(weights).parts[-3 if own else -1 :])
    return f"{start} (a part)" if options.get("allow_partial") and weights != NO_WEIGHTS else start


def fits(checkpoint: Checkpoint, faces: FaceSet) -> bool:
    """Whether the faces have the points that a network was trained on; a warning if not."""
    training = checkpoint.training
    if checkpoint.scheme == faces.scheme:
        return True
    logger.warning(
        "%s predicts the points of %s, but the faces of %s have those of %s: left out. %s",
        training.name,
        checkpoint.scheme.name,
        faces.data_set,
        faces.scheme.name,
        "Ingest with the scheme that it was trained with, or train it again."
        if training.data_set == faces.data_set
        else f"Name the data set that it was trained on: --params {training.name}.data_set={training.data_set}",
    )
    return False


def warn_of_training(training: Training, chosen: FaceSet) -> None:
    """Say what makes a network's errors on the chosen faces say less: a training cut off, faces that it has learnt."""
    if not training.is_finished:
        logger.warning(
            "%s was trained for %d of %d epochs only: evaluating the best of them, epoch %d",
            training.name,
            training.epochs_done,
            training.epochs_planned,
            training.epoch,
        )
    _warn_of_learnt_faces(training, chosen)


def _warn_of_learnt_faces(training: Training, chosen: FaceSet) -> None:
    """Say it loudly if a network has learnt from what it is evaluated on, as after another choice of splits."""
    learnt = set(training.groups) & set(chosen.table["group"]) if training.data_set == chosen.data_set else set()
    if learnt:
        logger.warning(
            "%s has learnt from %d of the groups that it is evaluated on, such as %s: its errors say nothing. Train it "
            "again on the present splits.",
            training.name,
            len(learnt),
            min(learnt),
        )


def of_peer(name: str, scheme: LandmarkScheme, options: EvaluateOptions, pipeline: str) -> Contender:
    """A network of others.

    Raises MissingInputError if its file or what runs it is not there, DataError if it has other points than its scheme.
    """
    # Not on top: OpenVINO and ONNX Runtime are imported by those who have peers.
    from facial_keypoints.peers import load_network

    peer = options.peers[name]
    path = Path(options.peers_folder) / peer.file
    network = load_network(path, peer.colour, peer.offset)
    if network.points != scheme.size:
        raise DataError(
            f"{path}: found a network of {network.points} points, expected the {scheme.size} of {scheme.name}. "
            f"Correct evaluate.peers.{name}.scheme, or leave the peer out."
        )
    frame = peer_frame(peer)
    weights = f"{path.name}, sha256 {sha256(path.read_bytes()).hexdigest()[:DIGITS]}"
    return Contender(Predictor(pipeline, name, "", frame_in_words(frame), weights), network, frame)


def peers_for(faces: FaceSet, options: EvaluateOptions, pipeline: str) -> list[Contender]:
    """The peers that predict the faces' points, in crops around boxes.

    Of each that is not there, or sees more of a face than was cut, a log line.
    """
    if faces.crop is None:
        return []
    contenders = []
    for name, peer in options.peers.items():
        if peer.scheme != faces.scheme.name:
            continue
        if peer.crop_scale > faces.crop.scale:
            logger.info(
                "%s is skipped: it sees %g sides of the box, but the faces of %s were cut at %g. "
                "To measure it, raise ingest_%s.crop.scale and ingest again, or lower evaluate.peers.%s.crop_scale.",
                *(name, peer.crop_scale, faces.data_set, faces.crop.scale, faces.data_set, name),
            )
            continue
        try:
            contenders.append(of_peer(name, faces.scheme, options, pipeline))
        except MissingInputError as error:
            logger.info("%s is skipped: %s", name, error)
    return contenders


def peer_frame(peer: PeerOptions) -> InputFrame:
    """What a peer is given to see."""
    size = peer.input_size
    return InputFrame(size, size, 3, Crop(peer.crop_scale, peer.shift_down, size), peer.label_shift)


def frame_in_words(frame: InputFrame) -> str:
    """ "1.5 sides of the box, 0.08 down, at 224 x 224 px, rgb" """
    colour = "rgb" if frame.channels == 3 else "grey"
    size = f"at {frame.width} x {frame.height} px, {colour}"
    if frame.crop is None:
        return f"whole photograph {size}"
    shift = f", labels taken to lie {frame.label_shift:g} px too far right" if frame.label_shift else ""
    return f"{frame.crop.scale:g} sides of the box, {frame.crop.shift_down:g} down, {size}{shift}"
