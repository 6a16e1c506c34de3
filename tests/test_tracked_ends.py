"""How runs in MLflow begin and end: side by side, by an error, by Ctrl-C, without anything to do, without a store."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from kedro.pipeline import Node, Pipeline
from kedro.runner import ThreadRunner

from facial_keypoints.checkpoints import Checkpoint
from facial_keypoints.errors import ProjectError
from facial_keypoints.pipelines.train_nose.nodes import train
from facial_keypoints.tracking import TrackingHooks
from tests.tracked_runs import NAMES, client_of, kedro_run, recorded_runs, statuses, tiny_catalog, training

FIRST = NAMES[:1]


def test_two_runs_in_one_process_do_not_mix(tracked: Path) -> None:
    hooks = TrackingHooks()
    for name in NAMES:
        kedro_run(tracked, training([name]), tiny_catalog(tracked, [name]), hooks, pipeline_names=[name])
    runs = {run.info.run_name: run for run in recorded_runs(tracked)}
    for name, child in zip(NAMES, ("train_nose lr=1e-3", "train_nose lr=1e-4"), strict=True):
        assert runs[child].data.tags["mlflow.parentRunId"] == runs[name].info.run_id
        assert len(client_of(tracked).get_metric_history(runs[child].info.run_id, "val/nme")) == 2


def test_threads_record_the_same(tracked: Path) -> None:
    kedro_run(tracked, training(), tiny_catalog(tracked), runner=ThreadRunner(max_workers=2))
    parent, *children = recorded_runs(tracked)
    assert set(statuses(tracked).values()) == {"FINISHED"}
    for child in children:
        assert child.data.tags["mlflow.parentRunId"] == parent.info.run_id
        assert len(client_of(tracked).get_metric_history(child.info.run_id, "train/loss")) == 2
        assert len(child.outputs.model_outputs) == 1


def failing_train(faces: Any, options: Any) -> Iterator[tuple[Checkpoint, pd.DataFrame, pd.DataFrame]]:
    """Trains lr_1e-3, fails in the second epoch of the others."""
    epochs = train(faces, options)
    yield next(epochs)
    if options.variant != "lr_1e-3":
        raise RuntimeError("no more")
    yield from epochs


def test_an_error_leaves_failed_runs_and_finished_ones_stay_so(tracked: Path) -> None:
    with pytest.raises(RuntimeError, match="no more"):
        kedro_run(tracked, training(train=failing_train), tiny_catalog(tracked))
    assert statuses(tracked) == {
        "kedro run": "FAILED",
        "train_nose lr=1e-3": "FINISHED",
        "train_nose lr=1e-4": "FAILED",
    }


def test_variants_that_never_started_leave_nothing(tracked: Path) -> None:
    def fail() -> None:
        raise RuntimeError("before any training")

    failing = Pipeline([Node(fail, None, "danes_augmented", name="fail")])
    with pytest.raises(RuntimeError):
        kedro_run(tracked, failing + training(), tiny_catalog(tracked))
    assert statuses(tracked) == {"kedro run": "FAILED"}


def interrupted_train(faces: Any, options: Any) -> Iterator[tuple[Checkpoint, pd.DataFrame, pd.DataFrame]]:
    """Ctrl-C after the first epoch."""
    yield next(train(faces, options))
    raise KeyboardInterrupt


def test_the_next_run_of_a_notebook_closes_an_interrupted_one(tracked: Path) -> None:
    hooks = TrackingHooks()
    with pytest.raises(KeyboardInterrupt):
        kedro_run(tracked, training(FIRST, interrupted_train), tiny_catalog(tracked, FIRST), hooks)
    kedro_run(tracked, training(NAMES[1:]), tiny_catalog(tracked, NAMES[1:]), hooks, pipeline_names=["train_nose"])
    assert statuses(tracked) == {
        "kedro run": "KILLED",
        "train_nose lr=1e-3": "KILLED",
        "train_nose": "FINISHED",
        "train_nose lr=1e-4": "FINISHED",
    }


@pytest.mark.parametrize("address", ["http://user:secret@127.0.0.1:9", "file:///proc/nowhere"])
def test_a_store_out_of_reach_is_said_before_anything_is_trained(
    tracked: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    catalog = tiny_catalog(tracked, FIRST)
    with pytest.raises(ProjectError, match="MLFLOW_TRACKING_URI") as raised:
        kedro_run(tracked, training(FIRST), catalog)
    assert address.replace("secret", "***") in str(raised.value)
    assert not catalog.exists("train_nose.lr_1e-3.inputs")


def test_an_environment_of_its_own_has_an_experiment_of_its_own(tracked: Path) -> None:
    kedro_run(tracked, training(FIRST), tiny_catalog(tracked, FIRST), env="sample")
    assert recorded_runs(tracked) == []
    assert len(recorded_runs(tracked, "facial-keypoints-sample")) == 2


def test_a_run_that_found_everything_done_leaves_nothing(tracked: Path) -> None:
    hooks, pipeline, catalog = TrackingHooks(), training(FIRST), tiny_catalog(tracked, FIRST)
    run_params = {"project_path": str(tracked), "env": None, "pipeline_names": None, "namespaces": None}
    hooks.before_pipeline_run(run_params, pipeline, catalog)
    hooks.after_pipeline_run()
    assert recorded_runs(tracked) == []
