from dataclasses import replace

import numpy as np
import pytest

from facial_keypoints.datasets.face_set import FaceSetDataset
from facial_keypoints.faces import FaceSet
from facial_keypoints.fingerprint import fingerprint
from facial_keypoints.geometry import Crop
from tests.faces import spot_faces

TRAINING, TEST = 0, 35  # rows of spot_faces


def with_pixel(row: int) -> FaceSet:
    images = spot_faces().images.copy()
    images[row, 0, 0] ^= 1
    return replace(spot_faces(), images=images)


def with_point(row: int) -> FaceSet:
    keypoints = spot_faces().keypoints.copy()
    keypoints[row, 0, 0] += 0.25
    return replace(spot_faces(), keypoints=keypoints)


def with_split(row: int) -> FaceSet:
    table = spot_faces().table.copy()
    table.loc[row, ["group", "split"]] = ["someone else", "validation"]
    return replace(spot_faces(), table=table)


def test_the_same_faces_have_the_same_fingerprint_also_from_disk(tmp_path):
    dataset = FaceSetDataset(filepath=str(tmp_path / "faces"))
    dataset.save(spot_faces())
    assert fingerprint(dataset.load()) == fingerprint(spot_faces())


@pytest.mark.parametrize(
    "changed",
    [
        with_pixel(TRAINING),
        with_point(TRAINING),
        with_split(TRAINING),
        with_split(TEST),
        replace(spot_faces(), to_source=2 * spot_faces().to_source),
        replace(spot_faces(), crop=Crop(1.5, 0, 48)),
        spot_faces().select(np.arange(35, -1, -1)),
    ],
    ids=["pixel", "point", "training face moved", "test face moved", "scale", "crop", "order"],
)
def test_whatever_a_training_sees_changes_it(changed):
    assert fingerprint(changed) != fingerprint(spot_faces())


def test_test_faces_do_not():
    assert fingerprint(with_pixel(TEST)) == fingerprint(with_point(TEST)) == fingerprint(spot_faces())
