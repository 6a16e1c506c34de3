import os
from pathlib import Path

import pytest
from kedro.io import DataCatalog
from kedro.pipeline import Node
from kedro_datasets.text import TextDataset

from facial_keypoints.sweep.run import is_drawn

DRAW = Node(abs, "t.a.checkpoint", "t.a.figure", name="draw")


@pytest.fixture
def catalog(tmp_path: Path) -> DataCatalog:
    """A checkpoint and the figure that was made of it a second later."""
    catalog = DataCatalog(
        {name: TextDataset(filepath=str(tmp_path / name)) for name in ("t.a.checkpoint", "t.a.figure")}
    )
    for second, name in enumerate(("t.a.checkpoint", "t.a.figure")):
        catalog.save(name, "")
        os.utime(tmp_path / name, (second, 1000 + second))
    return catalog


def test_a_figure_of_the_present_checkpoint_is_not_drawn_again(catalog):
    assert is_drawn(DRAW, catalog)


def test_a_figure_that_is_missing_is_drawn(catalog, tmp_path):
    (tmp_path / "t.a.figure").unlink()
    assert not is_drawn(DRAW, catalog)


def test_a_figure_of_an_earlier_checkpoint_is_drawn_anew(catalog, tmp_path):
    os.utime(tmp_path / "t.a.checkpoint", (0, 1002))
    assert not is_drawn(DRAW, catalog)
