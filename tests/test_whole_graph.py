"""The seven pipelines in one run, on drawn faces; what MLflow holds of it; Kedro-Viz of it; and what comes after."""

import json

import pandas as pd
import pytest
import torch
from mlflow import MlflowClient

from tests.project import Project, only_error
from tests.tracked_runs import artifacts, recorded_runs

pytestmark = pytest.mark.slow

CHILDREN = {
    "train_nose lr=1e-3",
    "train_nose lr=1e-4",
    "train_nose lr=1e-5",
    "train_face lr=1e-3",
    "finetune_resnet lr=1e-4",
}
SEVEN = {"ingest_danes", "ingest_ibug", "augment", "train_nose", "train_face", "finetune_resnet", "evaluate"}


@pytest.fixture(scope="module")
def whole(whole_project: Project) -> Project:
    return whole_project


def leaderboard(project: Project) -> pd.DataFrame:
    return pd.read_csv(project.root / "data" / "08_reporting" / "leaderboard.csv")


def children(project: Project) -> dict:
    client = MlflowClient(f"sqlite:///{project.root}/mlflow.db")
    experiment = client.get_experiment_by_name("facial-keypoints")
    runs = client.search_runs([experiment.experiment_id], max_results=1000)
    return {run.info.run_name: run for run in runs if "mlflow.parentRunId" in run.data.tags}


def test_what_training_needs_is_looked_for_before_anything_runs(ingested_project):
    for params, expected in (
        ("finetune_resnet.weights=no/such.pth", str(ingested_project.root / "no/such.pth")),
        ("finetune_resnet.device=cuda:99", "cuda:99"),
    ):
        result = ingested_project.kedro("run", "--pipelines", "finetune_resnet", "--params", params)
        assert expected in only_error(result)
        assert "Running node" not in result.stderr


def test_every_variant_is_on_the_leaderboard(whole):
    board = leaderboard(whole).query("split == 'test' and subset == 'full'")
    baselines = [*["mean_shape"] * 3, "mean_shape_in_box"]
    assert sorted(board["variant"]) == ["lr_1e-3", "lr_1e-3", "lr_1e-4", "lr_1e-4", "lr_1e-5", *baselines]


def test_mlflow_holds_a_parent_and_five_children_with_equal_metrics_by_epoch(whole):
    runs = children(whole)
    assert set(runs) == CHILDREN
    assert len({run.data.tags["mlflow.parentRunId"] for run in runs.values()}) == 1
    client = MlflowClient(f"sqlite:///{whole.root}/mlflow.db")
    # Of one test person, as in the drawn Danes, there is no interval.
    keys = {frozenset(key for key in run.data.metrics if not key.endswith(("_low", "_high"))) for run in runs.values()}
    assert len(keys) == 1
    for run in runs.values():
        for key in ("train/loss", "val/loss", "val/nme", "val/px"):
            assert [metric.step for metric in client.get_metric_history(run.info.run_id, key)] == [1, 2]
        assert {"test/nme", "test/px", "test/mse"} <= set(run.data.metrics)
        assert float(run.data.params["learning_rate"]) > 0
        assert run.info.status == "FINISHED"


def test_the_leaderboard_and_mlflow_agree(whole):
    board = leaderboard(whole).query("split == 'test' and subset == 'full'").dropna(subset="training_id")
    runs = {run.data.tags["training_id"]: run for run in children(whole).values()}
    assert set(runs) == set(board["training_id"])
    for row in board.itertuples():
        assert runs[row.training_id].data.metrics["test/nme"] == pytest.approx(row.nme)
        assert runs[row.training_id].data.tags["test.manifest"] == row.manifest


def test_the_report_shows_each_task_with_its_figures(whole):
    page = (whole.root / "data" / "08_reporting" / "evaluation.html").read_text(encoding="utf-8")
    for title in ("Nose tip: the Danes", "All points of the face: the Danes", "ResNet-18: iBUG 300-W"):
        assert title in page
    assert page.count("data:image/png;base64,") == 2 + 3 + 3 + 3 * 3  # of tasks, and of the best variant of each


