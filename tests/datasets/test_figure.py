from io import BytesIO

import pytest
from kedro.io import DatasetError
from matplotlib.figure import Figure
from PIL import Image

from facial_keypoints.datasets.figure import FigureDataset


def drawn() -> Figure:
    figure = Figure(figsize=(3, 2), dpi=100)
    figure.add_subplot().plot([1, 2])
    return figure


def test_a_figure_is_loaded_as_the_bytes_of_its_file(tmp_path):
    dataset = FigureDataset(filepath=str(tmp_path / "curve.png"), save_args={"dpi": 100})
    dataset.save(drawn())
    content = dataset.load()
    assert content == (tmp_path / "curve.png").read_bytes()
    assert Image.open(BytesIO(content)).size == (300, 200)


def test_a_figure_that_is_not_there_is_no_bytes(tmp_path):
    dataset = FigureDataset(filepath=str(tmp_path / "curve.png"))
    assert not dataset.exists()
    with pytest.raises(DatasetError):
        dataset.load()
