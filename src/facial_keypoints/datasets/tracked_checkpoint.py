"""The checkpoint that an MLflow run holds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from kedro.io import AbstractDataset

from facial_keypoints.datasets.checkpoint import CheckpointDataset
from facial_keypoints.errors import MissingInputError, ProjectError

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from facial_keypoints.checkpoints import Checkpoint

CHECKPOINT = PurePosixPath("checkpoint/checkpoint.pt")  # among the artifacts of a run


class TrackedCheckpointDataset(AbstractDataset[None, "Checkpoint"]):
    """Loads the best network of a training from the store that the project's runs are recorded in.

    It is fetched once for all nodes that read it.
    filepath: the project's root, which Kedro makes absolute. run: the id of the training's MLflow run.
    """

    def __init__(self, *, filepath: str, run: str, metadata: dict[str, Any] | None = None):
        self._project = Path(filepath)
        self._run = run
        self.metadata = metadata
        self._loaded: Checkpoint | None = None

    def require(self) -> None:
        """Raises MissingInputError if the run holds no checkpoint, or is not there."""
        self._fetched(lambda client: client.list_artifacts(self._run, CHECKPOINT.parent.as_posix())[0])

    def load(self) -> Checkpoint:
        if self._loaded is None:
            with TemporaryDirectory() as folder:
                file = self._fetched(lambda client: client.download_artifacts(self._run, CHECKPOINT.as_posix(), folder))
                self._loaded = CheckpointDataset(filepath=file).load()
        return self._loaded

    def _release(self) -> None:
        self._loaded = None

    def _fetched(self, fetch: Callable[[MlflowClient], Any]) -> Any:
        """What is fetched from the store that runs are recorded in."""
        # Not on top: it imports mlflow, and listing the catalog stays fast.
        from mlflow.exceptions import MlflowException

        from facial_keypoints.tracking.store import open_store

        try:
            return fetch(open_store(self._project, env=None).client)
        except (MlflowException, OSError, IndexError) as error:
            raise MissingInputError(
                f"MLflow run {self._run} has no {CHECKPOINT.as_posix()} in this store. Give the id of the run that "
                "trained one variant, as MLflow shows it (train_nose lr=1e-3), not that of the kedro run above it."
            ) from error

    def save(self, data: None) -> None:
        raise ProjectError("The checkpoint of a run is recorded by its training only.")

    def _exists(self) -> bool:
        return True  # `require` asks the store, once

    def _describe(self) -> dict[str, Any]:
        return {"run": self._run}
