import json

import pytest
from kedro.io import DatasetError
from PIL import Image

from facial_keypoints.datasets.own_video import OwnVideoDataset


def test_a_folder_is_loaded_shown_and_never_written(tmp_path):
    Image.new("L", (8, 8)).save(tmp_path / "a.png")
    dataset = OwnVideoDataset(filepath=str(tmp_path))
    dataset.require()
    assert [frame.file for frame in dataset.load().frames(rate=30)] == ["a.png"]
    assert json.loads(dataset.preview())["frames"] == 1
    with pytest.raises(DatasetError, match="somebody's own video"):
        dataset.save([])


def test_what_is_missing_is_told_with_what_to_do(tmp_path):
    with pytest.raises(DatasetError, match=r"there is no folder or file .*none\. Name the folder .* --params frames="):
        OwnVideoDataset(filepath=str(tmp_path / "none")).load()
