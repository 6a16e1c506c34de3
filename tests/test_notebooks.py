"""Every notebook runs from top to bottom on drawn faces, with what a run of all pipelines has left there."""

import os

import nbformat
import pytest
from nbclient import NotebookClient

from tests.project import PROJECT, Project

NOTEBOOKS = sorted((PROJECT / "notebooks").glob("*.ipynb"))
NO_BARS = "TqdmWarning: IProgress not found"  # MLflow's progress bars in notebooks would need ipywidgets
EVERY_NOTEBOOK = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


@pytest.mark.slow
@EVERY_NOTEBOOK
def test_the_notebook_runs_from_top_to_bottom_and_draws(whole_project: Project, path, monkeypatch):
    for variable in set(os.environ) | set(whole_project.environment):
        if variable in whole_project.environment:
            monkeypatch.setenv(variable, whole_project.environment[variable])
        else:
            monkeypatch.delenv(variable)
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(whole_project.root)}}).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert any("image/png" in output.get("data", {}) for output in outputs)
    said = "".join(output["text"] for output in outputs if output.get("name") == "stderr")
    assert "Warning" not in said.replace(NO_BARS, "")


@EVERY_NOTEBOOK
def test_the_notebook_is_kept_without_its_outputs(path):
    cells = nbformat.read(path, as_version=4).cells
    assert not [cell for cell in cells if cell.get("outputs") or cell.get("execution_count")]


@EVERY_NOTEBOOK
def test_the_notebook_reads_through_the_catalog(path):
    code = "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code")
    assert code.startswith("%load_ext kedro.ipython")
    assert "catalog.load(" in code


def test_there_are_notebooks():
    assert NOTEBOOKS
