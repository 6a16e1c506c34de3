"""A training recorded by a real MLflow server that serves the artifacts too, and goes away in between."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import mlflow.pyfunc
import pandas as pd
import pytest
from mlflow import MlflowClient
from mlflow.entities import Run

from facial_keypoints.checkpoints import Checkpoint
from facial_keypoints.pipelines.train_nose.nodes import train
from facial_keypoints.tracking import TrackingHooks
from tests.mlflow_server import Server
from tests.tracked_runs import NAMES, kedro_run, tiny_catalog, training

pytestmark = pytest.mark.slow
FIRST = NAMES[:1]
EPOCHS = 8
KEYS = ("train/loss", "val/loss", "val/nme", "val/px", "seconds")
Epochs = Iterator[tuple[Checkpoint, pd.DataFrame, pd.DataFrame]]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("server"))
    server.start()
    yield server
    server.kill()


@pytest.fixture
def server(shared: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server that runs, before the test and after it."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", shared.address)
    yield shared
    if not shared.is_running:
        shared.start()


def train_with(events: dict[int, Callable[[], None]]) -> Callable[..., Epochs]:
    """Training in which something happens after certain epochs."""

    def train_and_look_up(faces: Any, options: Any) -> Epochs:
        for number, epoch in enumerate(train(faces, options), start=1):
            yield epoch
            events.get(number, lambda: None)()

    return train_and_look_up


def child_of(server: Server, name: str) -> Run:
    """The one child of the run of that name."""
    client = MlflowClient(server.address)
    experiment = client.get_experiment_by_name("facial-keypoints")
    runs = client.search_runs([experiment.experiment_id])
    (parent,) = [run for run in runs if run.info.run_name == name]
    (child,) = [run for run in runs if run.data.tags.get("mlflow.parentRunId") == parent.info.run_id]
    assert parent.info.status == child.info.status == "FINISHED"
    return child


def assert_nothing_is_missing(server: Server, child: Run, catalog: Any) -> None:
    """Every metric of every epoch, the figures and the model are there, once."""
    client = MlflowClient(server.address)
    history = catalog.load(f"{FIRST[0]}.history")
    assert len(history) == EPOCHS
    for key in KEYS:
        logged = client.get_metric_history(child.info.run_id, key)
        assert [(value.step, value.value) for value in logged] == [
            (row["epoch"], pytest.approx(row[key])) for row in history.to_dict("records")
        ]
    figures = {entry.path for entry in client.list_artifacts(child.info.run_id, "figures")}
    assert {f"figures/{name}" for name in ("inputs.png", "loss_curves.png", "loss_curves.html")} <= figures
    (output,) = child.outputs.model_outputs
    assert client.get_logged_model(output.model_id).status == "READY"


def test_a_whole_training_is_recorded_by_the_address_alone(server: Server, tmp_path: Path) -> None:
    catalog = tiny_catalog(tmp_path, FIRST, epochs=EPOCHS)
    kedro_run(tmp_path, training(FIRST), catalog, pipeline_names=["undisturbed"])
    child = child_of(server, "undisturbed")
    assert_nothing_is_missing(server, child, catalog)
    assert child.info.artifact_uri.startswith("mlflow-artifacts:")
    assert not (tmp_path / "mlflow.db").exists()
    assert list((tmp_path / ".unsent").iterdir()) == []
    mlflow.pyfunc.load_model("models:/train_nose-danes@champion")


def test_a_server_killed_in_mid_training_and_started_again_has_everything(
    server: Server, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    catalog = tiny_catalog(tmp_path, FIRST, epochs=EPOCHS)
    events = {2: server.kill, 5: server.start}
    kedro_run(tmp_path, training(FIRST, train_with(events)), catalog, pipeline_names=["interrupted"])
    assert_nothing_is_missing(server, child_of(server, "interrupted"), catalog)
    assert "does not record" in caplog.text
    assert "MLflow answers again" in caplog.text
    assert list((tmp_path / ".unsent").iterdir()) == []


def test_what_a_server_missed_is_kept_and_sent_by_the_command_that_the_last_line_names(
    server: Server, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    catalog = tiny_catalog(tmp_path, FIRST, epochs=EPOCHS)
    kedro_run(tmp_path, training(FIRST, train_with({3: server.kill})), catalog, pipeline_names=["abandoned"])
    assert catalog.load(f"{FIRST[0]}.checkpoint").training.is_finished
    last_line = caplog.messages[-1]
    assert "Nothing is lost" in last_line
    server.start()
    command = last_line[last_line.index("python -m ") :].split()
    environment = {key: value for key, value in os.environ.items() if key != "MLFLOW_TRACKING_URI"}
    sent = subprocess.run([sys.executable, *command[1:]], env=environment, capture_output=True, text=True, timeout=120)
    assert sent.returncode == 0, sent.stderr
    assert_nothing_is_missing(server, child_of(server, "abandoned"), catalog)
    assert list((tmp_path / ".unsent").iterdir()) == []


def test_what_a_server_missed_is_sent_by_the_next_run(server: Server, tmp_path: Path) -> None:
    hooks, catalog = TrackingHooks(), tiny_catalog(tmp_path, FIRST, epochs=EPOCHS)
    kedro_run(tmp_path, training(FIRST, train_with({1: server.kill})), catalog, hooks, pipeline_names=["earlier"])
    server.start()
    kedro_run(tmp_path, training(NAMES[1:]), tiny_catalog(tmp_path, NAMES[1:]), hooks, pipeline_names=["later"])
    assert_nothing_is_missing(server, child_of(server, "earlier"), catalog)
    assert child_of(server, "later").data.metrics["best/epoch"] > 0
