"""A checkpoint on disk: one file of tensors and plain values. Nothing unpickles a class."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedro.io import AbstractDataset

from facial_keypoints.datasets.replacing import replaced_file
from facial_keypoints.errors import DataError

if TYPE_CHECKING:  # torch and the networks are imported by the first load or save: listing the catalog stays fast
    from facial_keypoints.checkpoints import Checkpoint


class CheckpointDataset(AbstractDataset["Checkpoint", "Checkpoint"]):
    """A Checkpoint as `checkpoint.pt`.

    It exists once its training is finished: `--only-missing-outputs` goes on to train a variant that was interrupted.
    The best epoch so far of an interrupted training can be loaded all the same.
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None):
        self._filepath = Path(filepath)
        self.metadata = metadata

    def load(self) -> Checkpoint:
        import torch

        from facial_keypoints.checkpoints import Checkpoint

        try:
            content = torch.load(self._filepath, map_location="cpu", weights_only=True)
        except (pickle.UnpicklingError, RuntimeError, EOFError) as error:
            raise DataError(
                f"{self._filepath}: this checkpoint cannot be read ({type(error).__name__}). Delete it and train the "
                "variant again."
            ) from error
        return Checkpoint.from_plain(content, str(self._filepath))

    def save(self, data: Checkpoint) -> None:
        import torch

        with replaced_file(self._filepath) as path:
            torch.save(data.to_plain(), path)

    def _exists(self) -> bool:
        return self._filepath.is_file() and self.load().training.is_finished

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}
