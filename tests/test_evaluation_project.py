"""Evaluation from the outside, as people use it: what is ranked and what is refused, and networks of earlier runs."""

import copy
import re
import shutil
from base64 import b64encode
from pathlib import Path

import pandas as pd
import pytest
from mlflow.entities import Run

from tests.project import Project, only_error
from tests.tracked_runs import artifacts, recorded_runs

pytestmark = pytest.mark.slow

PREDICT = ("run", "--namespaces", "evaluate.train_nose.lr_1e-3")
RANK = ("run", "--nodes", "evaluate.rank_variants")
NORM = "evaluate.norm=pupils"
SWAPPED = "ingest_danes.split.validation=3,ingest_danes.split.test=2"


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory, drawn_danes) -> Project:
    """Three drawn people, two noses trained on one of them, and their evaluation."""
    folder = tmp_path_factory.mktemp("evaluated")
    (folder / "raw").mkdir()
    (folder / "raw" / "imm_face_db").symlink_to(drawn_danes.folder)
    project = Project(folder / "project", folder / "raw")
    (project.root / "conf" / "local" / "parameters.yml").write_text(
        "ingest_danes: {split: {train: '1', validation: '2', test: '3'}}\n"
        "augment: {views: 1, height: 32, width: 48}\n"
        "train_nose: {epochs: 1}\n"
        "evaluate: {pictures: 4}\n"
    )
    run(project, "run", "--pipelines", "ingest_danes,augment")
    run(project, "run", "--namespaces", "train_nose.lr_1e-3,train_nose.lr_1e-4")
    run(project, "run", "--pipelines", "evaluate")
    return project


@pytest.fixture
def own(evaluated, tmp_path) -> Project:
    """A copy of that project, to be changed."""
    project = copy.copy(evaluated)
    project.root = Path(shutil.copytree(evaluated.root, tmp_path / "project"))
    return project


def run(project: Project, *arguments: str) -> str:
    """What a command that succeeds writes to its log."""
    result = project.kedro(*arguments)
    assert result.returncode == 0, result.stderr
    return result.stderr


def reports(project: Project) -> Path:
    return project.root / "data" / "08_reporting"


def leaderboard(project: Project) -> pd.DataFrame:
    return pd.read_csv(reports(project) / "leaderboard.csv")


def run_named(name: str, project: Project) -> Run:
    """The first run that MLflow holds under that name."""
    return next(one for one in recorded_runs(project.root) if one.info.run_name == name)


def test_each_row_says_how_was_measured(evaluated):
    board = leaderboard(evaluated)
    assert set(board["norm"]) == {"outer_eye_corners"}
    assert set(board["boxes"]) == {"no boxes: whole photographs"}
    assert board.groupby("split")["manifest"].nunique().eq(1).all()
    assert board["manifest"].nunique() == 2  # that of the validation faces, and that of the test faces


def test_the_report_is_one_page_that_holds_its_figures(evaluated):
    page = (reports(evaluated) / "evaluation.html").read_text(encoding="utf-8")
    for figure in ("ced.png", "errors_by_turn.png"):
        png = (reports(evaluated) / "train_nose" / figure).read_bytes()
        assert b64encode(png).decode("ascii") in page
    assert not re.findall(r'(?:src|href)="(?!data:|#)', page)
    assert "Nose tip: the Danes" in page
    assert "iBUG 300-W" not in page  # which is not there


def test_tables_and_the_report_are_recorded(evaluated):
    parent = run_named("evaluate", evaluated)
    tables = {"leaderboard.csv", "error_breakdown.csv", "paired_tests.csv", "evaluation.html"}
    found = artifacts(evaluated.root, parent)
    assert tables <= found
    assert {f"figures/train_nose/{name}.png" for name in ("ced", "errors_by_turn")} <= found


def test_errors_of_another_norm_are_not_ranked_with_the_others(own):
    before = (reports(own) / "leaderboard.csv").read_bytes()
    run(own, *PREDICT, "--params", NORM)
    error = only_error(own.kedro(*RANK))
    assert "differ in 'norm'" in error
    assert "'pupils' of train_nose.lr_1e-3;" in error
    assert re.search(r"'outer_eye_corners' of train_nose\.lr_1e-4, train_nose\.mean_shape", error)
    assert "kedro run --pipelines evaluate" in error
    assert (reports(own) / "leaderboard.csv").read_bytes() == before


