"""`export` as somebody runs it, and what it says where something is missing."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from tests.project import Project, only_error


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, ingested_project: Project) -> Project:
    """A project with drawn faces and a network that has learnt from them for an epoch; 300-W's faces are not there."""
    project = Project(tmp_path_factory.mktemp("export") / "project", ingested_project.root.parent / "raw")
    shutil.copytree(ingested_project.root / "data" / "02_intermediate", project.root / "data" / "02_intermediate")
    shutil.rmtree(project.root / "data" / "02_intermediate" / "ibug_faces")
    shutil.copy(ingested_project.root / "conf" / "local" / "parameters.yml", project.root / "conf" / "local")
    given = ("--pipelines", "augment,train_nose", "--namespaces", "augment,train_nose.lr_1e-3")
    result = project.kedro("run", *given, "--params", "train_nose.epochs=1")
    assert result.returncode == 0, result.stderr
    return project


@pytest.mark.slow
def test_what_is_trained_is_exported_and_the_example_beside_it_runs(trained):
    result = trained.kedro("run", "--pipelines", "export")
    assert result.returncode == 0, result.stderr
    assert "Warning" not in result.stderr
    models = trained.root / "data" / "06_models" / "train_nose"
    assert [folder.name for folder in models.iterdir()] == ["lr_1e-3"]
    exported = models / "lr_1e-3" / "exported"
    about = json.loads((exported / "model.json").read_text())
    assert about["network"] == "train_nose.lr_1e-3"
    assert set(about["files"]) >= {"model.onnx", "model.pt2"}
    table = pd.read_csv(trained.root / "data" / "08_reporting" / "train_nose" / "lr_1e-3" / "exported_files.csv")
    assert (table.loc[table["file"] != "model_int8.onnx", "largest_input_px"] < 1e-3).all()
    photograph = next(Path(trained.environment["FACIAL_KEYPOINTS_RAW"], "imm_face_db").glob("*.jpg"))
    run = subprocess.run(
        [sys.executable, str(exported / "example.py"), str(photograph)], capture_output=True, text=True, check=True
    )
    assert len(run.stdout.split()) == 2


def test_where_nothing_is_trained_there_is_nothing_to_export(ingested_project):
    error = only_error(ingested_project.kedro("run", "--namespaces", "export.train_face.best"))
    assert "There is nothing to export: train_face.best.checkpoint" in " ".join(error.split())


def test_faces_that_a_network_is_compared_on_are_asked_for(trained):
    faces = trained.root / "data" / "02_intermediate" / "danes_faces"
    aside = faces.rename(faces.with_name("aside"))
    try:
        error = only_error(trained.kedro("run", "--namespaces", "export.train_nose.lr_1e-3"))
    finally:
        aside.rename(faces)
    assert "danes_faces is missing: kedro run --pipelines ingest_danes" in " ".join(error.split())
