from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from facial_keypoints.errors import DataError, MissingInputError, ShapeError
from facial_keypoints.landmarks import AsfShape, format_asf, load_asf, parse_asf

coordinates = st.floats(-1, 2, width=64)
shapes = st.builds(
    AsfShape,
    points=st.integers(1, 70).flatmap(lambda count: arrays(np.float64, (count, 2), elements=coordinates)),
    image=st.from_regex(r"[A-Za-z0-9][A-Za-z0-9 _.-]{0,20}\.jpg", fullmatch=True),
)
FACE = AsfShape(np.linspace(0.2, 0.8, 58 * 2).reshape(58, 2), "12-3f.jpg")
TEXT = format_asf(FACE)
FIRST_POINT_LINE = 17


def with_line(number: int, line: str) -> str:
    """The text of FACE with one line, counted from 1, replaced."""
    lines = TEXT.splitlines()
    lines[number - 1] = line
    return "\n".join(lines) + "\n"


def without_line(number: int) -> str:
    lines = TEXT.splitlines()
    return "\n".join(lines[: number - 1] + lines[number:]) + "\n"


@given(shapes)
def test_what_is_written_is_read_back_to_eight_decimals(shape):
    read = parse_asf(format_asf(shape), "face.asf")
    np.testing.assert_allclose(read.points, shape.points, rtol=0, atol=0.5000001e-8)
    assert read.image == shape.image


@given(st.data())
def test_a_damaged_text_is_read_or_is_a_data_error(data):
    start = data.draw(st.integers(0, len(TEXT)))
    stop = data.draw(st.integers(start, min(start + 60, len(TEXT))))
    junk = data.draw(st.one_of(st.text(max_size=20), st.sampled_from(["\n", "\t", "nan", "-1", "1_0", "٣", "1e999"])))
    with suppress(DataError):
        assert np.isfinite(parse_asf(TEXT[:start] + junk + TEXT[stop:], "face.asf").points).all()


def test_a_file_has_79_lines_and_names_its_picture_last():
    assert len(TEXT.splitlines()) == 79
    assert TEXT.endswith("\n12-3f.jpg\n")


def test_points_stay_relative_to_the_picture():
    np.testing.assert_allclose(parse_asf(TEXT, "face.asf").points, FACE.points, atol=1e-8)


def test_three_more_columns_are_allowed():
    line = TEXT.splitlines()[FIRST_POINT_LINE - 1]
    assert parse_asf(with_line(FIRST_POINT_LINE, line + "\t0.00\t0.00\t0.00"), "a.asf").points.shape == (58, 2)


def test_windows_line_ends_are_read():
    assert parse_asf(TEXT.replace("\n", "\r\n"), "a.asf").image == "12-3f.jpg"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            with_line(31, "1 \t0 \t0.5 \t0.5 \t14 \t13"),
            "12-3f.asf, line 31: 6 columns, expected at least 7 (path#, t",
        ),
        (with_line(17, "0 \t4 \tleft \t0.5 \t0 \t0 \t1"), "line 17: x is 'left', expected a finite number"),
        (with_line(17, "0 \t4 \t0.5 \tnan \t0 \t0 \t1"), "line 17: y is 'nan', expected a finite number"),
        (with_line(17, "0 \t4 \tinf \t0.5 \t0 \t0 \t1"), "line 17: x is 'inf', expected a finite number"),
        (with_line(17, "0 \topen \t0.5 \t0.5 \t0 \t0 \t1"), "line 17: type is 'open', expected a whole number"),
        (
            with_line(18, "0 \t4 \t0.5 \t0.5 \t7 \t0 \t1"),
            "line 18: point# 7, expected point# 1: the points stand in",
        ),
        (with_line(10, "many"), "line 10: the number of points is 'many', expected a whole number"),
        (with_line(10, "0"), "line 10: 0 points, expected at least 1"),
        (with_line(10, "59"), "line 79: 1 columns, expected at least 7"),
        (with_line(10, "57"), "expected the name of the picture after 57 points"),
        (without_line(79), "12-3f.asf: the file ends early, expected the name of the picture"),
        (without_line(40), "line 40: point# 24, expected point# 23"),
        (with_line(79, "../12-3f.jpg"), "line 79: '../12-3f.jpg', expected the name of the picture"),
        (TEXT + "13-3f.jpg\n", "line 80: '13-3f.jpg', expected nothing after the name of the picture"),
        (TEXT[:1500], "expected"),
        ("\n".join(TEXT.splitlines()[:40]), "12-3f.asf: the file ends early, expected point 24 of 58"),
        ("", "12-3f.asf: the file ends early, expected the number of points"),
    ],
)
def test_a_wrong_file_says_where_what_and_what_to_do(text, message):
    with pytest.raises(DataError) as caught:
        parse_asf(text, "12-3f.asf")
    assert message in str(caught.value)
    assert str(caught.value).endswith("restore it from its archive and run again.")


def test_a_count_the_caller_does_not_expect_is_refused():
    with pytest.raises(DataError, match=r"a\.asf, line 10: 58 points, expected 68"):
        parse_asf(TEXT, "a.asf", expected_points=68)


def test_a_long_line_is_quoted_in_part():
    with pytest.raises(DataError) as caught:
        parse_asf(with_line(10, "7" * 100_000), "a.asf")
    assert len(str(caught.value)) < 300


def test_a_missing_file_is_a_missing_input(tmp_path):
    with pytest.raises(MissingInputError, match=r"none\.asf: no such file"):
        load_asf(tmp_path / "none.asf")


def test_a_picture_instead_of_a_shape_is_a_data_error(tmp_path):
    path = tmp_path / "12-3f.asf"
    path.write_bytes(b"\xff\xd8\xff\xe0\x00\x10JFIF")
    with pytest.raises(DataError, match="byte 0 is no UTF-8 text"):
        load_asf(path)


def test_a_shape_has_an_x_and_a_y_for_each_point_and_a_plain_file_name():
    with pytest.raises(ShapeError, match=r"\(58,\)"):
        AsfShape(np.zeros(58), "a.jpg")
    with pytest.raises(DataError, match="expected a file name"):
        AsfShape(np.zeros((58, 2)), "folder/a.jpg")


@pytest.mark.real
def test_all_240_danes_have_58_points_inside_their_picture(danes_folder: Path):
    paths = sorted(danes_folder.glob("*.asf"))
    assert len(paths) == 240
    for path in paths:
        shape = load_asf(path, expected_points=58)
        assert shape.points.shape == (58, 2)
        assert ((shape.points >= 0) & (shape.points <= 1)).all()
        assert shape.image == f"{path.stem}.jpg"


@pytest.mark.real
def test_a_real_file_is_rewritten_to_the_character_but_for_its_date(danes_folder: Path):
    date_line = 2
    original = (danes_folder / "01-1m.asf").read_text().splitlines()
    rewritten = format_asf(load_asf(danes_folder / "01-1m.asf")).splitlines()
    assert [i for i, (old, new) in enumerate(zip(original, rewritten, strict=True)) if old != new] == [date_line]
