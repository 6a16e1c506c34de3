"""Several Kedro runs under one parent run in MLflow."""

from pathlib import Path

import pytest

from facial_keypoints.tracking.given_parent import PARENT_RUN, parent_given
from facial_keypoints.tracking.journal import JOURNALS
from facial_keypoints.tracking.send import send_earlier
from facial_keypoints.tracking.store import open_store
from tests.mlflow_server import Server
from tests.tracked_runs import (
    NAMES,
    artifacts,
    client_of,
    kedro_run,
    put_empty_store,
    recorded_runs,
    statuses,
    tiny_catalog,
    training,
)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose store has one open run, which the environment names as the parent."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    put_empty_store(tmp_path)
    client = client_of(tmp_path)
    experiment = client.create_experiment("facial-keypoints", (tmp_path / "mlartifacts").as_uri())
    monkeypatch.setenv(PARENT_RUN, client.create_run(experiment, run_name="given").info.run_id)
    return tmp_path


def test_runs_with_a_given_parent_hang_their_children_there_and_leave_it_open(project):
    catalog = tiny_catalog(project)
    for name in NAMES:
        kedro_run(project, training().filter(node_namespaces=[name]), catalog)
    parent, *children = recorded_runs(project)
    assert {run.data.tags["mlflow.parentRunId"] for run in children} == {parent.info.run_id}
    assert statuses(project) == {
        "given": "RUNNING",
        "train_nose lr=1e-3": "FINISHED",
        "train_nose lr=1e-4": "FINISHED",
    }


def test_figures_of_the_whole_go_to_the_given_parent(project):
    kedro_run(project, training(), tiny_catalog(project))
    assert "figures/train_nose/comparison.png" in artifacts(project, recorded_runs(project)[0])


def test_a_given_parent_outlives_a_run_with_nothing_to_do(project):
    catalog = tiny_catalog(project)
    kedro_run(project, training().filter(node_names=[f"{NAMES[0]}.draw_inputs"]), catalog)
    assert statuses(project) == {"given": "RUNNING"}


def test_a_server_that_goes_away_between_two_runs_of_a_parent_costs_nothing(tmp_path, monkeypatch):
    server = Server(tmp_path)
    server.start()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server.address)
    store = open_store(tmp_path, None)
    parent = store.client.create_run(store.experiment_id, run_name="given").info.run_id
    catalog = tiny_catalog(tmp_path, NAMES)
    try:
        with parent_given(parent, store):
            kedro_run(tmp_path, training(NAMES[:1]), catalog)
            server.kill()
            kedro_run(tmp_path, training(NAMES[1:]), catalog)
        assert catalog.load(f"{NAMES[1]}.checkpoint").training.is_finished
        server.start()
        send_earlier(store, tmp_path / JOURNALS)
        runs = store.client.search_runs([store.experiment_id], f"tags.`mlflow.parentRunId` = '{parent}'")
        assert {run.info.run_name: run.info.status for run in runs} == {
            "train_nose lr=1e-3": "FINISHED",
            "train_nose lr=1e-4": "FINISHED",
        }
    finally:
        server.kill()


def test_a_training_that_fails_leaves_the_given_parent_open(project):
    def failing(faces, options):
        raise ZeroDivisionError
        yield

    with pytest.raises(ZeroDivisionError):
        kedro_run(project, training(NAMES[:1], train=failing), tiny_catalog(project))
    assert statuses(project) == {"given": "RUNNING", "train_nose lr=1e-3": "FAILED"}
