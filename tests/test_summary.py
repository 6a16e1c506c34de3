"""What a run says when it is done."""

import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from kedro.io import DataCatalog
from kedro.pipeline import Node, Pipeline
from kedro_datasets.pandas import CSVDataset

from facial_keypoints import summary
from facial_keypoints.summary import folders, made_files, program, tracking_page
from facial_keypoints.table_text import interval_text
from facial_keypoints.tracking.store import open_store
from tests.project import Project

NOW = time.time()


def table(*nmes: float) -> pd.DataFrame:
    return pd.DataFrame({"epoch": range(1, 1 + len(nmes)), "val/nme": nmes, "val/px": nmes})


def saved(folder: Path, **tables: pd.DataFrame) -> DataCatalog:
    """A catalog whose datasets lie in `08_reporting` and hold these tables; `__` stands for a dot in their names."""
    names = {name.replace("__", "."): table for name, table in tables.items()}
    catalog = DataCatalog({name: CSVDataset(filepath=str(folder / "08_reporting" / f"{name}.csv")) for name in names})
    for name, content in names.items():
        catalog.save(name, content)
    return catalog


def makes(*names: str, namespace: str | None = None) -> Pipeline:
    """A pipeline of one node."""
    return Pipeline([Node(lambda: 0, None, list(names), name="make", namespace=namespace)])


def said(pipeline: Pipeline, catalog: DataCatalog, folder: Path, env: str | None = None) -> str:
    return summary.summary(pipeline, catalog, folder, env, since=NOW)


def test_trained_variants_are_listed_by_their_kept_epoch_and_evaluation_is_proposed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    checkpoint, history = "train_nose.lr_1e-3.checkpoint", "train_nose.lr_1e-3.history"
    catalog = saved(tmp_path, **{history: table(9, 5, 7)})
    text = said(makes(checkpoint, history, namespace="train_nose.lr_1e-3"), catalog, tmp_path, env="sample")
    assert ["train_nose", "lr_1e-3", "5", "5", "2", "of", "3"] in [line.split() for line in text.splitlines()]
    assert "run --pipelines evaluate --env sample" in text
    assert "experiment facial-keypoints-sample" in text


