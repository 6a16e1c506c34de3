"""A checkpoint on disk: one file of tensors and plain values. Nothing unpickles a class."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedro.io import AbstractDataset, DatasetError
from kedro_datasets._typing import JSONPreview

from facial_keypoints.errors import ConfigurationError, DataError, MissingInputError
from facial_keypoints.replacing import replaced_file

if TYPE_CHECKING:  # torch and the networks are imported by the first load or save: listing the catalog stays fast
    from facial_keypoints.checkpoints import Checkpoint

# What torch.load, and reading what it loaded, raise on broken files; ProjectErrors among them say more.
UNREADABLE = (pickle.UnpicklingError, RuntimeError, EOFError, KeyError, TypeError)


class CheckpointDataset(AbstractDataset["Checkpoint", "Checkpoint"]):
    """A Checkpoint as `checkpoint.pt`, and beside it `unfinished.pt` while its training goes on.

    It exists once a training is finished: `--only-missing-outputs` trains a variant that was interrupted again.
    The best epoch so far of an interrupted training can be loaded where no finished one is.
    What has been learnt from another data set is not replaced.
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None):
        self._filepath = Path(filepath)
        self._unfinished = self._filepath.with_name("unfinished.pt")
        self._training_id = ""  # of the last checkpoint that was saved
        self.metadata = metadata

    @property
    def can_be_loaded(self) -> bool:
        """Whether there is a finished checkpoint or an unfinished one."""
        return self._filepath.is_file() or self._unfinished.is_file()

    @property
    def learnt_from(self) -> str | None:
        """The data set of the training whose checkpoint is there, finished or not; None if there is none to be read."""
        if not self.can_be_loaded:
            return None
        try:
            return self.load().training.data_set
        except (DataError, DatasetError):  # of another version, or broken: nothing to be lost
            return None

    def require_same_data_set(self, variant: str, data_set: str) -> None:
        """Raises ConfigurationError if a checkpoint is there that has learnt from another data set."""
        learnt_from = self.learnt_from
        if learnt_from not in (None, data_set):
            pipeline = variant.split(".")[0]
            raise ConfigurationError(
                f"{variant} has learnt from {learnt_from}, and training it on {data_set} would replace that. "
                f"Give the new one a name: kedro run --namespaces {pipeline}.{data_set} "
                f"--params {pipeline}.{data_set}.data_set={data_set}"
            )

    def load(self) -> Checkpoint:
        if not self.can_be_loaded:
            raise MissingInputError(f"{self._filepath} is missing: train the variant first.")
        import torch

        from facial_keypoints.checkpoints import Checkpoint

        path = self._filepath if self._filepath.is_file() else self._unfinished
        try:
            return Checkpoint.from_plain(torch.load(path, map_location="cpu", weights_only=True), str(path))
        except UNREADABLE as error:
            raise DataError(
                f"{path}: this checkpoint cannot be read ({type(error).__name__}). "
                "Delete it and train the variant again."
            ) from error

    def save(self, data: Checkpoint) -> None:
        import torch

        if data.training.id != self._training_id:  # once a training, not once an epoch
            self.require_same_data_set(data.training.name, data.training.data_set)
            self._training_id = data.training.id
        with replaced_file(self._filepath if data.training.is_finished else self._unfinished) as path:
            torch.save(data.to_plain(), path)
        if data.training.is_finished:
            self._unfinished.unlink(missing_ok=True)

    def preview(self) -> JSONPreview:
        """What the network is and where it comes from, without its weights: what Kedro-Viz shows."""
        checkpoint = self.load()
        training, frame = checkpoint.training, checkpoint.frame
        about = {
            "variant": training.name,
            "learnt from": f"{training.data_set}: {len(training.groups)} persons or photographs",
            "kept": f"epoch {training.epoch} of {training.epochs_done}; {training.epochs_planned} were planned",
            "input": f"{frame.width} x {frame.height} pixels, {'grey' if frame.channels == 1 else 'colour'}",
            "points found": len(checkpoint.indices),
            "weights": sum(tensor.numel() for tensor in checkpoint.state.values()),
            "architecture": checkpoint.architecture,
            "options": training.options,
        }
        return JSONPreview(json.dumps(about))

    def _exists(self) -> bool:
        return self._filepath.is_file()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}
