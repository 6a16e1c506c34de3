"""Strict reading: whatever is wrong with a file becomes a DataError that says where, and what to do."""

import math
from pathlib import Path

import numpy as np

from facial_keypoints.errors import DataError, MissingInputError

RESTORE = "The file may be damaged or cut off: restore it from its archive and run again."
LONGEST_QUOTE = 40  # characters of a file that an error message repeats


def fault(where: str, found: str, expected: str, advice: str = RESTORE) -> DataError:
    """The error to raise.  where: the file and, if known, the line."""
    return DataError(f"{where}: {found}, expected {expected}. {advice}")


def quoted(text: str) -> str:
    """The text in quotation marks, shortened, with unprintable characters escaped."""
    return ascii(text if len(text) <= LONGEST_QUOTE else text[:LONGEST_QUOTE] + "...")


def whole_number(text: str | None, where: str, what: str) -> int:
    """The number that an ASCII text of digits stands for.  Raises DataError."""
    if text is None:
        raise fault(where, f"no {what}", "a whole number")
    try:
        if text.isascii() and "_" not in text:
            return int(text)
    except ValueError:
        pass
    raise fault(where, f"{what} is {quoted(text)}", "a whole number")


def finite_number(text: str | None, where: str, what: str, advice: str = RESTORE) -> float:
    """The number that an ASCII text stands for, neither NaN nor infinite.  Raises DataError."""
    if text is None:
        raise fault(where, f"no {what}", "a finite number", advice)
    try:
        if text.isascii() and "_" not in text and math.isfinite(number := float(text)):
            return number
    except ValueError:
        pass
    raise fault(where, f"{what} is {quoted(text)}", "a finite number", advice)


def finite_numbers(texts: list[str]) -> np.ndarray | None:
    """All the numbers at once, (N,) float64, by the rules of `finite_number`; None if one of the texts is none."""
    together = "".join(texts)
    if not together.isascii() or "_" in together:
        return None
    try:
        numbers = np.array([float(text) for text in texts])
    except ValueError:
        return None
    return numbers if np.isfinite(numbers).all() else None


def checked_file(path: Path, maximum: int) -> Path:
    """The path, unless nothing is there (MissingInputError) or more than `maximum` bytes (DataError)."""
    if not path.is_file():
        raise MissingInputError(f"{path}: no such file, expected an annotation file. Check the path, or restore it.")
    size = path.stat().st_size
    if size > maximum:
        raise fault(str(path), f"{size} bytes", f"at most {maximum}", "This is no annotation file: check the path.")
    return path


def read_text(path: Path, maximum: int = 1024 * 1024) -> str:
    """The file as UTF-8 text, with or without a byte order mark.  Raises as `checked_file`, and DataError for
    bytes that are no text.
    """
    try:
        return checked_file(path, maximum).read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise fault(str(path), f"byte {error.start} is no UTF-8 text", "a text file") from error
