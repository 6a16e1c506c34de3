"""What a process of its own leaves in MLflow: interrupted, ended, or not concerned at all."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from kedro.io import DataCatalog, SharedMemoryDataCatalog
from kedro.pipeline import Node, Pipeline

from facial_keypoints.tracking import TrackingHooks
from facial_keypoints.tracking.interrupts import exit_on_sigterm
from tests.conftest import PROJECT
from tests.tracked_runs import NAMES, client_of, kedro_run, put_empty_store, recorded_runs, statuses, training

TRAIN_FOR_HOURS = """
import sys
from pathlib import Path
from tests.tracked_runs import NAMES, kedro_run, tiny_catalog, training
project = Path(sys.argv[1])
kedro_run(project, training(NAMES[:1]), tiny_catalog(project, NAMES[:1], epochs=100_000))
"""
INGEST = """
import sys
from kedro.io import DataCatalog
from kedro.pipeline import Node, Pipeline
from facial_keypoints.tracking import TrackingHooks
hooks = TrackingHooks()
run_params = {"project_path": sys.argv[1], "env": None, "pipeline_names": ["ingest_danes"], "namespaces": None}
ingest = Pipeline([Node(lambda: 1, None, "faces", name="read", namespace="ingest_danes")])
hooks.before_pipeline_run(run_params, ingest, DataCatalog())
hooks.after_pipeline_run()
assert "mlflow" not in sys.modules
"""


def start(script: str, project: Path) -> subprocess.Popen[str]:
    environment = {key: value for key, value in os.environ.items() if key != "MLFLOW_TRACKING_URI"}
    environment["OMP_NUM_THREADS"] = "1"  # the networks are tiny
    return subprocess.Popen(
        [sys.executable, "-c", script, str(project)], cwd=PROJECT, env=environment, text=True, stderr=subprocess.PIPE
    )


def wait_for_two_epochs(project: Path, process: subprocess.Popen[str], seconds: float = 60) -> None:
    history = project / NAMES[0] / "history.csv"
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        if history.exists() and len(history.read_text().splitlines()) > 2:  # below the header
            return
        time.sleep(0.1)
    process.kill()
    pytest.fail(f"no two epochs were trained: {process.communicate()[1]}")


@pytest.mark.parametrize(("number", "returned"), [(signal.SIGINT, -signal.SIGINT), (signal.SIGTERM, 143)])
def test_a_training_that_is_stopped_leaves_killed_runs(tmp_path: Path, number: int, returned: int) -> None:
    put_empty_store(tmp_path)
    process = start(TRAIN_FOR_HOURS, tmp_path)
    wait_for_two_epochs(tmp_path, process)
    process.send_signal(number)
    errors = process.communicate(timeout=30)[1]
    assert process.returncode == returned, errors
    assert statuses(tmp_path) == {"kedro run": "KILLED", "train_nose lr=1e-3": "KILLED"}
    child = recorded_runs(tmp_path)[1]
    assert client_of(tmp_path).get_metric_history(child.info.run_id, "val/nme")


def test_sigterm_is_handled_only_while_a_run_is_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    put_empty_store(tmp_path)
    seen = []
    look = Node(
        lambda: seen.append(signal.getsignal(signal.SIGTERM)) or 1, None, "x", name="look", namespace="evaluate"
    )
    kedro_run(tmp_path, Pipeline([look]), DataCatalog())
    assert callable(seen[0])
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_a_sigterm_handler_of_somebody_else_stays() -> None:
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        restore = exit_on_sigterm()
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
        restore()
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_run_that_trains_nothing_does_not_even_import_mlflow(tmp_path: Path) -> None:
    process = start(INGEST, tmp_path)
    errors = process.communicate(timeout=60)[1]
    assert process.returncode == 0, errors
    assert list(tmp_path.iterdir()) == []


def test_parallel_processes_are_not_recorded_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    run_params = {"project_path": str(tmp_path), "env": None, "pipeline_names": None, "namespaces": None}
    TrackingHooks().before_pipeline_run(run_params, training(), SharedMemoryDataCatalog())
    assert "ParallelRunner: MLflow records nothing" in caplog.text
    assert list(tmp_path.iterdir()) == []
