"""The best network of a training as an MLflow model: a page of its own, and `mlflow.pytorch.load_model`."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

import mlflow.pytorch
import numpy as np
from mlflow import MlflowClient
from mlflow.entities import LoggedModelOutput
from mlflow.models import Model, ModelSignature
from mlflow.types import Schema, TensorSpec

from facial_keypoints.checkpoints import Checkpoint

NAME = "model"


def log_model(
    client: MlflowClient, experiment_id: str, run_id: str, checkpoint: Checkpoint, params: dict[str, str]
) -> str:
    """Log the checkpoint's network as the output of a run at its best epoch; the model's id.

    As `mlflow.pytorch.log_model`, but with ids instead of the current thread's active run and the global tracking URI.
    Pickled, since the exported graph that MLflow prefers cannot be trained further. The requirements are given, since
    MLflow takes seconds to guess them; the signature, since an input example weighs megabytes of text.
    """
    logged = client.create_logged_model(experiment_id, NAME, source_run_id=run_id, params=params)
    description = Model(
        artifact_path=logged.artifact_location, run_id=run_id, model_uuid=logged.model_id, model_id=logged.model_id
    )
    with TemporaryDirectory() as folder, without_pickle_warning():
        path = Path(folder) / NAME
        mlflow.pytorch.save_model(
            checkpoint.model(),
            path,
            mlflow_model=description,
            signature=signature(checkpoint),
            pip_requirements=[f"{package}=={version(package)}" for package in ("torch", "torchvision")],
            serialization_format="pickle",
        )
        client.log_model_artifacts(logged.model_id, str(path))
    client.finalize_logged_model(logged.model_id, "READY")
    client.log_outputs(run_id, [LoggedModelOutput(logged.model_id, step=checkpoint.training.epoch)])
    return logged.model_id


def signature(checkpoint: Checkpoint) -> ModelSignature:
    """Pictures on [0, 1], (N, C, height, width), to points on [0, 1] of the picture, (N, K, 2)."""
    pictures = TensorSpec(np.dtype(np.float32), (-1, checkpoint.frame.channels, *checkpoint.frame.size))
    points = TensorSpec(np.dtype(np.float32), (-1, len(checkpoint.indices), 2))
    return ModelSignature(inputs=Schema([pictures]), outputs=Schema([points]))


@contextmanager
def without_pickle_warning() -> Iterator[None]:
    """MLflow warns of pickles each time it writes one. `checkpoint.pt` beside the model holds no code."""
    log = logging.getLogger("mlflow.pytorch")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(level)
