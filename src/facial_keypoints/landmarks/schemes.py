"""Landmark schemes: how many points a face has, what each of them is, and which is which in a mirror.

"Right" and "left" are the person's own: the right eye is the one nearer to the image's left edge.

Sources: M. M. Nordstrøm et al., "The IMM Face Database", DTU 2004 (58 points);
C. Sagonas et al., "300 Faces in-the-Wild Challenge", ICCV-W 2013 (68 points).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from facial_keypoints.errors import ConfigurationError, DataError
from facial_keypoints.landmarks.plain import as_flag, as_index, as_list, as_mapping, as_text, require_keys
from facial_keypoints.landmarks.strict import fault

LARGEST_SCHEME = 1000  # points; the densest annotations of whole faces in use have some 500
_PLAIN_KEYS = ("name", "names", "parts", "contours", "mirror", "outer_eye_corners", "nose_tip")
_PLAIN_ADVICE = "It was written by another version or damaged: make it again."


class Contour(NamedTuple):
    """A line through points, to be drawn: the points in order, and whether the last is joined to the first."""

    points: tuple[int, ...]
    closed: bool


@dataclass(frozen=True)
class LandmarkScheme:
    """The meaning of each of `size` points, which are counted from 0.  Equal definitions are equal schemes.

    names: of each point, as files call it.
    parts: such as jaw, right_eye, mouth; each point is in exactly one of them.
    contours: the lines to draw.
    mirror: `points[mirror]` are the points of the mirrored face, once their x has been flipped.
    outer_eye_corners: the two whose distance normalises the error; their order carries no meaning.
    nose_tip: None if none of the points is one.
    Raises ConfigurationError where these contradict each other.
    """

    name: str
    size: int
    names: tuple[str, ...]
    parts: Mapping[str, tuple[int, ...]] = field(hash=False)
    contours: tuple[Contour, ...]
    mirror: tuple[int, ...]
    outer_eye_corners: tuple[int, int]
    nose_tip: int | None

    def __post_init__(self) -> None:
        self._require(1 <= self.size <= LARGEST_SCHEME, f"a scheme has 1 to {LARGEST_SCHEME} points")
        points = list(range(self.size))
        in_parts = sorted(point for part in self.parts.values() for point in part)
        in_contours = {point for contour in self.contours for point in contour.points}
        first, second = self.outer_eye_corners
        tip = set() if self.nose_tip is None else {self.nose_tip}
        self._require(len(self.names) == self.size, f"there are as many names as points, {self.size}")
        self._require(len(set(self.names)) == self.size, "no two points have the same name")
        self._require(in_parts == points, f"the parts hold each of the {self.size} points exactly once")
        self._require(in_contours <= set(points), f"the contours use points below {self.size}")
        self._require(sorted(self.mirror) == points, f"the mirror is a permutation of the {self.size} points")
        self._require([self.mirror[i] for i in self.mirror] == points, "mirroring twice is the identity")
        self._require({first, second} | tip <= set(points), f"corners and nose tip are below {self.size}")
        self._require(first != second, "the outer eye corners are two points")
        self._require(self.mirror[first] == second, "the outer eye corners are each other's mirror image")
        self._require(all(self.mirror[i] == i for i in tip), "the nose tip is its own mirror image")

    def _require(self, holds: bool, rule: str) -> None:
        if not holds:
            raise ConfigurationError(f"landmark scheme {self.name!r} breaks a rule: {rule}. Correct its definition.")

    def to_plain(self) -> dict[str, object]:
        """The definition in dict, list, str, int, bool and None only, as JSON and torch's safe loading take it."""
        return {
            "name": self.name,
            "names": list(self.names),
            "parts": {name: list(points) for name, points in self.parts.items()},
            "contours": [{"points": list(contour.points), "closed": contour.closed} for contour in self.contours],
            "mirror": list(self.mirror),
            "outer_eye_corners": list(self.outer_eye_corners),
            "nose_tip": self.nose_tip,
        }

    @classmethod
    def from_plain(cls, content: object, source: str) -> "LandmarkScheme":
        """The scheme that `to_plain` described.  Raises DataError, naming the source, if it is anything else."""
        plain = as_mapping(content, source, "the landmark scheme", _PLAIN_ADVICE)
        require_keys(plain, _PLAIN_KEYS, (), source, _PLAIN_ADVICE)
        names = as_list(plain["names"], source, "names", _PLAIN_ADVICE)
        parts = as_mapping(plain["parts"], source, "parts", _PLAIN_ADVICE)
        corners = _plain_points(plain["outer_eye_corners"], source, "outer_eye_corners")
        if len(corners) != 2:
            raise fault(source, f"{len(corners)} outer eye corners", "2", _PLAIN_ADVICE)
        tip = plain["nose_tip"]
        try:
            return cls(
                name=as_text(plain["name"], source, "name", _PLAIN_ADVICE),
                size=len(names),
                names=tuple(as_text(name, source, "a point's name", _PLAIN_ADVICE) for name in names),
                parts={name: _plain_points(points, source, name) for name, points in parts.items()},
                contours=tuple(
                    _plain_contour(contour, source)
                    for contour in as_list(plain["contours"], source, "contours", _PLAIN_ADVICE)
                ),
                mirror=_plain_points(plain["mirror"], source, "mirror"),
                outer_eye_corners=(corners[0], corners[1]),
                nose_tip=None if tip is None else as_index(tip, source, "nose_tip", _PLAIN_ADVICE),
            )
        except ConfigurationError as error:
            raise DataError(f"{source}: {error}") from error


