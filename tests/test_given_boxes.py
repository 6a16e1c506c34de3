import numpy as np
import pytest
from numpy.testing import assert_allclose

from facial_keypoints.errors import DataError, MissingInputError
from facial_keypoints.given_boxes import given_boxes
from facial_keypoints.landmarks import IBUG_68, AnnotatedFace, ImglabBox, ImglabImage, format_coco, format_imglab

BOX = np.array([1.0, 2.0, 30.0, 40.0])


def write_csv(path):
    path.write_text("file,box_left,box_top,box_width,box_height\na.jpg,1,2,30,40\na.jpg,5,6,7,8\nb.jpg,1,2,30,40\n")


def write_xml(path):
    boxes = (ImglabBox(*BOX, np.empty((0, 2))), ImglabBox(5, 6, 7, 8, np.empty((0, 2))))
    left_out = ImglabBox(0, 0, 9, 9, np.empty((0, 2)), ignore=True)
    images = [ImglabImage("a.jpg", None, None, boxes), ImglabImage("b.jpg", None, None, (boxes[0], left_out))]
    path.write_text(format_imglab(images, "", ""))


def write_coco(path):
    faces = [AnnotatedFace("a.jpg", None, box, "") for box in (BOX, np.array([5.0, 6.0, 7.0, 8.0]))]
    faces.append(AnnotatedFace("b.jpg", None, BOX, ""))
    path.write_text(format_coco(faces, {"a.jpg": (99, 99), "b.jpg": (99, 99)}, IBUG_68))


WRITERS = {"boxes.csv": write_csv, "boxes.xml": write_xml, "boxes.json": write_coco}


@pytest.mark.parametrize("name", WRITERS)
def test_every_format_holds_the_same_boxes(tmp_path, name):
    WRITERS[name](tmp_path / name)
    boxes = given_boxes(tmp_path / name, IBUG_68)
    assert {file: len(rows) for file, rows in boxes.items()} == {"a.jpg": 2, "b.jpg": 1}
    assert_allclose(boxes["a.jpg"][:, :4], [BOX, [5, 6, 7, 8]])
    assert np.isnan(boxes["b.jpg"][0, 4])


def test_the_files_of_a_folder_are_taken_together(tmp_path):
    for name, write in WRITERS.items():
        write(tmp_path / name)
    (tmp_path / "a.jpg").write_bytes(b"a picture")
    assert len(given_boxes(tmp_path, IBUG_68)["a.jpg"]) == 6


def test_boxes_that_are_not_there_are_named(tmp_path):
    with pytest.raises(MissingInputError, match=r"none\.xml: no such file, expected boxes"):
        given_boxes(tmp_path / "none.xml", IBUG_68)


def test_another_kind_of_file_is_refused(tmp_path):
    (tmp_path / "boxes.txt").write_text("1 2 3 4")
    with pytest.raises(DataError, match=r"found '\.txt', expected boxes"):
        given_boxes(tmp_path / "boxes.txt", IBUG_68)


def test_a_file_without_boxes_is_refused(tmp_path):
    (tmp_path / "boxes.csv").write_text("file,box_left,box_top,box_width,box_height\na.jpg,,,,\n")
    with pytest.raises(DataError, match="found no box"):
        given_boxes(tmp_path / "boxes.csv", IBUG_68)
