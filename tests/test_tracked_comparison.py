"""What comparing learning rates in MLflow rests on, by MLflow's own search: without the project, as anybody would."""

from types import SimpleNamespace

import mlflow
import pandas as pd
import pytest

from tests.tracked_runs import client_of, evaluation, kedro_run, put_empty_store, tiny_catalog, training

RATES = {"train_nose lr=1e-3": 1e-3, "train_nose lr=1e-4": 1e-4, "train_nose lr=1e-5": 1e-5}
NOSES = [f"train_nose.lr_{name.partition('=')[2]}" for name in RATES]
EPOCHS = 3


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """Three trainings that differ in nothing but the learning rate, evaluated; and what a search finds of them."""
    project = tmp_path_factory.mktemp("project")
    put_empty_store(project)
    catalog = tiny_catalog(project, NOSES, epochs=EPOCHS)
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        kedro_run(project, training(NOSES) + evaluation(NOSES), catalog)
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{project}/mlflow.db")
        runs: pd.DataFrame = mlflow.search_runs(
            experiment_names=["facial-keypoints"],
            filter_string="tags.pipeline = 'train_nose'",
            order_by=["metrics.`best/val_nme`"],
        )
    return SimpleNamespace(project=project, catalog=catalog, runs=runs)


def test_the_three_runs_are_found_by_their_pipeline_best_first(compared: SimpleNamespace) -> None:
    assert set(compared.runs["tags.mlflow.runName"]) == set(RATES)
    assert compared.runs["metrics.best/val_nme"].is_monotonic_increasing


def test_they_differ_in_the_learning_rate_and_nothing_else(compared: SimpleNamespace) -> None:
    params = compared.runs.filter(regex=r"^params\.")
    differing = {name for name in params if params[name].nunique() > 1}
    assert differing == {"params.learning_rate", "params.variant"}
    found = dict(
        zip(compared.runs["tags.mlflow.runName"], compared.runs["params.learning_rate"].map(float), strict=True)
    )
    assert found == RATES


def test_each_has_its_curves_by_epoch(compared: SimpleNamespace) -> None:
    client, curves = client_of(compared.project), set()
    for run_id in compared.runs["run_id"]:
        for key in ("train/loss", "val/loss", "val/nme", "val/px"):
            curve = client.get_metric_history(run_id, key)
            assert [point.step for point in curve] == list(range(1, EPOCHS + 1))
            curves.add(tuple(point.value for point in curve))
    assert len(curves) == 3 * 4  # no two are the same


def test_their_test_errors_stand_beside_them(compared: SimpleNamespace) -> None:
    board = compared.catalog.load("leaderboard").query("split == 'test' and subset == 'full'")
    for row in compared.runs.to_dict("records"):
        (measured,) = board[board["training_id"] == row["tags.training_id"]].to_dict("records")
        assert row["metrics.test/nme"] == pytest.approx(measured["nme"])
        assert row["metrics.test/px"] == pytest.approx(measured["px"])


def test_they_learnt_from_the_same_data_by_the_same_code(compared: SimpleNamespace) -> None:
    for tag in ("data_set_hash", "code_version", "device", "test.manifest"):
        assert compared.runs[f"tags.{tag}"].nunique() == 1