def test_what_a_variant_has_one_of_is_named_for_each(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = ["train_nose.best.lr_find", "train_nose.lr_1e-3.lr_find", "own_samples"]
    text = said(makes(*names), saved(tmp_path, **dict.fromkeys(names, table(1))), tmp_path)
    (rates,) = [line for line in text.splitlines() if line.startswith("  learning rates ")]
    assert rates.split()[2:] == [f"08_reporting/{names[0]}.csv,", f"08_reporting/{names[1]}.csv"]
    assert "  faces that were read  08_reporting/own_samples.csv" in text


def test_an_evaluation_shows_the_test_rows_of_the_leaderboard(tmp_path):
    row = {"pipeline": "train_nose", "variant": "lr_1e-3", "split": "test", "subset": "full", "faces": 48}
    row |= {"nme": 5.04, "nme_low": 4.41, "nme_high": 5.72, "auc_8": 43.2, "fr_8": 12.0, "px": 6.31}
    board = pd.DataFrame([row, row | {"split": "train", "variant": "not shown"}])
    text = said(makes("leaderboard", namespace="evaluate"), saved(tmp_path, leaderboard=board), tmp_path)
    assert interval_text(5.04, 4.41, 5.72, 2) in text
    assert "not shown" not in text
    text = said(makes("leaderboard", namespace="evaluate"), saved(tmp_path, leaderboard=board[1:]), tmp_path)
    assert "No test face has landmarks" in text


def test_of_own_pictures_it_says_what_was_found_and_where_to_see_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = [("a.jpg", None, 640), ("a.jpg", None, 640), ("b.jpg", "no face found", 640), ("c.txt", "no picture", None)]
    faces = pd.DataFrame(rows, columns=["file", "reason", "width"])
    catalog = saved(tmp_path, my_faces=faces, my_faces_csv=faces, my_pictures_sheet=table(1))
    text = said(makes("my_faces", "my_faces_csv", "my_pictures_sheet", namespace="predict"), catalog, tmp_path)
    assert "In your own pictures: faces: 2, in 1 of 2 pictures; without: 1; not read: 0; no pictures: 1\n" in text
    lines = [line.split() for line in text.splitlines()]
    assert ["faces", "on", "one", "sheet", "08_reporting/my_pictures_sheet.csv"] in lines
    assert ["faces", "as", "a", "table", "08_reporting/my_faces_csv.csv"] in lines


def test_ingesting_shows_its_files_and_nothing_of_mlflow(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = said(makes("danes_report", namespace="ingest_danes"), saved(tmp_path, danes_report=table(1)), tmp_path)
    assert "  08_reporting  danes_report.csv" in text
    assert "mlflow" not in text


def test_only_what_was_written_since_the_start_counts(tmp_path):
    catalog = saved(tmp_path, old=table(1))
    assert made_files(makes("old"), catalog, since=time.time() + 60) == {}
    assert set(made_files(makes("old"), catalog, since=NOW)) == {"old"}
    later = summary.summary(makes("old"), catalog, tmp_path, None, since=time.time() + 60)
    assert later.strip() == "Nothing was left to do: all results are there."


def test_a_layer_names_three_files_and_counts_the_rest(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = {name: tmp_path / "data/08_reporting" / name for name in ("a.csv", "b.csv", "n/c.png", "n/m/d.png")}
    made |= {"e": tmp_path / "data/02_intermediate/e"}
    assert [line.split(maxsplit=1) for line in folders(made)] == [
        ["data/02_intermediate", "e"],
        ["data/08_reporting", "a.csv, b.csv, n/c.png and 1 more"],
    ]


@pytest.mark.parametrize(
    ("uri", "told"),
    [
        ("", "ui, then http"),
        ("sqlite:///mlflow.db", "ui, then http"),
        ("sqlite:////elsewhere/runs.db", "ui --backend-store-uri sqlite:////elsewhere/runs.db, then http"),
        ("http://name:secret@server:5000", "http://name:***@server:5000, experiment facial-keypoints"),
        ("postgresql://name:secret@server/runs", "ui --backend-store-uri postgresql://name:***@server/runs, then"),
    ],
)
def test_the_page_of_mlflow_is_where_runs_are_recorded(tmp_path, monkeypatch, uri, told):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    monkeypatch.chdir(tmp_path)
    assert told in tracking_page(tmp_path, None)


def test_mlflow_is_opened_at_the_list_of_training_runs(tracked, monkeypatch):
    monkeypatch.chdir(tracked)
    number = open_store(tracked, "sample").experiment_id
    page = f"http://127.0.0.1:5000/#/experiments/{number}/runs?workflowType=machine_learning"
    assert tracking_page(tracked, "sample").endswith(f"mlflow ui, then {page}")
    assert tracking_page(tracked, None).endswith("http://127.0.0.1:5000, experiment facial-keypoints")  # no runs yet


def test_a_store_that_cannot_be_read_is_named_all_the_same(tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mlflow.db").write_bytes(b"no database" * 100)
    assert tracking_page(tmp_path, None).endswith("http://127.0.0.1:5000, experiment facial-keypoints")
    (tmp_path / "mlflow.db").unlink()
    tracking_page(tmp_path, None)
    assert not (tmp_path / "mlflow.db").exists()


def test_from_another_folder_the_store_is_named(tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(tmp_path)
    assert f"--backend-store-uri sqlite:///{tmp_path}/project/mlflow.db" in tracking_page(tmp_path / "project", None)


def test_a_command_has_its_folder_unless_the_environment_is_activated(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    commands = tmp_path / ".venv" / "bin"
    commands.mkdir(parents=True)
    (commands / "kedro").touch(mode=0o755)
    monkeypatch.setattr(sys, "executable", str(commands / "python"))
    assert program("kedro") == ".venv/bin/kedro"
    monkeypatch.setenv("PATH", str(commands))
    assert program("kedro") == "kedro"


def test_kedro_run_ends_with_it(danes_project: Project):
    result = danes_project.kedro("run", "--pipelines", "ingest_danes")
    assert result.returncode == 0, result.stderr
    assert "Made by this run:" in result.stdout
    assert "data/02_intermediate" in result.stdout
