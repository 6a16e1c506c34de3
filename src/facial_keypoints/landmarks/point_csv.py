"""Faces as a table: a CSV file with a row a face, for data of one's own (docs/own_data.md).

    file,x00,y00,x01,y01,...,box_left,box_top,box_width,box_height,split,group
    anna/1.jpg,12.5,40.25,...,3,5,80,80,train,anna

Coordinates are continuous pixels, a pixel's centre at +0.5.  The four columns of the box, `split` and `group` may be
absent, and their cells empty; so may all cells of a face's points and, beside boxes, the columns of all points.  Split
by commas, UTF-8, in any order of columns.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TextIO

import numpy as np

from facial_keypoints.landmarks.annotated_face import AnnotatedFace
from facial_keypoints.landmarks.plain import as_text, first_repeated, require_keys
from facial_keypoints.landmarks.schemes import LandmarkScheme
from facial_keypoints.landmarks.strict import checked_file, fault, finite_number, finite_numbers, quoted

MAXIMUM_BYTES = 128 * 1024 * 1024  # some 100,000 faces with 68 points
LONGEST_LINE = 256 * 1024  # characters; 1000 points with all their digits have 40,000
BOX = ("box_left", "box_top", "box_width", "box_height")
SPLITS = ("train", "validation", "test")
ADVICE = "Correct the file: docs/own_data.md describes its columns."
SEMICOLONS = "It seems to be split by semicolons: export it with commas. "


def load_point_csv(path: Path, scheme: LandmarkScheme) -> list[AnnotatedFace]:
    """Read all faces.  Raises as `parse_point_csv`, and MissingInputError if there is no such file."""
    with checked_file(path, MAXIMUM_BYTES).open(encoding="utf-8-sig", newline="") as file:
        return _read(file, str(path), scheme)


def parse_point_csv(text: str, source: str, scheme: LandmarkScheme) -> list[AnnotatedFace]:
    """Read all faces.  source: the file's name for error messages.

    A face some of whose points are empty has a fault.  Raises DataError, with file, line and column, for anything
    that is not as described above.
    """
    return _read(io.StringIO(text, newline=""), source, scheme)


def format_point_csv(faces: Iterable[AnnotatedFace], scheme: LandmarkScheme) -> str:
    """The file's text, to be written as UTF-8; coordinates with all their digits.

    The columns of the box, `split` and `group` are there if one of the faces has any.  A face with a fault is written
    without points.
    """
    faces = list(faces)
    columns = ["file", *_point_columns(scheme)]
    columns += BOX if any(face.box is not None for face in faces) else ()
    columns += [name for name in ("split", "group") if any(getattr(face, name) is not None for face in faces)]
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(_row(face, scheme) for face in faces)
    return text.getvalue()


def _row(face: AnnotatedFace, scheme: LandmarkScheme) -> dict[str, object]:
    row: dict[str, object] = {"file": face.file}
    row |= {name: value for name, value in (("split", face.split), ("group", face.group)) if value is not None}
    if face.points is not None:
        row |= zip(_point_columns(scheme), face.points.ravel().tolist(), strict=True)
    if face.box is not None:
        row |= zip(BOX, face.box.tolist(), strict=True)
    return row


def _point_columns(scheme: LandmarkScheme) -> list[str]:
    return [f"{axis}{point:02d}" for point in range(scheme.size) for axis in "xy"]


def _read(file: TextIO, source: str, scheme: LandmarkScheme) -> list[AnnotatedFace]:
    rows = csv.reader(_lines(file, source), strict=True)
    try:
        header = next(rows, None)
        if not header:
            raise fault(source, "no header", "the names of the columns in line 1", ADVICE)
        _check_header(header, scheme, source)
        return [_face(header, row, f"{source}, line {rows.line_num}", scheme) for row in rows if row]
    except csv.Error as error:
        raise fault(f"{source}, line {rows.line_num}", f"no CSV ({error})", "cells split by commas", ADVICE) from error
    except UnicodeDecodeError as error:
        raise fault(source, "bytes that are no UTF-8 text", "a text file", "Save it as UTF-8.") from error


def _lines(file: TextIO, source: str) -> Iterator[str]:
    number = 0
    while line := file.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE:
            raise fault(f"{source}, line {number}", f"more than {LONGEST_LINE} characters", "a row a face", ADVICE)
        yield line


def _check_header(header: list[str], scheme: LandmarkScheme, source: str) -> None:
    where = f"{source}, line 1"
    advice = SEMICOLONS + ADVICE if ";" in header[0] else ADVICE
    repeated = first_repeated(header)
    if repeated is not None:
        raise fault(where, f"a second column {quoted(repeated)}", "each column once", advice)
    points = {name[1:] for name in header if re.fullmatch(r"[xy]\d{2,}", name)}
    if len(points) not in (0, scheme.size):
        found = f"columns for {len(points)} points"
        raise fault(where, found, f"the {scheme.size} of scheme {scheme.name}", "Name their scheme: ingest_own.scheme.")
    box = BOX if any(name in BOX for name in header) else ()
    named = () if box and not points else _point_columns(scheme)  # boxes alone are faces without landmarks
    require_keys(header, ("file", *named, *box), (*BOX, "split", "group"), where, advice, "column")


def _face(header: Sequence[str], row: list[str], where: str, scheme: LandmarkScheme) -> AnnotatedFace:
    if len(row) != len(header):
        raise fault(where, f"{len(row)} cells", f"{len(header)}, as in the header", ADVICE)
    cells = {name: cell.strip() for name, cell in zip(header, row, strict=True)}
    file = as_text(cells["file"], where, "file", ADVICE)
    split = cells.get("split") or None
    if split not in (None, *SPLITS):
        raise fault(where, f"split is {quoted(split)}", f"one of {', '.join(SPLITS)}, or nothing", ADVICE)
    points, reason = _points(cells, where, scheme)
    return AnnotatedFace(file, points, _box(cells, where), where, reason, split, cells.get("group") or None)


def _points(cells: dict[str, str], where: str, scheme: LandmarkScheme) -> tuple[np.ndarray | None, str | None]:
    """The points, if all are given, and the fault, if only some are."""
    columns = _point_columns(scheme)
    if columns[0] not in cells:
        return None, None
    empty = sum(not cells[x] or not cells[y] for x, y in zip(columns[::2], columns[1::2], strict=True))
    given = _numbers(cells, [name for name in columns if cells[name]], where)
    if empty == 0:
        return given.reshape(-1, 2), None
    return None, f"{empty} of {scheme.size} points are empty" if len(given) else None


def _box(cells: dict[str, str], where: str) -> np.ndarray | None:
    given = [name for name in BOX if cells.get(name)]
    if not given:
        return None
    if len(given) < len(BOX):
        raise fault(where, f"{len(given)} of the 4 numbers of a box", "all or none", ADVICE)
    box = _numbers(cells, given, where)
    if min(box[2:]) <= 0:
        raise fault(where, f"a box of {box[2]:g} x {box[3]:g} pixels", "a width and a height above 0", ADVICE)
    return box


def _numbers(cells: dict[str, str], names: list[str], where: str) -> np.ndarray:
    numbers = finite_numbers([cells[name] for name in names])
    if numbers is not None:
        return numbers
    return np.array([finite_number(cells[name], where, name, ADVICE) for name in names])
