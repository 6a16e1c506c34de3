"""The checkpoint that an MLflow run holds."""

from __future__ import annotations

import logging
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from kedro.io import AbstractDataset

from facial_keypoints.datasets.checkpoint import CheckpointDataset
from facial_keypoints.errors import MissingInputError, ProjectError

if TYPE_CHECKING:
    from facial_keypoints.checkpoints import Checkpoint

CHECKPOINT = "checkpoint/checkpoint.pt"  # among the artifacts of a run


class TrackedCheckpointDataset(AbstractDataset[None, "Checkpoint"]):
    """Loads the best network of a training from the store that the project's runs are recorded in.

    filepath: the project's root, which Kedro makes absolute. run: the id of the training's MLflow run.
    """

    def __init__(self, *, filepath: str, run: str, metadata: dict[str, Any] | None = None):
        self._project = Path(filepath)
        self._run = run
        self.metadata = metadata

    def load(self) -> Checkpoint:
        # Not on top: it imports mlflow, and listing the catalog stays fast.
        from mlflow.exceptions import MlflowException

        from facial_keypoints.tracking.store import open_store

        store = open_store(self._project, env=None)
        with TemporaryDirectory() as folder:
            try:
                logging.getLogger("mlflow.tracking").setLevel(logging.WARNING)
                file = store.client.download_artifacts(self._run, CHECKPOINT, folder)
            except (MlflowException, OSError) as error:
                reason = str(error).splitlines()[0]
                raise MissingInputError(
                    f"MLflow run {self._run} has no {CHECKPOINT} ({reason}). Give the id of the run that trained one "
                    "variant, as MLflow shows it, such as train_nose lr=1e-3; not that of the kedro run above it."
                ) from error
            return CheckpointDataset(filepath=file).load()

    def save(self, data: None) -> None:
        raise ProjectError("The checkpoint of a run is recorded by its training only.")

    def _exists(self) -> bool:
        return True  # only a load asks the store

    def _describe(self) -> dict[str, Any]:
        return {"run": self._run}
