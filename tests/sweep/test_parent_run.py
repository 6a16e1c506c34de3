"""The run in MLflow that all rates of a sweep have for a parent, in a real store."""

import os
from pathlib import Path

import pytest
from mlflow.entities import Run

from facial_keypoints.sweep.parent_run import parent_run, sweep_key
from facial_keypoints.tracking.given_parent import PARENT_RUN
from facial_keypoints.tracking.journal import JOURNALS, About, Journal
from facial_keypoints.tracking.store import open_store
from tests.options import nose_options
from tests.tracked_runs import client_of, put_empty_store, recorded_runs, statuses


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that holds an empty store, where a project's would be."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    put_empty_store(tmp_path)
    return tmp_path


def swept(project: Path, key: str = "a") -> str:
    """A sweep in which nothing happens; its run's id."""
    with parent_run(project, None, project, "train_nose", key) as parent:
        return parent.id


def child(project: Path, parent: str, training_id: str, status: str) -> Run:
    """A training of lr_1e-3 below a parent."""
    client = client_of(project)
    tags = {"mlflow.parentRunId": parent, "variant": "lr_1e-3", "training_id": training_id}
    run = client.create_run(client.get_run(parent).info.experiment_id, tags=tags, run_name="child")
    if status != "RUNNING":
        client.set_terminated(run.info.run_id, status)
    return run


def test_within_a_sweep_its_run_is_the_given_parent_and_afterwards_finished(project):
    with parent_run(project, None, project, "train_nose", "a") as parent:
        assert os.environ[PARENT_RUN] == parent.id
        assert statuses(project) == {"sweep train_nose": "RUNNING"}
    assert PARENT_RUN not in os.environ
    assert statuses(project) == {"sweep train_nose": "FINISHED"}


def test_a_sweep_that_goes_on_has_the_run_that_it_had_and_another_one_its_own(project):
    first = swept(project)
    assert swept(project) == first
    assert swept(project, "b") != first
    assert len(recorded_runs(project)) == 2


@pytest.mark.parametrize(
    ("error", "status"), [(ValueError, "FAILED"), (KeyboardInterrupt, "KILLED"), (SystemExit, "KILLED")]
)
def test_what_ends_a_sweep_early_is_told_by_its_status(project, error, status):
    with pytest.raises(error), parent_run(project, None, project, "train_nose", "a"):
        raise error
    assert statuses(project) == {"sweep train_nose": status}


@pytest.mark.parametrize("status", ["RUNNING", "KILLED", "FAILED"])
def test_a_training_whose_run_did_not_finish_is_done_again(project, status):
    with parent_run(project, None, project, "train_nose", "a") as parent:
        child(project, parent.id, "0123", status)
        assert parent.what_is_left("0123") == "its record in MLflow is cut off"


def test_what_a_killed_training_has_recorded_is_sent_before_it_is_judged(project):
    parent = swept(project)
    store = open_store(project, None)
    journal = Journal.start(project / JOURNALS, About(store.uri, store.experiment))
    tags = {"variant": "lr_1e-3", "training_id": "0123"}
    journal.append({"do": "adopt", "run": "parent", "run_id": parent})
    journal.append({"do": "create", "run": "child", "name": "child", "tags": tags, "time": 1, "parent": "parent"})
    journal.append({"do": "end", "run": "child", "status": "FINISHED", "time": 2})
    journal.close()  # as the operating system does for a killed process
    with parent_run(project, None, project, "train_nose", "a") as resumed:
        assert statuses(project)["child"] == "FINISHED"
        assert resumed.what_is_left("0123") == ""
    assert not list((project / JOURNALS).iterdir())


def test_nothing_is_left_of_a_training_whose_run_finished_or_that_the_store_does_not_know(project):
    with parent_run(project, None, project, "train_nose", "a") as parent:
        child(project, parent.id, "0123", "FINISHED")
        assert parent.what_is_left("0123") == ""
        assert parent.what_is_left("4567") == ""


def test_children_that_a_killed_run_has_left_open_are_ended(project):
    with parent_run(project, None, project, "train_nose", "a") as parent:
        child(project, parent.id, "0123", "RUNNING")
        parent.end_open_children("train_nose.lr_1e-4")
        assert statuses(project)["child"] == "RUNNING"
        parent.end_open_children("train_nose.lr_1e-3")
        assert statuses(project)["child"] == "KILLED"


def test_rates_are_of_one_sweep_and_other_options_or_faces_of_another():
    slow, fast = nose_options(variant="lr_1e-4", learning_rate=1e-4), nose_options()
    assert sweep_key([slow, fast], ["faces"]) == sweep_key([fast], ["faces", "faces"])
    assert sweep_key([fast], ["faces"]) != sweep_key([nose_options(epochs=9)], ["faces"])
    assert sweep_key([fast], ["faces"]) != sweep_key([fast], ["other faces"])
