from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from facial_keypoints.errors import DataError, MissingInputError
from facial_keypoints.landmarks import IBUG_68, format_pts, load_pts, parse_pts, pts_faces
from tests.landmarks.faces import THREE

faces = st.integers(1, 70).flatmap(lambda count: arrays(np.float64, (count, 2), elements=st.floats(-1e4, 1e4)))
TEXT = "version: 1\nn_points: 3\n{\n1 1\n2.5 10\n-3.25 4\n}\n"


@given(faces)
def test_what_is_written_is_read_back_to_three_decimals(points):
    np.testing.assert_allclose(parse_pts(format_pts(points), "face.pts"), points, rtol=0, atol=0.50001e-3)


@given(st.data())
def test_a_damaged_text_is_read_or_is_a_data_error(data):
    start = data.draw(st.integers(0, len(TEXT)))
    stop = data.draw(st.integers(start, len(TEXT)))
    special = ["\n", "{", "}", ":", "nan", "1_0", "٣", "1e999"]
    junk = data.draw(st.one_of(st.text(max_size=20), st.sampled_from(special)))
    with suppress(DataError):
        assert np.isfinite(parse_pts(TEXT[:start] + junk + TEXT[stop:], "face.pts")).all()


def test_the_first_pixels_centre_is_1_in_the_file_and_a_half_outside():
    np.testing.assert_array_equal(parse_pts(TEXT, "a.pts"), [[0.5, 0.5], [2, 9.5], [-3.75, 3.5]])


def test_a_file_of_bare_points_is_read():
    np.testing.assert_array_equal(parse_pts("1 1\n\n2.5\t10\r\n-3.25 4", "a.pts"), parse_pts(TEXT, "a.pts"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (TEXT.replace("3\n", "4\n"), "a.pts: 3 points, expected 4"),
        (TEXT.replace("n_points: 3\n", ""), "a.pts: no n_points in the header, expected a whole number"),
        (TEXT.replace("n_points: 3", "n_points: three"), "n_points in the header is 'three', expected a whole number"),
        (TEXT.replace("n_points: 3", "n_points 3"), "line 2: 'n_points 3', expected 'name: value' or '{'"),
        (TEXT.replace("2.5 10", "2.5 ten"), "a.pts, line 5: y is 'ten', expected a finite number"),
        (TEXT.replace("2.5 10", "inf 10"), "a.pts, line 5: x is 'inf', expected a finite number"),
        (TEXT.replace("2.5 10", "2.5"), "a.pts, line 5: '2.5' (1 columns), expected 2 columns (x, y)"),
        (TEXT.replace("2.5 10", "2.5 10 1"), "a.pts, line 5: '2.5 10 1' (3 columns), expected 2 columns (x, y)"),
        (TEXT.replace("}", ""), "a.pts, line 6: the file ends with '-3.25 4', expected '}' after the points"),
        (TEXT.replace("{", ""), "a.pts: no line '{', expected the points between"),
        (TEXT + "1 1\n", "line 8: the file ends with '1 1', expected '}'"),
        ("", "a.pts: no points, expected at least 1"),
        ("version: 1\nn_points: 0\n{\n}\n", "a.pts: no points, expected at least 1"),
    ],
)
def test_a_wrong_file_says_where_what_and_what_to_do(text, message):
    with pytest.raises(DataError) as caught:
        parse_pts(text, "a.pts")
    assert message in str(caught.value)
    assert str(caught.value).endswith("restore it from its archive and run again.")


def test_a_count_the_caller_does_not_expect_is_refused():
    with pytest.raises(DataError, match=r"a\.pts: 3 points, expected 68"):
        parse_pts(TEXT, "a.pts", expected_points=68)


def test_a_missing_file_is_a_missing_input(tmp_path):
    with pytest.raises(MissingInputError, match=r"none\.pts: no such file"):
        load_pts(tmp_path / "none.pts")


def test_each_picture_below_a_folder_is_a_face_with_the_points_beside_it(tmp_path):
    (tmp_path / "b").mkdir()
    for name in ("a.PNG", "b/c.jpg", "b/.hidden.jpg", "notes.txt"):
        (tmp_path / name).touch()
    (tmp_path / "b" / "c.pts").write_text(TEXT)
    without, face = pts_faces(tmp_path, THREE)
    assert (without.file, without.points, without.box, without.fault) == ("a.PNG", None, None, "no .pts beside it")
    assert (face.file, face.box, face.fault, face.where) == ("b/c.jpg", None, None, str(tmp_path / "b" / "c.pts"))
    np.testing.assert_array_equal(face.points, parse_pts(TEXT, "c.pts"))


@pytest.mark.parametrize(
    ("pictures", "message"),
    [((), r"c\.pts: no pictures, expected one of the same name beside it"), (("c.jpg", "c.png"), "c.pts: 2 pictures")],
)
def test_points_without_a_picture_of_their_own_are_a_data_error(tmp_path, pictures, message):
    (tmp_path / "c.pts").write_text(TEXT)
    for name in pictures:
        (tmp_path / name).touch()
    with pytest.raises(DataError, match=message):
        pts_faces(tmp_path, THREE)


def test_a_folder_that_is_not_there_is_a_missing_input(tmp_path):
    with pytest.raises(MissingInputError, match="none: no such folder"):
        pts_faces(tmp_path / "none", THREE)


@pytest.mark.real
def test_every_real_picture_has_its_points(ibug_folder: Path):
    faces = pts_faces(ibug_folder, IBUG_68)
    assert len(faces) == 1372
    assert all(face.points is not None for face in faces)


@pytest.mark.real
def test_real_files_are_rewritten_to_the_character(ibug_folder: Path):
    paths = sorted(ibug_folder.glob("helen/testset/*.pts"))
    assert len(paths) == 165
    for path in paths:
        assert format_pts(load_pts(path, expected_points=68)).split() == path.read_text().split()
