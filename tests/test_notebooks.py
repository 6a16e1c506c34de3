"""Every notebook runs from top to bottom on drawn faces."""

import os

import nbformat
import pytest
from nbclient import NotebookClient

from tests.conftest import PROJECT
from tests.test_project import Project

NOTEBOOKS = sorted((PROJECT / "notebooks").glob("*.ipynb"))


@pytest.fixture(scope="module")
def drawn_project(tmp_path_factory, drawn_danes, drawn_ibug) -> Project:
    """A project whose data sets are drawn and small, ingested."""
    folder = tmp_path_factory.mktemp("notebooks")
    raw = folder / "raw"
    raw.mkdir()
    (raw / "imm_face_db").symlink_to(drawn_danes.folder)
    (raw / "ibug_300W_large_face_landmark_dataset").symlink_to(drawn_ibug.folder)
    project = Project(folder / "project", raw)
    (project.root / "conf" / "local" / "parameters.yml").write_text(
        "ingest_danes: {split: {train: '1', validation: '2', test: '3'}}\n"
        "ingest_ibug: {validation_fraction: 0.2, crop: {size: 96}}\n"
        "augment: {views: 2}\n"
    )
    result = project.kedro("run", "--pipelines", "ingest_danes,ingest_ibug,augment")
    assert result.returncode == 0, result.stderr
    return project


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_notebook_runs_from_top_to_bottom(drawn_project, path, monkeypatch):
    for variable in set(os.environ) | set(drawn_project.environment):
        if variable in drawn_project.environment:
            monkeypatch.setenv(variable, drawn_project.environment[variable])
        else:
            monkeypatch.delenv(variable)
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(drawn_project.root)}}).execute()
    pictures = [
        output for cell in notebook.cells for output in cell.get("outputs", []) if "image/png" in output.get("data", {})
    ]
    assert pictures


def test_there_are_notebooks():
    assert NOTEBOOKS
