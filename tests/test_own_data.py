"""docs/own_data.md, as a reader would follow it."""

import re
import shutil

import numpy as np
import pandas as pd
import pytest

from facial_keypoints.landmarks import IBUG_68, load_scheme
from facial_keypoints.point_table import keypoints_of
from tests.project import PROJECT, Project, only_error

DOCUMENT = (PROJECT / "docs" / "own_data.md").read_text()
WALK_THROUGH = DOCUMENT.partition("## Formats")[0]


def blocks(language: str, text: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def walked(tmp_path_factory) -> Project:
    """A project in which every command of the walk-through has been run."""
    project = Project(tmp_path_factory.mktemp("own") / "project")
    (project.root / "docs").mkdir()
    shutil.copy(PROJECT / "docs" / "five_faces.py", project.root / "docs")
    (settings,) = blocks("yaml", WALK_THROUGH)
    (project.root / "conf" / "local" / "parameters.yml").write_text(settings)
    for block in blocks("bash", WALK_THROUGH):
        for line in block.splitlines():
            result = project.shell(line)
            assert result.returncode == 0, f"{line}\n{result.stdout}\n{result.stderr}"
    return project


@pytest.mark.slow
def test_five_pictures_and_a_csv_become_faces_and_a_report(walked):
    reports = walked.root / "data" / "08_reporting"
    assert {"own_samples.png", "own_report.png", "own_report.csv", "own_noted_faces.csv"} <= {
        path.name for path in reports.iterdir()
    }
    report = pd.read_csv(reports / "own_report.csv").set_index("item")["value"]
    assert report["faces"] == "5"
    faces = pd.read_parquet(walked.root / "data/02_intermediate/own_faces/table.parquet")
    assert sorted(faces["split"]) == ["test", "train", "train", "train", "validation"]


@pytest.mark.slow
def test_they_become_a_network_and_its_predictions(walked):
    assert (walked.root / "data/06_models/finetune_resnet/mine/checkpoint.pt").is_file()
    table = pd.read_parquet(walked.root / "data/07_model_output/finetune_resnet/mine/predictions.parquet")
    truth = pd.read_csv(walked.root / "data/01_raw/own/faces.csv", index_col="file")
    assert set(table["name"] + ".jpg") < set(truth.index)
    predicted, true = (keypoints_of(points, IBUG_68) for points in (table, truth.loc[table["name"] + ".jpg"]))
    sizes = np.linalg.norm(true[:, 36] - true[:, 45], axis=-1)
    assert (np.linalg.norm(predicted - true, axis=-1).mean(axis=1) / sizes < 0.5).all()  # on the face, at least
    board = pd.read_csv(walked.root / "data/08_reporting/leaderboard.csv")
    assert set(board["variant"]) == {"mine", "mean_shape", "mean_shape_in_box"}
    assert set(board["data_set"]) == {"own"}


@pytest.mark.slow
def test_the_pictures_of_the_predictions_are_where_the_document_says(walked):
    made = {path.name for path in (walked.root / "data/08_reporting/finetune_resnet/mine").iterdir()}
    assert {f"{kind}_predictions.png" for kind in ("good", "typical", "failed", "unlabelled")} <= made


@pytest.mark.slow
def test_a_network_is_not_replaced_by_one_of_another_data_set(walked):
    error = only_error(walked.kedro("run", "--namespaces", "finetune_resnet.mine", "--params", _learn_ibug(walked)))
    assert error.startswith("finetune_resnet.mine has learnt from own, and training it on ibug would replace that.")


def _learn_ibug(project: Project) -> str:
    """The parameter that lets `mine` learn from ibug, whose faces are there: the sample's."""
    sample, faces = project.root / "data/sample", project.root / "data/02_intermediate/ibug_faces"
    if not faces.exists():
        result = project.kedro("run", "--env", "sample", "--pipelines", "ingest_ibug")
        assert result.returncode == 0, result.stderr
        shutil.copytree(sample / "02_intermediate/ibug_faces", faces)
    return "finetune_resnet.mine.data_set=ibug"


@pytest.mark.slow
def test_boxes_without_points_are_refused_for_training_and_predicted(walked):
    own = walked.root / "data/01_raw/own"
    boxes = walked.root / "data/01_raw/boxes"
    boxes.mkdir()
    table = pd.read_csv(own / "faces.csv")
    for file in table["file"]:
        shutil.copy(own / file, boxes)
    table.loc[:, table.columns.str.fullmatch(r"[xy]\d\d")] = np.nan
    table.to_csv(boxes / "faces.csv", index=False)
    folder = "ingest_own.folder=data/01_raw/boxes"
    refused = walked.kedro("run", "--pipelines", "ingest_own,finetune_resnet", "--params", f"{folder}{_anew()}")
    assert "found no train faces, only {'unlabelled': 5}" in only_error(refused)
    predicted = walked.kedro("run", "--pipelines", "ingest_own,evaluate", "--params", folder)
    assert predicted.returncode == 0, predicted.stderr
    predictions = pd.read_parquet(walked.root / "data/07_model_output/finetune_resnet/mine/predictions.parquet")
    assert list(predictions["split"].unique()) == ["unlabelled"]
    assert np.isfinite(keypoints_of(predictions, IBUG_68)).all()


def _anew() -> str:
    """Parameters that train a variant of another name on own faces."""
    return ",finetune_resnet.data_set=own,finetune_resnet.weights=none"


def test_the_documents_scheme_is_the_one_that_is_shipped(tmp_path):
    example = next(block for block in blocks("yaml", DOCUMENT) if "name: face_5" in block)
    (tmp_path / "face_5.yml").write_text(example)
    shipped = load_scheme(PROJECT / "conf" / "schemes" / "face_5.yml")
    assert load_scheme(tmp_path / "face_5.yml") == shipped
