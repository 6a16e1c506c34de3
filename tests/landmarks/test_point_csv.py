import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facial_keypoints.errors import DataError, MissingInputError
from facial_keypoints.landmarks import (
    IBUG_68,
    AnnotatedFace,
    format_point_csv,
    load_point_csv,
    load_pts,
    parse_point_csv,
)
from facial_keypoints.landmarks.point_csv import LONGEST_LINE, MAXIMUM_BYTES
from tests.landmarks.faces import THREE, annotated_faces, assert_same

TEXT = """\
file,x00,y00,x01,y01,x02,y02,box_left,box_top,box_width,box_height,split,group
a/1.jpg,1,2,3.5,4,-5e-1,6,0,1,20,30,train,anna
a/2.jpg,,,,,,,,,,,,
"a,3.jpg",1,2,,,5,6,0,1,20,30,,
"""


def parse(text: str) -> list[AnnotatedFace]:
    return parse_point_csv(text, "a.csv", THREE)


def test_points_are_continuous_pixels_and_empty_cells_are_nothing():
    first, second, third = parse(TEXT)
    assert (first.file, first.split, first.group, first.where) == ("a/1.jpg", "train", "anna", "a.csv, line 2")
    np.testing.assert_array_equal(first.points, [[1, 2], [3.5, 4], [-0.5, 6]])
    np.testing.assert_array_equal(first.box, [0, 1, 20, 30])
    assert (second.points, second.box, second.fault, second.split, second.group) == (None, None, None, None, None)
    assert (third.file, third.points, third.fault) == ("a,3.jpg", None, "1 of 3 points are empty")


@pytest.mark.parametrize(("cells", "empty"), [(",2,3,4,5,6", 1), ("1,,,4,5,6", 2), (",,,,,6", 3)])
def test_a_point_without_one_of_its_two_coordinates_is_empty(cells, empty):
    (face,) = parse(f"file,x00,y00,x01,y01,x02,y02\na.jpg,{cells}\n")
    assert face.fault == f"{empty} of 3 points are empty"


def test_columns_may_come_in_any_order_with_a_byte_order_mark_and_windows_line_ends(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes("y00,x00,y01,x01,y02,x02,file\r\n2,1,4,3,6,5,bjørn.jpg\r\n\r\n".encode("utf-8-sig"))
    (face,) = load_point_csv(path, THREE)
    assert face.file == "bjørn.jpg"
    np.testing.assert_array_equal(face.points, [[1, 2], [3, 4], [5, 6]])


@given(st.lists(annotated_faces, max_size=4))
def test_what_is_written_is_read_back_exactly(faces):
    read = parse(format_point_csv(faces, THREE))
    assert_same(read, faces, tolerance=0)
    assert [(face.split, face.group) for face in read] == [(face.split, face.group) for face in faces]


def test_columns_that_no_face_needs_are_not_written():
    face = AnnotatedFace("a.jpg", np.zeros((3, 2)), None, "")
    assert format_point_csv([face], THREE).splitlines()[0] == "file,x00,y00,x01,y01,x02,y02"


@settings(max_examples=300)
@given(st.data())
def test_a_damaged_table_is_read_or_is_a_data_error(data):
    start = data.draw(st.integers(0, len(TEXT)))
    stop = data.draw(st.integers(start, min(start + 30, len(TEXT))))
    special = ["\n", "\r", '"', ",", "\x00", "nan", "1_0", "٣", "1e999", "-1e308"]
    junk = data.draw(st.one_of(st.text(max_size=12), st.sampled_from(special)))
    with suppress(DataError):
        faces = parse(TEXT[:start] + junk + TEXT[stop:])
        assert all(np.isfinite(face.points).all() for face in faces if face.points is not None)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("x01", "x1", "a.csv, line 1: unknown column 'x1', expected one of file, x00, .* Did you mean 'x0"),
        ("split", "spilt", "a.csv, line 1: unknown column 'spilt', expected .* Did you mean 'split'"),
        ("file,x00", "x00", "a.csv, line 1: no column file"),
        (",x00", ",file", "a.csv, line 1: a second column 'file'"),
        ("box_top,", "", "a.csv, line 1: no column box_top"),
        ("a/1.jpg,1,2", "a/1.jpg,1", "a.csv, line 2: 12 cells, expected 13, as in the header"),
        ("a/1.jpg", "", "a.csv, line 2: file is '', expected a text"),
        ("3.5", "3;5", "a.csv, line 2: x01 is '3;5', expected a finite number"),
        ("3.5", "1_0", "a.csv, line 2: x01 is '1_0', expected a finite number"),
        ("3.5", "inf", "a.csv, line 2: x01 is 'inf', expected a finite number"),
        (",20,30,train", ",,30,train", "a.csv, line 2: 3 of the 4 numbers of a box, expected all or none"),
        (",20,30,train", ",0,30,train", "a.csv, line 2: a box of 0 x 30 pixels, expected a width and a height above 0"),
        ("train", "Train", "a.csv, line 2: split is 'Train', expected one of train, validation, test, or nothing"),
        ('"a,3.jpg"', '"a,3.jpg"x', r"a.csv, line 4: no CSV"),
        (",", ";", "a.csv, line 1: unknown column .* by semicolons: export it with commas"),
    ],
)
def test_a_wrong_table_says_where_what_and_what_to_do(old, new, message):
    assert old in TEXT
    with pytest.raises(DataError, match=message) as caught:
        parse(TEXT.replace(old, new))
    assert str(caught.value).endswith("docs/own_data.md describes its columns.")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no header, expected the names of the columns"),
        (b"\nfile,x00\n", "no header, expected the names of the columns"),
        (b"\xff\xfe\x00", "bytes that are no UTF-8 text"),
        (b"a" * (LONGEST_LINE + 1), f"line 1: more than {LONGEST_LINE} characters"),
    ],
)
def test_a_file_that_is_no_table_is_a_data_error(tmp_path, content, message):
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message):
        load_point_csv(path, THREE)


def test_a_header_of_very_many_columns_is_refused_at_once():
    columns = [f"a{i}" for i in range(35_000)]
    began = time.process_time()
    with pytest.raises(DataError, match="a second column 'a34999'"):
        parse(",".join([*columns, columns[-1]]))
    assert time.process_time() - began < 1


def test_a_huge_file_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "huge.csv"
    with path.open("wb") as file:
        file.truncate(MAXIMUM_BYTES + 1)
    with pytest.raises(DataError, match=f"{MAXIMUM_BYTES + 1} bytes, expected at most {MAXIMUM_BYTES}"):
        load_point_csv(path, THREE)


def test_a_missing_file_is_a_missing_input(tmp_path):
    with pytest.raises(MissingInputError, match=r"none\.csv: no such file"):
        load_point_csv(tmp_path / "none.csv", THREE)


@pytest.mark.real
def test_real_points_survive_a_table_exactly(ibug_folder: Path):
    faces = [
        AnnotatedFace(path.name, load_pts(path), None, "") for path in sorted(ibug_folder.glob("helen/testset/*.pts"))
    ]
    assert len(faces) == 165
    assert_same(parse_point_csv(format_point_csv(faces, IBUG_68), "a.csv", IBUG_68), faces, tolerance=0)
