"""The drawn 300-W data set."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from facial_keypoints.landmarks.imglab import ImglabBox, ImglabImage, parse_imglab
from facial_keypoints.landmarks.schemes import IBUG_68
from facial_keypoints.sample.ibug import MIRRORED_EACH, draw_ibug

TRAIN, TEST, SEED = 24, 10, 5
Files = dict[str, bytes]


@pytest.fixture(scope="module")
def files() -> Files:
    return dict(draw_ibug(TRAIN, TEST, SEED))


@pytest.fixture(scope="module")
def entries(files: Files) -> dict[str, list[ImglabImage]]:
    names = {split: f"labels_ibug_300W_{split}.xml" for split in ("train", "test")}
    return {split: parse_imglab(files[name], name) for split, name in names.items()}


@pytest.fixture(scope="module")
def images(entries: dict[str, list[ImglabImage]]) -> list[ImglabImage]:
    return entries["train"] + entries["test"]


def faces(images: list[ImglabImage]) -> list[tuple[ImglabImage, ImglabBox]]:
    return [(image, box) for image in images for box in image.boxes]


def test_the_labels_name_exactly_the_pictures_that_are_there(files: Files, images: list[ImglabImage]) -> None:
    assert sorted(image.file for image in images) == sorted(name for name in files if name.endswith(".jpg"))
    assert not [name for name in files if name.endswith(".pts")]


def test_each_split_has_its_folders(entries: dict[str, list[ImglabImage]]) -> None:
    folders = {split: {image.file.rsplit("/", 1)[0] for image in entries[split]} for split in entries}
    assert folders == {"train": {"helen/trainset", "afw"}, "test": {"helen/testset", "ibug"}}
    assert entries["train"][0].file == "helen/trainset/drawn_0001_1.jpg"


def test_sizes_are_stated_as_they_are(files: Files, images: list[ImglabImage]) -> None:
    for image in images:
        assert Image.open(BytesIO(files[image.file])).size == (image.width, image.height)
    assert len({(image.width, image.height) for image in images}) > TRAIN / 2


def test_all_68_points_lie_inside_the_picture(images: list[ImglabImage]) -> None:
    for image, box in faces(images):
        assert box.points.shape == (68, 2)
        assert (box.points > 0).all()
        assert (box.points < (image.width, image.height)).all()


def test_boxes_are_squares_about_the_points_but_not_exactly(images: list[ImglabImage]) -> None:
    boxes = [box for _, box in faces(images)]
    offsets = []
    for box in boxes:
        low, high = box.points.min(axis=0), box.points.max(axis=0)
        side = (high - low).max()
        assert box.width == box.height
        assert 0.75 < box.width / side < 1.3
        offsets.append((np.array([box.left, box.top]) + box.width / 2 - (low + high) / 2) / side)
    assert 0.03 < np.std(offsets) < 0.08


def test_some_training_photographs_have_a_mirrored_copy(files: Files, entries: dict[str, list[ImglabImage]]) -> None:
    by_name = {image.file: image for image in entries["train"]}
    copies = [name for name in by_name if name.endswith("_mirror.jpg")]
    assert len(copies) == TRAIN // MIRRORED_EACH
    assert len(entries["train"]) == TRAIN + len(copies)
    for name in copies:
        copy, original = by_name[name], by_name[name.replace("_mirror", "")]
        assert original.width is not None
        flipped = original.boxes[0].points[list(IBUG_68.mirror)] * (-1, 1) + (original.width, 0)
        np.testing.assert_allclose(copy.boxes[0].points, flipped, atol=1)
        pixels, mirrored = (np.asarray(Image.open(BytesIO(files[n]))).astype(int) for n in (original.file, name))
        assert np.abs(pixels[:, ::-1] - mirrored).mean() < 8


def test_some_photographs_hold_two_faces(images: list[ImglabImage]) -> None:
    assert {len(image.boxes) for image in images} == {1, 2}


def test_the_seed_decides_every_byte(files: Files) -> None:
    again = dict(draw_ibug(2, 1, SEED))
    assert again["helen/trainset/drawn_0001_1.jpg"] == files["helen/trainset/drawn_0001_1.jpg"]
    assert again["helen/testset/drawn_0001_1.jpg"] == files["helen/testset/drawn_0001_1.jpg"]
    assert again != dict(draw_ibug(2, 1, SEED + 1))


def test_faces_turn_both_ways(images: list[ImglabImage]) -> None:
    turns = [
        (box.points[30, 0] - box.points[[36, 45], 0].mean()) / np.ptp(box.points[[36, 45], 0])
        for _, box in faces(images)
    ]
    assert min(turns) < -0.15
    assert max(turns) > 0.15
