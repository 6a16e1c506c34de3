"""The `.asf` shape files of the IMM Face Database: one face a file, coordinates relative to the picture's size.

Layout (M. B. Stegmann, "AAM-API file formats"): `#` opens a comment; a line with the number of points; a line for each
point, split by spaces and tabs; the name of the picture.

    path#  type  x/width  y/height  point#  connects-from  connects-to  [user1 user2 user3]
"""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from facial_keypoints.errors import DataError, ShapeError
from facial_keypoints.landmarks.schemes import IMM_58, Contour
from facial_keypoints.landmarks.strict import fault, finite_number, finite_numbers, quoted, read_text, whole_number

COLUMNS = ("path#", "type", "x", "y", "point#", "from", "to")
CLOSED_PATH, OPEN_PATH = 0, 4  # values of the column "type"

_HEADER = """\
######################################################################
#
#    AAM Shape File  -  written by facial_keypoints
#
######################################################################

#
# number of model points
#
{count}

#
# model points
#
# format: <path#> <type> <x rel.> <y rel.> <point#> <connects from> <connects to>
#
"""
_FOOTER = """
#
# host image
#
{image}
"""


@dataclass(frozen=True, eq=False)
class AsfShape:
    """points: (K, 2) float64, x / width and y / height of the picture `image`, a file name without a folder."""

    points: np.ndarray
    image: str

    def __post_init__(self) -> None:
        if self.points.ndim != 2 or self.points.shape[1] != 2:
            raise ShapeError(f"points are {self.points.shape}, expected (K, 2). Give an x and a y for each point.")
        if not _is_file_name(self.image):
            raise DataError(f"image is {quoted(self.image)}, expected a file name. Give it without its folder.")


class _Line(NamedTuple):
    """A line that is neither empty nor a comment, and its number from 1."""

    number: int
    text: str

    def where(self, source: str) -> str:
        return f"{source}, line {self.number}"


def load_asf(path: Path, expected_points: int | None = None) -> AsfShape:
    """Read one face.  Raises as `parse_asf`, and MissingInputError if there is no such file."""
    return parse_asf(read_text(path), str(path), expected_points)


def parse_asf(text: str, source: str, expected_points: int | None = None) -> AsfShape:
    """Read one face.  source: the file's name for error messages; expected_points: None takes what the header says.

    Raises DataError, with file and line, for anything that is not as the format says.
    """
    numbered = enumerate(map(str.strip, text.splitlines()), start=1)
    lines = [_Line(number, line) for number, line in numbered if line and line[0] != "#"]
    if not lines:
        raise fault(source, "the file ends early", "the number of points")
    count = _read_count(lines[0], source, expected_points)
    points = _read_points(lines[1 : count + 1], source)
    if len(points) < count:
        raise fault(source, "the file ends early", f"point {len(points)} of {count}")
    if len(lines) == count + 1:
        raise fault(source, "the file ends early", "the name of the picture")
    image, *others = lines[count + 1 :]
    if not _is_file_name(image.text) or _looks_like_point(image.text):
        raise fault(image.where(source), quoted(image.text), f"the name of the picture after {count} points")
    for extra in others:
        raise fault(extra.where(source), quoted(extra.text), "nothing after the name of the picture")
    return AsfShape(points, image.text)


def format_asf(shape: AsfShape) -> str:
    """The file's text, coordinates with 8 decimals.  58 points are joined as in the IMM files, others in one path."""
    count = len(shape.points)
    contours = IMM_58.contours if count == IMM_58.size else (Contour(tuple(range(count)), closed=False),)
    rows = [
        _format_point(path, contour, at, shape.points[point])
        for path, contour in enumerate(contours)
        for at, point in enumerate(contour.points)
    ]
    return _HEADER.format(count=count) + "".join(rows) + _FOOTER.format(image=shape.image)


def _read_count(line: _Line, source: str, expected_points: int | None) -> int:
    where = line.where(source)
    count = whole_number(line.text, where, "the number of points")
    if count < 1:
        raise fault(where, f"{count} points", "at least 1")
    if expected_points not in (None, count):
        raise fault(where, f"{count} points", str(expected_points))
    return count


def _read_points(rows: list[_Line], source: str) -> np.ndarray:
    """(K, 2): all at once, or, where that fails, one by one to find the fault."""
    points = _points_at_once([row.text.split()[: len(COLUMNS)] for row in rows])
    if points is not None:
        return points
    return np.array([_read_point(row, index, source) for index, row in enumerate(rows)])


def _points_at_once(rows: list[list[str]]) -> np.ndarray | None:
    """The points if every row is plainly as it should be, else None."""
    if not rows or any(len(row) < len(COLUMNS) for row in rows):
        return None
    paths, kinds, xs, ys, numbers, origins, targets = zip(*rows, strict=True)
    whole = "".join((*paths, *kinds, *origins, *targets))
    if not (whole.isascii() and whole.isdigit() and numbers == tuple(map(str, range(len(rows))))):
        return None
    coordinates = finite_numbers([*xs, *ys])
    return None if coordinates is None else coordinates.reshape(2, -1).T


def _read_point(line: _Line, index: int, source: str) -> tuple[float, float]:
    fields = line.text.split()
    where = line.where(source)
    if len(fields) < len(COLUMNS):
        raise fault(where, f"{len(fields)} columns", f"at least {len(COLUMNS)} ({', '.join(COLUMNS)})")
    path, kind, x, y, number, origin, target = fields[: len(COLUMNS)]
    for name, field in (("path#", path), ("type", kind), ("from", origin), ("to", target)):
        whole_number(field, where, name)
    if whole_number(number, where, "point#") != index:
        raise fault(where, f"point# {number}", f"point# {index}: the points stand in order")
    return finite_number(x, where, "x"), finite_number(y, where, "y")


def _is_file_name(text: str) -> bool:
    return text == text.strip() and text[:1] not in ("", "#") and len(text.splitlines()) == 1 and not {*text} & {*"/\\"}


def _looks_like_point(text: str) -> bool:
    fields = text.split()
    return len(fields) >= len(COLUMNS) and all(field.isdigit() for field in (*fields[:2], *fields[4:7]))


def _format_point(path: int, contour: Contour, at: int, point: np.ndarray) -> str:
    """One line; `at` is the point's place on its contour.  An open end connects to itself."""
    last = len(contour.points) - 1
    before = at - 1 if at > 0 else (last if contour.closed else 0)
    after = at + 1 if at < last else (0 if contour.closed else last)
    number, origin, target = (contour.points[i] for i in (at, before, after))
    kind = CLOSED_PATH if contour.closed else OPEN_PATH
    return f"{path} \t{kind} \t{point[0]:.8f} \t{point[1]:.8f} \t{number} \t{origin} \t{target}\n"