def test_errors_on_other_faces_are_not_ranked_with_the_others(own):
    before = (reports(own) / "leaderboard.csv").read_bytes()
    run(own, "run", "--pipelines", "ingest_danes", "--params", SWAPPED)
    run(own, *PREDICT)
    error = only_error(own.kedro(*RANK))
    assert "differ in 'manifest'" in error
    assert re.search(r"' of train_nose\.lr_1e-3[;:]", error)
    assert "' of train_nose.lr_1e-4, train_nose.mean_shape;" in error
    assert (reports(own) / "leaderboard.csv").read_bytes() == before


def test_boxes_of_the_faces_of_before_are_refused(own):
    split = "ingest_danes.split.train=3,ingest_danes.split.test=1"
    run(own, "run", "--pipelines", "ingest_danes", "--params", split)
    error = only_error(own.kedro(*PREDICT))
    assert error.startswith("danes_boxes are not those of danes_faces as they are now")


def test_the_network_of_an_earlier_run_is_a_row_and_its_errors_go_to_that_run(own):
    run_id = run_named("train_nose lr=1e-3", own).info.run_id
    run(own, "run", "--namespaces", "train_nose.lr_1e-3", "--params", "train_nose.seed=1")  # replaces its checkpoint
    run(own, "run", "--pipelines", "evaluate", "--params", f"evaluate.runs={run_id},{NORM}")
    board = leaderboard(own).query("pipeline == 'train_nose' and split == 'test'").set_index("variant")
    assert set(board.index) == {"lr_1e-3", "lr_1e-4", "mean_shape", f"lr_1e-3 (run {run_id[:8]})"}
    row = board.loc[f"lr_1e-3 (run {run_id[:8]})"]
    (again,) = (one for one in recorded_runs(own.root) if one.info.run_id == run_id)
    assert row["training_id"] == again.data.tags["training_id"] != board.loc["lr_1e-3", "training_id"]
    for name in ("nme", "px", "auc_8", "fr_8", "nme_p90"):
        assert again.data.metrics[f"test/{name}"] == pytest.approx(row[name])
    for name in ("norm", "manifest", "points", "crop", "weights", "code"):
        assert again.data.tags[f"test.{name}"] == row[name]
    assert again.data.tags["test.norm"] == "pupils"  # as it was measured last


def test_a_run_without_a_network_is_one_error_with_what_to_give(own):
    parent = run_named("evaluate", own)
    error = only_error(own.kedro("run", "--pipelines", "evaluate", "--params", f"evaluate.runs={parent.info.run_id}"))
    assert error.startswith(f"MLflow run {parent.info.run_id} has no checkpoint/checkpoint.pt")
    assert "the run that trained" in error
    assert len(error.strip().splitlines()) == 1


def test_an_id_that_no_run_can_have_is_refused_before_anything_runs(evaluated):
    result = evaluated.kedro("run", "--pipelines", "ingest_danes", "--params", "evaluate.runs=0123abcd")
    assert "evaluate.runs: found '0123abcd'" in only_error(result)
    assert "Running node" not in result.stderr


def test_harder_faces_are_measured_on_demand_and_recorded(own):
    run(own, "run", "--pipelines", "robustness")
    table = pd.read_csv(reports(own) / "train_nose" / "robustness.csv")
    assert set(table["variant"]) == {"lr_1e-3", "lr_1e-4"}
    plain = table.query("perturbation == 'rotation' and level == 0").set_index("variant")["nme"]
    board = leaderboard(own).query("split == 'test'").set_index("variant")["nme"]
    assert plain.to_dict() == pytest.approx(board[plain.index].to_dict())
    parent = recorded_runs(own.root)[-1]
    figures = {f"figures/train_nose/{name}.png" for name in ("robustness", "perturbed_faces")}
    assert {"train_nose/robustness.csv", *figures} <= artifacts(own.root, parent)