def numbered_names(count: int) -> tuple[str, ...]:
    """ "00", "01", ...: the names of points that are just numbered."""
    return tuple(f"{point:02d}" for point in range(count))


def _plain_points(value: object, source: str, what: str) -> tuple[int, ...]:
    points = as_list(value, source, what, _PLAIN_ADVICE)
    return tuple(as_index(point, source, f"a point of {what}", _PLAIN_ADVICE) for point in points)


def _plain_contour(value: object, source: str) -> Contour:
    plain = as_mapping(value, source, "a contour", _PLAIN_ADVICE)
    require_keys(plain, ("points", "closed"), (), source, _PLAIN_ADVICE)
    points = _plain_points(plain["points"], source, "a contour")
    return Contour(points, as_flag(plain["closed"], source, "closed", _PLAIN_ADVICE))


def _span(first: int, last: int) -> tuple[int, ...]:
    """first, ..., last; downwards if last is the smaller."""
    return tuple(range(first, last + 1)) if first <= last else tuple(range(first, last - 1, -1))


def _permutation(*runs: Iterable[int]) -> tuple[int, ...]:
    return tuple(point for run in runs for point in run)


IMM_58 = LandmarkScheme(
    name="imm_58",
    size=58,
    names=numbered_names(58),
    parts={
        "jaw": _span(0, 12),
        "left_eye": _span(13, 20),
        "right_eye": _span(21, 28),
        "left_brow": _span(29, 33),
        "right_brow": _span(34, 38),
        "mouth": _span(39, 46),
        "nose": _span(47, 57),
    },
    contours=(
        Contour(_span(0, 12), closed=False),
        Contour(_span(13, 20), closed=True),
        Contour(_span(21, 28), closed=True),
        Contour(_span(29, 33), closed=False),
        Contour(_span(34, 38), closed=False),
        Contour(_span(39, 46), closed=True),
        Contour(_span(47, 57), closed=False),
    ),
    mirror=_permutation(
        _span(12, 0),
        _span(21, 28),
        _span(13, 20),
        _span(34, 38),
        _span(29, 33),
        _span(43, 39),
        _span(46, 44),
        _span(57, 47),
    ),
    outer_eye_corners=(13, 21),
    nose_tip=52,
)

IBUG_68 = LandmarkScheme(
    name="ibug_68",
    size=68,
    names=numbered_names(68),
    parts={
        "jaw": _span(0, 16),
        "right_brow": _span(17, 21),
        "left_brow": _span(22, 26),
        "nose": _span(27, 35),
        "right_eye": _span(36, 41),
        "left_eye": _span(42, 47),
        "mouth": _span(48, 67),
    },
    contours=(
        Contour(_span(0, 16), closed=False),
        Contour(_span(17, 21), closed=False),
        Contour(_span(22, 26), closed=False),
        Contour(_span(27, 30), closed=False),
        Contour(_span(31, 35), closed=False),
        Contour(_span(36, 41), closed=True),
        Contour(_span(42, 47), closed=True),
        Contour(_span(48, 59), closed=True),
        Contour(_span(60, 67), closed=True),
    ),
    mirror=_permutation(
        _span(16, 0),
        _span(26, 17),
        _span(27, 30),
        _span(35, 31),
        _span(45, 42),
        _span(47, 46),
        _span(39, 36),
        _span(41, 40),
        _span(54, 48),
        _span(59, 55),
        _span(64, 60),
        _span(67, 65),
    ),
    outer_eye_corners=(36, 45),
    nose_tip=30,
)

SCHEMES: Mapping[str, LandmarkScheme] = {scheme.name: scheme for scheme in (IMM_58, IBUG_68)}
