import hypothesis.strategies as st
import pytest
from hypothesis import given

from facial_keypoints.figures.captions import caption_length, shortened, wrapped
from facial_keypoints.figures.style import WIDTH


def test_a_short_name_stays_as_it_is():
    assert shortened("anna.jpg", 8) == "anna.jpg"


def test_a_long_name_keeps_its_beginning_and_its_end():
    assert shortened("IMG_20240506_101112_holiday at the sea.jpg", 15) == "IMG_202…sea.jpg"
    assert shortened("abcdef", 4) == "ab…f"


@given(name=st.text(max_size=300), length=st.integers(1, 60))
def test_no_name_is_longer_than_its_line(name, length):
    assert len(shortened(name, length)) == min(len(name), length)


@pytest.mark.parametrize("columns", range(1, 8))
def test_a_name_of_a_lines_length_is_not_wrapped(columns):
    name = "a-b c_" * 40
    line = shortened(name, caption_length(columns))
    assert wrapped(line, WIDTH / columns) == line
