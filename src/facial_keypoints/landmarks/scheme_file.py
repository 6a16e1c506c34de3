"""Landmark schemes as YAML files, for points of one's own (`conf/schemes/`, docs/own_data.md).

    name: face_5                                  # letters, digits, _
    points: [right_eye, left_eye, nose]           # names, or a number of points, which are then named 00, 01, ...
    parts: {eyes: [right_eye, left_eye], nose: 2} # each point in one of them
    mirror: [[right_eye, left_eye]]               # points in no pair are their own mirror image
    outer_eye_corners: [right_eye, left_eye]      # the two whose distance normalises the error
    nose_tip: nose                                # optional
    contours: [{points: 0-1, closed: false}]      # optional: the lines to draw; without, each part is one

A point is meant by its name (a text) or its place (a whole number from 0); "0-5" means the points 0 to 5 where a list
of points is due, unless a point is named so.
"""

import re
from pathlib import Path

from facial_keypoints.errors import ConfigurationError, DataError
from facial_keypoints.landmarks.plain import (
    as_flag,
    as_index,
    as_list,
    as_mapping,
    as_text,
    first_repeated,
    meant,
    require_keys,
    shown,
)
from facial_keypoints.landmarks.schemes import LARGEST_SCHEME, SCHEMES, Contour, LandmarkScheme, numbered_names
from facial_keypoints.landmarks.strict import fault, quoted, read_text
from facial_keypoints.landmarks.strict_yaml import parse_yaml

MAXIMUM_BYTES = 64 * 1024
NEEDED = ("name", "points", "parts", "mirror", "outer_eye_corners")
OPTIONAL = ("contours", "nose_tip")
NAME = re.compile(r"[A-Za-z0-9_]{1,64}")
RANGE = re.compile(r"([0-9]{1,6})-([0-9]{1,6})")
QUOTE = "A name that looks like a number needs quotation marks. "
ADVICE = "Correct the scheme: docs/own_data.md describes its keys."


def load_scheme(path: Path) -> LandmarkScheme:
    """Read one scheme.  Raises as `parse_scheme`, and MissingInputError if there is no such file."""
    return parse_scheme(read_text(path, MAXIMUM_BYTES), str(path))


def parse_scheme(text: str, source: str) -> LandmarkScheme:
    """Read one scheme.  source: the file's name for error messages.

    Raises DataError, with file and key, for anything that is not as described above, and for a name that one of the
    project's own schemes bears.
    """
    content = as_mapping(parse_yaml(text, source, ADVICE), source, "the file", ADVICE)
    require_keys(content, NEEDED, OPTIONAL, source, ADVICE)
    names = _names(content["points"], source)
    name = _scheme_name(content["name"], source)
    parts = {
        part: _points(points, names, f"{source}, parts, {part}")
        for part, points in as_mapping(content["parts"], source, "parts", ADVICE).items()
    }
    tip = content.get("nose_tip")
    try:
        scheme = LandmarkScheme(
            name=name,
            size=len(names),
            names=names,
            parts=parts,
            contours=_contours(content.get("contours"), parts, names, source),
            mirror=_mirror(content["mirror"], names, source),
            outer_eye_corners=_pair(content["outer_eye_corners"], names, f"{source}, outer_eye_corners"),
            nose_tip=None if tip is None else _point(tip, names, f"{source}, nose_tip"),
        )
    except ConfigurationError as error:
        raise DataError(f"{source}: {error} docs/own_data.md describes its keys.") from error
    if SCHEMES.get(name, scheme) != scheme:
        raise fault(f"{source}, name", quoted(name), "a name that is not the project's own already", ADVICE)
    return scheme


def _scheme_name(value: object, source: str) -> str:
    name = as_text(value, f"{source}, name", "the name", ADVICE)
    if not NAME.fullmatch(name):
        raise fault(f"{source}, name", quoted(name), "letters, digits and _ only", ADVICE)
    return name


def _names(value: object, source: str) -> tuple[str, ...]:
    where = f"{source}, points"
    if isinstance(value, list):
        names = tuple(as_text(name, where, f"point {i}", QUOTE + ADVICE) for i, name in enumerate(value))
        repeated = first_repeated(names)
        if repeated is not None:
            raise fault(where, f"{quoted(repeated)} twice", "a different name for each point", ADVICE)
        count = len(names)
    else:
        count = as_index(value, where, "the number of points", ADVICE)
        names = ()
    if not 1 <= count <= LARGEST_SCHEME:
        raise fault(where, f"{count} points", f"1 to {LARGEST_SCHEME}", ADVICE)
    return names or numbered_names(count)


def _point(value: object, names: tuple[str, ...], where: str) -> int:
    """The index of the point that a name or an index means."""
    if isinstance(value, str) and value in names:
        return names.index(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < len(names):
        return value
    hint = meant(value, names) if isinstance(value, str) else ""
    raise fault(where, f"point {shown(value)}", f"a point's name or a number from 0 to {len(names) - 1}", hint + ADVICE)


def _points(value: object, names: tuple[str, ...], where: str) -> tuple[int, ...]:
    """The points that a list, a name, an index or a range means."""
    points: tuple[int, ...] = ()
    for item in value if isinstance(value, list) else [value]:
        points += _run(item, names, where)
        if len(points) > len(names):
            raise fault(where, "more points than there are", f"at most {len(names)}", ADVICE)
    return points


def _run(item: object, names: tuple[str, ...], where: str) -> tuple[int, ...]:
    """The points of a range, downwards if its last is the smaller, or else the one point that is meant."""
    span = RANGE.fullmatch(item) if isinstance(item, str) and item not in names else None
    if span is None:
        return (_point(item, names, where),)
    first, last = (_point(int(end), names, where) for end in span.groups())
    return tuple(range(first, last + 1) if first <= last else range(first, last - 1, -1))


def _pair(value: object, names: tuple[str, ...], where: str) -> tuple[int, int]:
    points = [_point(item, names, where) for item in as_list(value, where, "a pair", ADVICE)]
    if len(points) != 2:
        raise fault(where, f"{len(points)} points", "a pair of 2", ADVICE)
    return points[0], points[1]


def _mirror(value: object, names: tuple[str, ...], source: str) -> tuple[int, ...]:
    where = f"{source}, mirror"
    mirror = list(range(len(names)))
    for item in as_list(value, where, "the list of pairs", ADVICE):
        one, other = _pair(item, names, where)
        for point in (one, other):
            if mirror[point] != point or one == other:
                raise fault(where, f"point {quoted(names[point])} twice", "each point in at most one pair", ADVICE)
        mirror[one], mirror[other] = other, one
    return tuple(mirror)


def _contours(
    value: object, parts: dict[str, tuple[int, ...]], names: tuple[str, ...], source: str
) -> tuple[Contour, ...]:
    if value is None:
        return tuple(Contour(points, closed=False) for points in parts.values())
    where = f"{source}, contours"
    contours = []
    for item in as_list(value, where, "the list of contours", ADVICE):
        contour = as_mapping(item, where, "a contour", ADVICE)
        require_keys(contour, ("points", "closed"), (), where, ADVICE)
        closed = as_flag(contour["closed"], where, "closed", ADVICE)
        contours.append(Contour(_points(contour["points"], names, where), closed))
    return tuple(contours)
