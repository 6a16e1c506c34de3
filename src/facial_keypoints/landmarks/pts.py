"""The `.pts` files of 300-W: one face a file, coordinates in pixels, the centre of the first pixel at (1, 1).

    version: 1
    n_points: 68
    {
    189.545 224.428
    ...
    }

Files that hold nothing but the points are read too.
"""

import os
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import numpy as np

from facial_keypoints.errors import MissingInputError
from facial_keypoints.landmarks.annotated_face import PICTURE_SUFFIXES, AnnotatedFace
from facial_keypoints.landmarks.schemes import LandmarkScheme
from facial_keypoints.landmarks.strict import fault, finite_number, finite_numbers, quoted, read_text, whole_number

FIRST_CENTRE = 1.0  # the file's coordinate of the centre that the project calls 0.5


class _Line(NamedTuple):
    number: int
    text: str

    def where(self, source: str) -> str:
        return f"{source}, line {self.number}"


def load_pts(path: Path, expected_points: int | None = None) -> np.ndarray:
    """Read one face.  Raises as `parse_pts`, and MissingInputError if there is no such file."""
    return parse_pts(read_text(path), str(path), expected_points)


def parse_pts(text: str, source: str, expected_points: int | None = None) -> np.ndarray:
    """Read one face.  Returns (K, 2) float64, continuous pixels.

    source: the file's name for error messages; expected_points: None takes as many as there are.
    Raises DataError, with file and line, for anything that is not as the format says.
    """
    numbered = enumerate(map(str.strip, text.splitlines()), start=1)
    lines = [_Line(number, line) for number, line in numbered if line]
    stated, rows = _without_header(lines, source) if lines and _opens_header(lines[0]) else (None, lines)
    points = _read_points(rows, source)
    for due in (stated, expected_points):
        if due not in (None, len(points)):
            raise fault(source, f"{len(points)} points", str(due))
    if not len(points):
        raise fault(source, "no points", "at least 1")
    return points - FIRST_CENTRE + 0.5


def pts_faces(folder: Path, scheme: LandmarkScheme) -> list[AnnotatedFace]:
    """A face for each picture below the folder, with the points of the `.pts` of the same stem beside it.

    A picture without one has a fault.  Hidden files are passed over.  Raises as `parse_pts`, DataError for a `.pts`
    with no picture or with two, and MissingInputError if there is no such folder.
    """
    if not folder.is_dir():
        raise MissingInputError(f"{folder}: no such folder, expected pictures and their .pts files. Check the path.")
    files = sorted(Path(parent, name) for parent, _, names in os.walk(folder) for name in names if name[0] != ".")
    pictures = [file for file in files if file.suffix.lower() in PICTURE_SUFFIXES]
    points = {file.with_suffix(""): file for file in files if file.suffix.lower() == ".pts"}
    shown_by = Counter(picture.with_suffix("") for picture in pictures)
    for stem, file in points.items():
        if shown_by[stem] != 1:
            expected = f"one of the same name beside it ({', '.join(PICTURE_SUFFIXES)})"
            raise fault(str(file), f"{shown_by[stem] or 'no'} pictures", expected, "Add or remove files.")
    return [_face(picture, points.get(picture.with_suffix("")), folder, scheme) for picture in pictures]


def _face(picture: Path, points: Path | None, folder: Path, scheme: LandmarkScheme) -> AnnotatedFace:
    file = picture.relative_to(folder).as_posix()
    if points is None:
        return AnnotatedFace(file, None, None, str(picture), fault="no .pts beside it")
    return AnnotatedFace(file, load_pts(points, scheme.size), None, str(points))


def format_pts(points: np.ndarray) -> str:
    """The file's text, coordinates with 3 decimals.  points: (K, 2) continuous pixels."""
    rows = "".join(f"{x:.3f} {y:.3f}\n" for x, y in points + FIRST_CENTRE - 0.5)
    return f"version: 1\nn_points: {len(points)}\n{{\n{rows}}}\n"


def _opens_header(line: _Line) -> bool:
    return line.text == "{" or ":" in line.text


def _without_header(lines: list[_Line], source: str) -> tuple[int, list[_Line]]:
    """The number of points that the header states, and the lines between the braces."""
    texts = [line.text for line in lines]
    if "{" not in texts:
        raise fault(source, "no line '{'", "the points between '{' and '}'")
    if texts[-1] != "}":
        raise fault(lines[-1].where(source), f"the file ends with {quoted(texts[-1])}", "'}' after the points")
    start = texts.index("{")
    header = dict(_read_entry(line, source) for line in lines[:start])
    return whole_number(header.get("n_points"), source, "n_points in the header"), lines[start + 1 : -1]


def _read_entry(line: _Line, source: str) -> tuple[str, str]:
    name, colon, value = line.text.partition(":")
    if not colon:
        raise fault(line.where(source), quoted(line.text), "'name: value' or '{'")
    return name.strip(), value.strip()


def _read_points(rows: list[_Line], source: str) -> np.ndarray:
    """(K, 2): all at once, or, where that fails, one by one to find the fault."""
    fields = [row.text.split() for row in rows]
    numbers = finite_numbers([number for pair in fields for number in pair])
    if numbers is not None and all(len(pair) == 2 for pair in fields):
        return numbers.reshape(-1, 2)
    return np.array([_read_point(row, source) for row in rows])


def _read_point(line: _Line, source: str) -> tuple[float, float]:
    fields = line.text.split()
    where = line.where(source)
    if len(fields) != 2:
        raise fault(where, f"{quoted(line.text)} ({len(fields)} columns)", "2 columns (x, y)")
    return finite_number(fields[0], where, "x"), finite_number(fields[1], where, "y")
