"""The `.pts` files of 300-W: one face a file, coordinates in pixels, the centre of the first pixel at (1, 1).

    version: 1
    n_points: 68
    {
    189.545 224.428
    ...
    }

Files that hold nothing but the points are read too.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from facial_keypoints.landmarks.strict import fault, finite_number, quoted, read_text, whole_number

FIRST_CENTRE = 1.0  # the file's coordinate of the centre that the project calls 0.5


class _Line(NamedTuple):
    where: str
    text: str


def load_pts(path: Path, expected_points: int | None = None) -> np.ndarray:
    """Read one face.  Raises as `parse_pts`, and MissingInputError if there is no such file."""
    return parse_pts(read_text(path), str(path), expected_points)


def parse_pts(text: str, source: str, expected_points: int | None = None) -> np.ndarray:
    """Read one face.  Returns (K, 2) float64, continuous pixels.

    source: the file's name for error messages; expected_points: None takes as many as there are.
    Raises DataError, with file and line, for anything that is not as the format says.
    """
    numbered = enumerate(text.splitlines(), start=1)
    lines = [_Line(f"{source}, line {number}", line.strip()) for number, line in numbered if line.strip()]
    stated, rows = _without_header(lines, source) if lines and _opens_header(lines[0]) else (None, lines)
    points = [_read_point(row) for row in rows]
    for due in (stated, expected_points):
        if due not in (None, len(points)):
            raise fault(source, f"{len(points)} points", str(due))
    if not points:
        raise fault(source, "no points", "at least 1")
    return np.array(points, dtype=np.float64) - FIRST_CENTRE + 0.5


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
        raise fault(lines[-1].where, f"the file ends with {quoted(texts[-1])}", "'}' after the points")
    start = texts.index("{")
    header = dict(_read_entry(line) for line in lines[:start])
    return whole_number(header.get("n_points"), source, "n_points in the header"), lines[start + 1 : -1]


def _read_entry(line: _Line) -> tuple[str, str]:
    name, colon, value = line.text.partition(":")
    if not colon:
        raise fault(line.where, quoted(line.text), "'name: value' or '{'")
    return name.strip(), value.strip()


def _read_point(line: _Line) -> tuple[float, float]:
    fields = line.text.split()
    if len(fields) != 2:
        raise fault(line.where, f"{quoted(line.text)} ({len(fields)} columns)", "2 columns (x, y)")
    return finite_number(fields[0], line.where, "x"), finite_number(fields[1], line.where, "y")
