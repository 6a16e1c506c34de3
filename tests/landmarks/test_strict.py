import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from facial_keypoints.errors import DataError
from facial_keypoints.landmarks.strict import finite_number, finite_numbers, whole_number

PLAIN = [("0", 0), ("-1.5", -1.5), ("+2", 2), ("1e3", 1000), (" 7 ", 7), (".5", 0.5), ("5.", 5)]
NOT_PLAIN = ["", " ", "nan", "inf", "-Infinity", "1e999", "1_0", "٣", "\uff11", "0x10", "1,5", "1 2", "1\x002"]


def is_number(text: str) -> bool:
    try:
        finite_number(text, "a.txt", "x")
    except DataError:
        return False
    return True


def test_numbers_are_ascii_and_finite():
    for text, value in PLAIN:
        assert finite_number(text, "a.txt", "x") == value
    assert not any(is_number(text) for text in NOT_PLAIN)


numbers = st.sampled_from([*(text for text, _ in PLAIN), *NOT_PLAIN]) | st.floats().map(str) | st.text(max_size=5)


@settings(max_examples=300)
@given(st.lists(numbers, max_size=4))
@example(["1", "_"])
def test_many_numbers_at_once_are_what_they_are_one_by_one(texts):
    together = finite_numbers(texts)
    assert (together is not None) == all(is_number(text) for text in texts)
    if together is not None:
        np.testing.assert_array_equal(together, [finite_number(text, "a.txt", "x") for text in texts])


def test_whole_numbers_are_ascii_digits_with_or_without_a_sign():
    assert [whole_number(text, "a.txt", "n") for text in ("7", "-7", "+7", "007")] == [7, -7, 7, 7]
    for text in ("", "7.0", "7e1", "1_0", "٣", "9" * 5000, None):
        with pytest.raises(DataError, match=r"a\.txt: (no n|n is .*), expected a whole number"):
            whole_number(text, "a.txt", "n")
