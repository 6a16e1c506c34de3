"""Every notebook runs from top to bottom on drawn faces."""

import os

import nbformat
import pytest
from nbclient import NotebookClient

from tests.project import PROJECT

NOTEBOOKS = sorted((PROJECT / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_notebook_runs_from_top_to_bottom(ingested_project, path, monkeypatch):
    for variable in set(os.environ) | set(ingested_project.environment):
        if variable in ingested_project.environment:
            monkeypatch.setenv(variable, ingested_project.environment[variable])
        else:
            monkeypatch.delenv(variable)
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(ingested_project.root)}}).execute()
    pictures = [
        output for cell in notebook.cells for output in cell.get("outputs", []) if "image/png" in output.get("data", {})
    ]
    assert pictures


def test_there_are_notebooks():
    assert NOTEBOOKS
