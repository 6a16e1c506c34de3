"""What is recorded of one training: its options and data, its epochs, and at the end its best network."""

import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pandas as pd

from facial_keypoints.checkpoints import Checkpoint
from facial_keypoints.code_version import code_version
from facial_keypoints.devices import pick_device
from facial_keypoints.faces import TRAIN, VALIDATION, FaceSet
from facial_keypoints.options import TrainingOptions
from facial_keypoints.protocol import manifest
from facial_keypoints.tracking.descriptions import DESCRIPTION, of_training
from facial_keypoints.tracking.face_set_inputs import face_set_inputs
from facial_keypoints.tracking.glimpse import glimpse
from facial_keypoints.tracking.interactive_curves import Curve, curves_page
from facial_keypoints.tracking.journal import Journal
from facial_keypoints.tracking.losses import is_like_validation, training_loss_name
from facial_keypoints.tracking.names import child_name, plain_params, source_tags
from facial_keypoints.tracking.resources import Resources

FIGURES = "figures"
GLIMPSE = "validation_predictions.png"
VALIDATED_BY = "outer_eye_corners"  # the norm of val/nme: `norms.interocular`, whatever evaluate.norm says
Record = Callable[..., None]


class TrainingRecord:
    """The child run of one training.

    record: takes what a journal's record says.  faces: what it learns from; name and source, what that is called in the
    catalog and where it lies.
    """

    def __init__(self, key: str, options: TrainingOptions, faces: FaceSet, record: Record) -> None:
        self.key, self.options = key, options
        self.checkpoint: Checkpoint | None = None
        self.checkpoint_file: Path | None = None
        self.history = pd.DataFrame()
        self.is_open = True
        self._faces = faces
        self._record = record
        self._epochs = 0
        device = pick_device(options.device)
        self._resources = Resources(with_gpu=device.type == "cuda")
        self._params = plain_params(asdict(options))

    def start(self, parent: str, name: str, source: str) -> None:
        """Open the run, with its options and its data.  name, source: of the face set, and where it lies."""
        options, faces = self.options, self._faces
        tags = {
            **source_tags(),
            "pipeline": options.pipeline,
            "variant": options.variant,
            "device": str(pick_device(options.device)),
            "data_set": faces.data_set,
            "data_set_hash": manifest(faces),
            "code_version": code_version(),
        }
        self._record("create", run=self.key, name=child_name(options), tags=tags, time=milliseconds(), parent=parent)
        self._record("log", run=self.key, params=self._params)
        self._record("inputs", run=self.key, datasets=face_set_inputs(faces, name, source))

    def log_checkpoint(self, checkpoint: Checkpoint, file: Path | None) -> None:
        """Keep the best network so far; at the first, tag the run with how it is validated and with the training's id.

        By that id later evaluations find it.
        """
        if self.checkpoint is None:
            training = checkpoint.training
            tags = {"training_id": training.id, "val.norm": VALIDATED_BY}
            tags |= {"val.split": VALIDATION, "val.data_set": training.data_set}
            self._record("log", run=self.key, tags=tags)
        self.checkpoint, self.checkpoint_file = checkpoint, file

    def log_epochs(self, history: pd.DataFrame) -> None:
        """Log the epochs that are new in the history, and how busy the machine was."""
        self.history = history
        names, now = {"train/loss": training_loss_name(self.options)}, milliseconds()
        metrics = [
            (names.get(str(key), str(key)), float(value), now, int(row["epoch"]))
            for row in history[history["epoch"] > self._epochs].to_dict("records")
            for key, value in row.items()
            if key != "epoch"
        ]
        self._epochs = int(history["epoch"].max())
        metrics += [(key, value, now, self._epochs) for key, value in self._resources.read().items()]
        self._record("log", run=self.key, metrics=metrics)

    @property
    def best(self) -> dict[str, float]:
        """The history's row of the epoch whose network is kept."""
        assert self.checkpoint is not None
        row = self.history[self.history["epoch"] == self.checkpoint.training.epoch].iloc[0]
        return {str(key): float(value) for key, value in row.items()}

    @property
    def curve(self) -> Curve:
        return Curve(self.history, training_loss_name(self.options), is_like_validation(self.options))

    def finish(self, journal: Journal, registered_name: str) -> None:
        """Record the best network, what it makes of some faces, and the description; the run is finished."""
        self.is_open = False
        try:
            if self.checkpoint is not None:
                self._finish_with(self.checkpoint, journal, registered_name)
        finally:
            self._record("end", run=self.key, status="FINISHED", time=milliseconds())

    def _finish_with(self, checkpoint: Checkpoint, journal: Journal, registered_name: str) -> None:
        options, faces, best, epoch = self.options, self._faces, self.best, checkpoint.training.epoch
        values = {"epoch": epoch, "val_loss": best["val/loss"], "val_nme": best["val/nme"], "val_px": best["val/px"]}
        now = milliseconds()
        # Of step 0, as the test errors are: MLflow then compares runs by bars instead of curves of one point.
        metrics = [(f"best/{key}", float(value), now, 0) for key, value in values.items()]
        self._record("log", run=self.key, metrics=metrics)

        seen = glimpse(faces, checkpoint)
        pictures = {
            GLIMPSE.replace(".", "__"): seen.sheet(
                f"{options.name}: validation faces, val/nme {best['val/nme']:.2f} %"
            ),
            "loss_curves__html": curves_page({options.name: self.curve}, f"{child_name(options)}: learning curves"),
        }
        self._record("upload", run=self.key, folder=journal.keep(**pictures), to=FIGURES)
        splits = faces.table["split"].value_counts()
        counts = {split: int(splits[split]) for split in (TRAIN, VALIDATION)}
        text = of_training(options, best, counts, self.key, f"{FIGURES}/{GLIMPSE}")
        self._record("log", run=self.key, tags={DESCRIPTION: text})
        if self.checkpoint_file is None:
            return
        self._record("upload", run=self.key, folder=journal.keep(self.checkpoint_file), to="checkpoint")
        candidate = {
            "name": registered_name,
            "variant": options.variant,
            "nme": best["val/nme"],
            "faces": manifest(faces, rows=(faces.table["split"] == VALIDATION).to_numpy()),
        }
        self._record(
            "model",
            run=self.key,
            folder=journal.keep(self.checkpoint_file, example__jpg=seen.example()),
            indices=checkpoint.indices,
            epoch=epoch,
            params=self._params,
            metrics=metrics,
            candidate=candidate,
        )


def milliseconds() -> int:
    """Now, as MLflow counts time."""
    return int(1000 * time.time())
