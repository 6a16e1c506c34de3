import os
import shutil

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from facial_keypoints import ingested_images
from facial_keypoints.datasets.archive import Archive
from facial_keypoints.geometry import cut, scaling
from facial_keypoints.ingested_images import crops, whole_in_grey
from facial_keypoints.photographs import read_photograph, read_reduced, to_grey


@pytest.fixture
def archive(drawn_danes, tmp_path) -> Archive:
    for name in drawn_danes.names(".jpg")[:2]:
        shutil.copy(drawn_danes / name, tmp_path)
    return Archive(tmp_path)


def test_whole_photographs_are_in_grey(archive):
    files = archive.names(".jpg")
    images = whole_in_grey(archive, files, (480, 640))
    assert_array_equal(images[1], to_grey(read_photograph(archive / files[1])))


def test_crops_are_cut_from_pictures_as_small_as_they_allow(archive):
    files = archive.names(".jpg")
    matrix = scaling(4, 4)
    images = crops(archive, files, np.stack([matrix, matrix]), (100, 120))
    whole = cut(read_reduced(archive / files[0], shrink=1)[0], matrix, (100, 120))
    assert images.shape == (2, 100, 120, 3)
    assert np.abs(images[0].astype(int) - whole).mean() < 2  # JPEG's own shrinking is another filter


def keys_after(change, archive) -> tuple[str, str]:
    def key() -> str:
        return crops(archive, archive.names(".jpg"), np.stack([scaling(4, 4)] * 2), (100, 120)).key

    before = key()
    change(archive / archive.names(".jpg")[0])
    return before, key()


def test_the_same_photographs_have_the_same_key(archive):
    before, after = keys_after(lambda path: None, archive)
    assert before == after


@pytest.mark.parametrize(
    "change",
    [
        lambda path: os.utime(path, (1, 1)),
        lambda path: path.write_bytes(path.read_bytes() + b"more"),
        lambda path: path.rename(path.with_name("00-1m.jpg")),
    ],
    ids=["time", "size", "name"],
)
def test_a_changed_photograph_changes_the_key(archive, change):
    before, after = keys_after(change, archive)
    assert before != after


def test_other_crops_have_another_key(archive):
    files = archive.names(".jpg")
    maps = np.stack([scaling(4, 4)] * 2)
    keys = {crops(archive, files, *given).key for given in ((maps, (9, 9)), (maps * 2, (9, 9)), (maps, (9, 8)))}
    assert len(keys) == 3


def test_changed_code_changes_the_key(archive, monkeypatch):
    def change(path):
        monkeypatch.setattr(ingested_images.inspect, "getsource", lambda module: "other code")

    before, after = keys_after(change, archive)
    assert before != after
