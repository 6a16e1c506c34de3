"""The best network of a training as an MLflow model: a page of its own, `mlflow.pyfunc.load_model`, `models serve`.

The model is the checkpoint and the code that reads it. The network itself, to train on or to export, is
`mlflow.pyfunc.load_model(...).unwrap_python_model().checkpoint.model()`.
"""

from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import mlflow.pyfunc
import pandas as pd
from mlflow.entities import LoggedModel, LoggedModelOutput, Metric
from mlflow.models import Model, ModelSignature
from mlflow.types import ColSpec, DataType, Schema

from facial_keypoints.point_table import column_names
from facial_keypoints.served_model import BOX, PICTURE
from facial_keypoints.tracking.bundled_code import bundle
from facial_keypoints.tracking.champions import Candidate, register_if_best
from facial_keypoints.tracking.store import Store

NAME = "model"
SCRIPT = Path(__file__).with_name("serving_script.py")
REQUIREMENTS = ("mlflow", "numpy", "pandas", "pillow", "pydantic", "pyyaml", "scikit-image", "torch", "torchvision")


def log_model(
    store: Store,
    run_id: str,
    folder: Path,
    *,
    indices: list[int],
    epoch: int,
    params: dict[str, str],
    metrics: list[tuple[str, float, int, int]],
    candidate: dict[str, Any],
) -> None:
    """Log the network of an epoch as the output of a run, with its metrics; register it where it is the best so far.

    folder: with checkpoint.pt and example.jpg.  indices: of the points that it finds, in its scheme.
    metrics: of each its key, value, time in ms and step.
    candidate: of `champions.Candidate`, but for the ids.
    """
    client = store.client
    logged = model_of(store, run_id, params)
    if logged.status != "READY":
        with TemporaryDirectory() as temporary:
            path = Path(temporary) / NAME
            save_model(path, folder, indices, logged, run_id)
            client.log_model_artifacts(logged.model_id, str(path))
        client.finalize_logged_model(logged.model_id, "READY")
    outputs = client.get_run(run_id).outputs
    if logged.model_id not in [output.model_id for output in (outputs.model_outputs if outputs else [])]:
        client.log_outputs(run_id, [LoggedModelOutput(logged.model_id, step=epoch)])
    client.log_batch(run_id, metrics=[Metric(*metric, logged.model_id) for metric in metrics])
    register_if_best(client, Candidate(logged.model_id, logged.artifact_location, run_id, **candidate))


def model_of(store: Store, run_id: str, params: dict[str, str]) -> LoggedModel:
    """The run's model, which an earlier try may have begun."""
    begun = store.client.search_logged_models([store.experiment_id], filter_string=f"source_run_id = '{run_id}'")
    return begun[0] if begun else store.client.create_logged_model(store.experiment_id, NAME, run_id, params=params)


def save_model(path: Path, files: Path, indices: list[int], logged: LoggedModel, run_id: str) -> None:
    """Write a model of MLflow's to the folder `path`.

    The requirements are given: MLflow takes seconds to guess them.
    """
    with TemporaryDirectory() as folder:
        mlflow.pyfunc.save_model(
            path,
            python_model=str(SCRIPT),
            artifacts={"checkpoint": str(files / "checkpoint.pt")},
            code_paths=[str(bundle("facial_keypoints.served_model", Path(folder)))],
            mlflow_model=Model(
                artifact_path=logged.artifact_location,
                run_id=run_id,
                model_uuid=logged.model_id,
                model_id=logged.model_id,
            ),
            signature=signature(indices),
            input_example=pd.DataFrame({PICTURE: [(files / "example.jpg").read_bytes()]}),
            pip_requirements=[f"{package}=={version(package)}" for package in REQUIREMENTS],
        )


def signature(indices: list[int]) -> ModelSignature:
    """A picture and, where it is known, the face's box, to x00, y00, ... in pixels of the picture."""
    picture = [ColSpec(DataType.binary, PICTURE), *(ColSpec(DataType.double, side, required=False) for side in BOX)]
    return ModelSignature(
        Schema([*picture]), Schema([ColSpec(DataType.double, each) for each in column_names(indices)])
    )