def test_harder_faces_are_measured_for_each_task_and_recorded(whole):
    result = whole.kedro("run", "--pipelines", "robustness")
    assert result.returncode == 0, result.stderr
    reports = whole.root / "data" / "08_reporting"
    boxed = {"box_shift", "box_scale"}
    for task, variants in (("train_nose", 3), ("train_face", 1), ("finetune_resnet", 1)):
        table = pd.read_csv(reports / task / "robustness.csv")
        assert table["variant"].nunique() == variants
        assert table["nme"].notna().all()
        assert boxed & set(table["perturbation"]) == (boxed if task == "finetune_resnet" else set())
        assert {"robustness.png", "perturbed_faces.png"} <= {path.name for path in (reports / task).iterdir()}
    (run,) = (one for one in recorded_runs(whole.root) if one.info.run_name == "robustness")
    tasks = ("train_nose", "train_face", "finetune_resnet")
    figures = {f"figures/{task}/{name}.png" for task in tasks for name in ("robustness", "perturbed_faces")}
    assert artifacts(whole.root, run) == figures | {f"{task}/robustness.csv" for task in tasks}


def test_kedro_viz_shows_seven_boxes_and_previews(whole):
    result = whole.kedro("viz", "build", "--include-previews")
    assert result.returncode == 0, result.stderr
    graph = json.loads((whole.root / "build" / "api" / "main").read_text())
    top = {child["id"] for child in graph["modular_pipelines"]["__root__"]["children"]} & SEVEN
    assert top == SEVEN
    assert graph["layers"] == ["raw", "intermediate", "model_input", "models", "model_output", "reporting"]
    previews = [json.loads(path.read_text()) for path in (whole.root / "build" / "api" / "nodes").iterdir()]
    kinds = [node.get("preview_type") for node in previews if node.get("preview")]
    assert kinds.count("ImagePreview") >= 30
    assert kinds.count("TablePreview") >= 10


def test_an_interrupted_training_is_evaluated_with_its_best_epoch_so_far(whole):
    folder = whole.root / "data" / "06_models" / "train_face" / "lr_1e-3"
    finished = folder / "checkpoint.pt"
    content = torch.load(finished, weights_only=True)
    content["training"]["epochs_done"] = 1
    torch.save(content, folder / "unfinished.pt")
    kept = finished.rename(folder / "kept.pt")
    result = whole.kedro("run", "--pipelines", "evaluate")
    kept.rename(finished)
    (folder / "unfinished.pt").unlink()
    assert "train_face.lr_1e-3 was trained for 1 of 2 epochs only" in result.stderr
    assert "train_face" in set(leaderboard(whole)["pipeline"])


def test_a_broken_checkpoint_is_named(whole):
    path = whole.root / "data" / "06_models" / "train_nose" / "lr_1e-5" / "checkpoint.pt"
    content = path.read_bytes()
    path.write_bytes(content[:500])
    error = only_error(whole.kedro("run", "--pipelines", "evaluate"))
    path.write_bytes(content)
    assert str(path) in error
    assert "train the variant again" in error


def test_without_any_checkpoint_nothing_is_evaluated_and_nothing_overwritten(whole):
    models = whole.root / "data" / "06_models"
    before = leaderboard(whole)
    hidden = models.rename(models.with_name("hidden"))
    error = only_error(whole.kedro("run", "--pipelines", "evaluate"))
    hidden.rename(models)
    assert error.startswith("There is nothing to evaluate")
    assert leaderboard(whole).equals(before)


def test_only_missing_outputs_in_an_empty_workspace_is_one_line(project):
    error = only_error(project.kedro("run", "--pipelines", "train_face", "--only-missing-outputs"))
    assert "danes_augmented is missing" in error
