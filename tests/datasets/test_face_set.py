import base64
import inspect
import json
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from kedro.io import DatasetError
from matplotlib.colors import to_rgb
from numpy.testing import assert_array_equal
from PIL import Image

from facial_keypoints.datasets.face_set import FaceSetDataset
from facial_keypoints.figures import TRUTH
from facial_keypoints.geometry import Crop
from facial_keypoints.images_on_demand import ImagesOnDemand
from facial_keypoints.landmarks import IBUG_68
from tests.faces import spot_faces


@pytest.fixture
def dataset(tmp_path):
    return FaceSetDataset(filepath=str(tmp_path / "deep" / "faces"))


@pytest.mark.parametrize(
    "faces", [spot_faces(6), spot_faces(6, (40, 40), IBUG_68, Crop(2, 0.1, 40))], ids=["whole", "cropped"]
)
def test_a_saved_set_loads_as_it_was(dataset, faces):
    assert not dataset.exists()
    dataset.save(faces)
    assert dataset.exists()
    loaded = dataset.load()
    for array in ("images", "keypoints", "to_source"):
        assert_array_equal(getattr(loaded, array), getattr(faces, array))
    assert loaded.table.equals(faces.table)
    assert (loaded.scheme, loaded.crop) == (faces.scheme, faces.crop)


def test_images_stay_on_disk_until_they_are_looked_at(dataset):
    dataset.save(spot_faces(6))
    assert isinstance(dataset.load().images, np.memmap)


def on_demand(faces, key: str, made: list[int]):
    def make(row: int) -> np.ndarray:
        made.append(row)
        return faces.images[row]

    return replace(faces, images=ImagesOnDemand(faces.images.shape, make, key))


def test_images_on_demand_are_written_as_they_are(dataset):
    faces, made = spot_faces(6), []
    dataset.save(on_demand(faces, "a", made))
    assert sorted(made) == list(range(6))
    assert_array_equal(dataset.load().images, faces.images)


def test_images_made_from_the_same_are_not_made_again(dataset):
    faces, made = spot_faces(6), []
    dataset.save(on_demand(faces, "a", []))
    dataset.save(on_demand(replace(faces, table=faces.table.assign(split="test")), "a", made))
    assert not made
    loaded = dataset.load()
    assert_array_equal(loaded.images, faces.images)
    assert set(loaded.table["split"]) == {"test"}


def test_images_made_from_others_are_made_anew(dataset):
    made = []
    dataset.save(on_demand(spot_faces(6), "a", []))
    dataset.save(on_demand(spot_faces(6, seed=1), "b", made))
    assert len(made) == 6
    assert_array_equal(dataset.load().images, spot_faces(6, seed=1).images)


def test_what_a_killed_process_left_behind_is_removed(dataset, tmp_path):
    leftover = tmp_path / "deep" / ".faces-new"
    leftover.mkdir(parents=True)
    (leftover / "images.npy").write_bytes(b"half")
    dataset.save(spot_faces(6))
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["faces"]
    assert len(dataset.load()) == 6


def test_images_that_were_damaged_are_made_anew(dataset, tmp_path):
    made = []
    dataset.save(on_demand(spot_faces(6), "a", []))
    path = tmp_path / "deep" / "faces" / "images.npy"
    path.write_bytes(path.read_bytes()[:-100])
    dataset.save(on_demand(spot_faces(6), "a", made))
    assert len(made) == 6
    assert_array_equal(dataset.load().images, spot_faces(6).images)


def test_a_save_that_ends_between_its_two_renames_leaves_the_previous_set(dataset, monkeypatch):
    dataset.save(spot_faces(6))
    rename = Path.rename

    def interrupted(path: Path, target: Path) -> Path:
        if path.name == ".faces-new":
            raise KeyboardInterrupt
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt):
        dataset.save(spot_faces(12))
    assert len(dataset.load()) == 6


def test_saving_again_replaces_the_set(dataset):
    dataset.save(spot_faces(6))
    dataset.save(spot_faces(12))
    assert len(dataset.load()) == 12


def test_a_save_that_fails_leaves_the_previous_set_and_nothing_else(dataset, tmp_path):
    dataset.save(spot_faces(6))
    broken = spot_faces(12)
    broken.table["name"] = [object()] * 12
    with pytest.raises(DatasetError):
        dataset.save(broken)
    assert len(dataset.load()) == 6
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["faces"]


def test_a_set_of_another_format_says_what_to_do(dataset, tmp_path):
    dataset.save(spot_faces(6))
    about = tmp_path / "deep" / "faces" / "about.json"
    about.write_text(json.dumps(json.loads(about.read_text()) | {"format": 99}))
    with pytest.raises(DatasetError, match=r"format 99, expected 2\..*run its ingest pipeline again"):
        dataset.load()


def test_the_preview_is_a_picture_of_faces_with_their_points(dataset):
    dataset.save(spot_faces(36))
    picture = Image.open(BytesIO(base64.b64decode(dataset.preview())))
    orange = (np.asarray(picture.convert("RGB")) == np.round(np.multiply(to_rgb(TRUTH), 255))).all(axis=-1)
    assert picture.width == 900
    assert orange.sum() > 1000
    assert inspect.signature(dataset.preview).return_annotation.__name__ == "ImagePreview"


def test_a_set_smaller_than_the_preview_is_shown_whole(dataset):
    dataset.save(spot_faces(6))
    assert base64.b64decode(dataset.preview()).startswith(b"\x89PNG")
