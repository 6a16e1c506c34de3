import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from facial_keypoints.found_faces import batches, coco_of, faces_kept, imglab_of, summary, table_of_found, unread
from facial_keypoints.geometry import crop_matrix, transform_points
from facial_keypoints.landmarks import IBUG_68, load_coco, load_imglab
from facial_keypoints.point_table import keypoints_of
from facial_keypoints.searching import NO_FACE, Candidate
from tests.faces import oval
from tests.networks import constant_looker

SHAPE = 0.5 + 0.25 * oval(IBUG_68)
LOOKER = constant_looker(SHAPE)


def place(file: str, left: float = 100, top: float = 80, side: float = 60, **changed: Any) -> Candidate:
    box = np.array([left, top, side, side])
    image = np.zeros((LOOKER.cut.size, LOOKER.cut.size, 3), np.uint8)
    known = {"score": 0.9, "box": box, "image": image, "to_picture": crop_matrix(box, LOOKER.cut)}
    return Candidate(file, (640, 480), **(known | changed))


def found(*candidates: Candidate, confidences: list[float] | None = None, batch_size: int = 2) -> pd.DataFrame:
    table = table_of_found(candidates, LOOKER, None, batch_size)
    return table if confidences is None else table.assign(confidence=confidences)


ANNA, BERT = place("anna.jpg"), place("bert.jpg", left=300, side=90)
EMPTY, BROKEN = (
    Candidate("empty.jpg", (640, 480), NO_FACE),
    Candidate("broken.jpg", None, "a picture that is broken or cut off"),
)


def test_points_are_in_pixels_of_the_picture():
    table = found(ANNA, BERT)
    matrices = np.stack([crop_matrix(np.array(one.box), LOOKER.crop) for one in (ANNA, BERT)])
    assert_allclose(keypoints_of(table, IBUG_68), transform_points(matrices, 64 * SHAPE), atol=1e-2)
    assert table["box_left"].tolist() == [100, 300]
    assert table["score"].tolist() == [0.9, 0.9]


def test_every_file_has_a_row_in_its_place_whatever_the_batches():
    files = [ANNA, EMPTY, BERT, BROKEN, place("carl.jpg")]
    for size in (1, 2, 3, 99):
        table = found(*files, batch_size=size)
        assert table["file"].tolist() == [one.file for one in files]
        assert table["reason"].tolist()[1] == NO_FACE
        assert table["width"].isna().tolist() == [False, False, False, True, False]


def test_batches_are_counted_by_faces():
    parts = list(batches([ANNA, EMPTY, EMPTY, BERT, ANNA, BROKEN], 2))
    assert [[one.file for one in part] for part in parts] == [
        ["anna.jpg", "empty.jpg", "empty.jpg", "bert.jpg"],
        ["anna.jpg", "broken.jpg"],
    ]


def test_what_is_no_face_is_left_out_and_a_picture_without_any_says_so():
    table = found(ANNA, place("anna.jpg", left=400), BERT, EMPTY, confidences=[0.9, 0.1, 0.2, np.nan])
    kept = faces_kept(table, IBUG_68, least_confidence=0.5)
    assert kept["file"].tolist() == ["anna.jpg", "bert.jpg", "empty.jpg"]
    assert kept["reason"].tolist()[1:] == ["no face: confidence below 0.5 in each place that was found (1)", NO_FACE]
    assert kept.loc[1, ["box_left", "confidence", "x00"]].isna().all()
    assert kept.loc[1, "width"] == 640


def test_a_face_that_was_found_twice_counts_once_as_the_likelier():
    table = found(ANNA, place("anna.jpg", left=104), place("bert.jpg"), confidences=[0.7, 0.9, 0.8])
    kept = faces_kept(table, IBUG_68, least_confidence=0.5)
    assert kept["confidence"].tolist() == [0.9, 0.8]
    assert kept["face"].tolist() == [0, 0]


def test_faces_are_kept_where_nothing_is_known_of_their_confidence():
    kept = faces_kept(found(ANNA, place("anna.jpg", left=300)), IBUG_68, least_confidence=0.5)
    assert kept["face"].tolist() == [0, 1]


def test_no_pictures_have_an_empty_table():
    assert faces_kept(found(), IBUG_68, 0.5).empty


def test_the_summary_counts_faces_pictures_and_files():
    table = faces_kept(found(ANNA, place("anna.jpg", left=300), BERT, EMPTY, BROKEN), IBUG_68, 0.5)
    assert summary(table) == "faces: 3, in 2 of 3 pictures; without: 1; not read: 1"


def test_the_summary_counts_files_apart_that_are_plainly_no_pictures():
    others = [Candidate(name, None, "no picture, or none of a kind that is read") for name in ("a/1.asf", "Thumbs.db")]
    table = faces_kept(found(ANNA, EMPTY, BROKEN, *others), IBUG_68, 0.5)
    assert summary(table) == "faces: 1, in 1 of 2 pictures; without: 1; not read: 1; no pictures: 2"
    assert table["file"].tolist()[-2:] == ["a/1.asf", "Thumbs.db"]


def test_a_picture_counts_as_one_whatever_its_name_is():
    table = faces_kept(found(place("anna.txt")), IBUG_68, 0.5)
    assert summary(table) == "faces: 1, in 1 of 1 pictures; without: 0; not read: 0"


def test_pictures_that_could_not_be_read_are_told_with_their_reasons_the_first_ones():
    broken = [Candidate(f"{number}.jpg", None, "cut off") for number in range(7)]
    table = faces_kept(found(ANNA, EMPTY, *broken, Candidate("1.pts", None, "no picture")), IBUG_68, 0.5)
    assert unread(table, first=2) == "0.jpg (cut off), 1.jpg (cut off) and 5 more"
    assert unread(table, first=7).endswith("6.jpg (cut off)")
    assert unread(faces_kept(found(ANNA, EMPTY), IBUG_68, 0.5)) == ""
    assert unread(faces_kept(found(), IBUG_68, 0.5)) == ""


NAMES = ["ünï 写真.jpg", "<&'\".jpg", "two\\nlines.jpg", "a/b, c.jpg"]


@pytest.fixture
def odd_table() -> pd.DataFrame:
    return faces_kept(found(*(place(name) for name in NAMES), EMPTY, BROKEN), IBUG_68, 0.5)


def test_our_reader_of_imglab_reads_what_is_written(odd_table, tmp_path):
    path = tmp_path / "faces.xml"
    path.write_text(imglab_of(odd_table, IBUG_68), encoding="utf-8")
    images = load_imglab(path)
    assert [image.file for image in images] == [*NAMES, "empty.jpg"]
    assert [len(image.boxes) for image in images] == [1, 1, 1, 1, 0]
    assert_allclose(images[0].boxes[0].points, keypoints_of(odd_table, IBUG_68)[0], atol=0.51)
    assert (images[0].width, images[0].boxes[0].left) == (640, 100)
    assert ElementTree.parse(path).getroot().tag == "dataset"


def test_our_reader_of_coco_reads_what_is_written(odd_table, tmp_path):
    path = tmp_path / "faces.json"
    path.write_text(coco_of(odd_table, IBUG_68), encoding="utf-8")
    faces = load_coco(path, IBUG_68)
    assert [face.file for face in faces] == NAMES
    assert_allclose([face.points for face in faces], keypoints_of(odd_table, IBUG_68)[:4], atol=1e-3)
    assert_allclose(faces[0].box, [100, 80, 60, 60])
    assert '"empty.jpg"' in Path(path).read_text()
