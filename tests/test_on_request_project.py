"""Variants on request as somebody runs them: not trained unless named, and evaluated wherever they are trained."""

import copy
import shutil
from pathlib import Path

import pandas as pd
import pytest

from tests.project import Project, only_error
from tests.tracked_runs import recorded_runs


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory, drawn_danes) -> Project:
    """Three drawn people, an ordinary nose and one on request, and one run of all that this takes."""
    folder = tmp_path_factory.mktemp("on_request")
    (folder / "raw").mkdir()
    (folder / "raw" / "imm_face_db").symlink_to(drawn_danes.folder)
    project = Project(folder / "project", folder / "raw")
    (project.root / "conf" / "local" / "parameters.yml").write_text(
        "ingest_danes: {split: {train: '1', validation: '2', test: '3'}}\n"
        "augment: {views: 1, height: 32, width: 48}\n"
        "train_nose: {epochs: 1, best: {epochs: 1}}\n"
        "evaluate: {pictures: 4}\n"
    )
    project.log = run(project, "run", "--pipelines", "ingest_danes,augment,train_nose,evaluate")
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


def ranked(project: Project) -> set[str]:
    return set(pd.read_csv(project.root / "data" / "08_reporting" / "leaderboard.csv")["variant"])


def models(project: Project) -> set[str]:
    return {path.name for path in (project.root / "data" / "06_models" / "train_nose").iterdir()}


NOSES = {"lr_1e-3", "lr_1e-4", "lr_1e-5"}


@pytest.mark.slow
def test_a_run_that_does_not_name_it_neither_trains_nor_misses_it(evaluated):
    assert models(evaluated) == NOSES
    assert ranked(evaluated) == NOSES | {"mean_shape"}
    (warning,) = [line for line in evaluated.log.splitlines() if "left out of the evaluation, being missing" in line]
    assert "finetune_resnet.lr_1e-4.checkpoint" in warning
    assert "best" not in warning  # unlike an ordinary one


@pytest.mark.slow
def test_named_it_is_trained_tracked_and_then_evaluated(own):
    run(own, "run", "--namespaces", "train_nose.best")
    assert models(own) == NOSES | {"best"}
    parent, child = recorded_runs(own.root)[-2:]
    assert (parent.data.tags["namespaces"], parent.info.status) == ("train_nose.best", "FINISHED")
    assert (child.info.run_name, child.info.status) == ("train_nose best", "FINISHED")
    assert child.data.tags["mlflow.parentRunId"] == parent.info.run_id

    run(own, "run", "--pipelines", "train_nose,evaluate", "--only-missing-outputs", "--runner", "ThreadRunner")
    assert (own.root / "data" / "07_model_output" / "train_nose" / "best" / "predictions.parquet").is_file()
    run(own, "run", "--pipelines", "evaluate")
    assert ranked(own) == NOSES | {"best", "mean_shape"}


@pytest.mark.slow
def test_only_missing_outputs_does_not_miss_it(own):
    log = run(own, "run", "--pipelines", "ingest_danes,augment,train_nose,evaluate", "--only-missing-outputs")
    assert "Skipping all" in log


@pytest.mark.slow
def test_what_it_has_not_made_is_missing_with_the_command_that_makes_it(own):
    how = "kedro run --namespaces train_nose.best"
    error = only_error(own.kedro("run", "--pipelines", "train_nose", "--nodes", "train_nose.best.draw_first_kernels"))
    assert error.strip() == f"train_nose.best.checkpoint is missing: {how}"
    error = only_error(own.kedro("run", "--namespaces", "evaluate.train_nose.best"))
    assert error.strip().startswith("There is nothing to evaluate: train_nose.best.checkpoint")
    assert error.strip().endswith(f"Train a variant first: {how}")


@pytest.mark.slow
def test_where_all_of_a_pipeline_runs_on_request_the_error_says_how(own):
    error = only_error(own.kedro("run", "--pipelines", "train_face", "--params", "train_face.on_request=true"))
    assert error.strip() == (
        "train_face.best, train_face.lr_1e-3: on request only, and nothing else is asked for. "
        "To run it: kedro run --namespaces train_face.best,train_face.lr_1e-3"
    )
