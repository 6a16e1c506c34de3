"""`kedro sweep` from the outside: killed, started again, and what it leaves."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from mlflow import MlflowClient
from mlflow.entities import Run

from tests.project import COMMAND, Project, only_error

RATES = ("1e-2", "1e-3", "1e-4", "1e-5")
EPOCHS = 20
SWEEP = ("sweep", "train_nose", *RATES, "--params", f"epochs={EPOCHS}")


@pytest.fixture
def ready(ingested_project: Project, tmp_path: Path) -> Project:
    """A project with small drawn faces, ingested and augmented, and nothing trained."""
    project = Project(tmp_path / "project", Path(ingested_project.environment["FACIAL_KEYPOINTS_RAW"]))
    for folder in ("conf/local", "data"):
        shutil.copytree(ingested_project.root / folder, project.root / folder, dirs_exist_ok=True)
    for layer in ("06_models", "07_model_output", "08_reporting"):  # other tests may have trained in that project
        shutil.rmtree(project.root / "data" / layer, ignore_errors=True)
    return project


def kill_in(project: Project, variant: str) -> None:
    """Start the sweep and SIGKILL it when that variant has begun to train."""
    sweep = subprocess.Popen(
        [*COMMAND, *SWEEP], cwd=project.root, env=project.environment, stderr=subprocess.PIPE, text=True
    )
    assert sweep.stderr is not None
    try:
        next(line for line in sweep.stderr if f"{variant} epoch 1/" in line)
    finally:
        sweep.kill()
        sweep.communicate()


def checkpoint(project: Project, rate: str) -> Path:
    return project.root / "data/06_models/train_nose" / f"lr_{rate}" / "checkpoint.pt"


def runs(project: Project) -> tuple[list[Run], list[Run]]:
    """The sweeps' runs in MLflow, and the trainings."""
    client = MlflowClient(f"sqlite:///{project.root}/mlflow.db")
    experiment = client.get_experiment_by_name("facial-keypoints")
    assert experiment is not None
    found = client.search_runs([experiment.experiment_id])
    return [run for run in found if "sweep" in run.data.tags], [run for run in found if "variant" in run.data.tags]


@pytest.mark.slow
def test_a_sweep_killed_after_two_rates_goes_on_with_the_other_two(ready):
    kill_in(ready, "train_nose.lr_1e-4")
    before = {rate: checkpoint(ready, rate).read_bytes() for rate in RATES[:2]}
    assert not checkpoint(ready, RATES[2]).exists()
    overlay = ready.root / "data/08_reporting/train_nose/comparison.png"
    assert not overlay.exists()

    again = ready.kedro(*SWEEP)
    assert again.returncode == 0, again.stderr
    assert "sweep of train_nose: 4 learning rates, 2 complete, 2 to train" in again.stderr
    assert set(re.findall(r"train_nose\.(\S+) epoch 1/", again.stderr)) == {"lr_1e-4", "lr_1e-5"}
    assert {rate: checkpoint(ready, rate).read_bytes() for rate in RATES[:2]} == before
    assert all(checkpoint(ready, rate).is_file() for rate in RATES)
    assert overlay.is_file()
    assert re.search(r"^Best by validation: learning rate \S+ \(train_nose\.lr_1e-\d\)", again.stdout, re.MULTILINE)

    sweeps, trainings = runs(ready)
    (parent,) = sweeps
    assert (parent.info.run_name, parent.info.status) == ("sweep train_nose", "FINISHED")
    assert {run.data.tags["mlflow.parentRunId"] for run in trainings} == {parent.info.run_id}
    assert sorted((run.data.tags["variant"], run.info.status) for run in trainings) == [
        ("lr_1e-2", "FINISHED"),
        ("lr_1e-3", "FINISHED"),
        ("lr_1e-4", "FINISHED"),
        ("lr_1e-4", "KILLED"),
        ("lr_1e-5", "FINISHED"),
    ]
    artifacts = ready.root / "mlartifacts" / parent.info.run_id / "artifacts"
    assert len(list(artifacts.rglob("comparison.png"))) == 1
    assert "| 0.0001 |" in parent.data.tags["mlflow.note.content"]

    other = ready.kedro("sweep", "train_nose", "1e-3", "1", "--params", "epochs=1")
    assert other.returncode == 0, other.stderr
    assert f"train_nose.lr_1e-3: trained with other options: epochs was {EPOCHS}, is 1" in other.stderr
    assert len(runs(ready)[0]) == 2
    assert not re.search(r"1e-2|0\.01", other.stdout)


def test_a_sweep_without_data_says_how_to_make_them(danes_project):
    error = only_error(danes_project.kedro("sweep", "train_nose", "1e-3"))
    assert error.strip() == (
        "danes_augmented is missing: kedro run --pipelines ingest_danes,augment --only-missing-outputs"
    )
    assert not (danes_project.root / "mlflow.db").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["train_nose", "2"], "found learning rates [2.0]; expected numbers above 0, at most 1"),
        (["train_nose", "1e-3", "--params", "epoch=3"], "did you mean epochs?"),
    ],
)
def test_impossible_rates_and_options_are_refused(project, arguments, told):
    assert told in only_error(project.kedro("sweep", *arguments))
