"""Landmark schemes: how many points a face has, what each of them is, and which is which in a mirror.

"Right" and "left" are the person's own: the right eye is the one nearer to the image's left edge.

Sources: M. M. Nordstrøm et al., "The IMM Face Database", DTU 2004 (58 points);
C. Sagonas et al., "300 Faces in-the-Wild Challenge", ICCV-W 2013 (68 points).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from facial_keypoints.errors import ConfigurationError


class Contour(NamedTuple):
    """A line through points, to be drawn: the points in order, and whether the last is joined to the first."""

    points: tuple[int, ...]
    closed: bool


@dataclass(frozen=True, eq=False)
class LandmarkScheme:
    """The meaning of each of `size` points, which are counted from 0.

    parts: jaw, right_brow, left_brow, right_eye, left_eye, nose, mouth; each point is in exactly one of them.
    contours: the lines to draw.
    mirror: `points[mirror]` are the points of the mirrored face, once their x has been flipped.
    outer_eye_corners: the two whose distance normalises the error; their order carries no meaning.
    Raises ConfigurationError where these contradict each other.
    """

    name: str
    size: int
    parts: Mapping[str, tuple[int, ...]]
    contours: tuple[Contour, ...]
    mirror: tuple[int, ...]
    outer_eye_corners: tuple[int, int]
    nose_tip: int

    def __post_init__(self) -> None:
        points = list(range(self.size))
        in_parts = sorted(point for part in self.parts.values() for point in part)
        in_contours = {point for contour in self.contours for point in contour.points}
        first, second = self.outer_eye_corners
        self._require(in_parts == points, f"the parts hold each of the {self.size} points exactly once")
        self._require(in_contours <= set(points), f"the contours use points below {self.size}")
        self._require(sorted(self.mirror) == points, f"the mirror is a permutation of the {self.size} points")
        self._require([self.mirror[i] for i in self.mirror] == points, "mirroring twice is the identity")
        self._require({first, second, self.nose_tip} <= set(points), f"corners and nose tip are below {self.size}")
        self._require(self.mirror[first] == second, "the outer eye corners are each other's mirror image")
        self._require(self.mirror[self.nose_tip] == self.nose_tip, "the nose tip is its own mirror image")

    def _require(self, holds: bool, rule: str) -> None:
        if not holds:
            raise ConfigurationError(f"landmark scheme {self.name!r} breaks a rule: {rule}. Correct its definition.")


def _span(first: int, last: int) -> tuple[int, ...]:
    """first, ..., last; downwards if last is the smaller."""
    return tuple(range(first, last + 1)) if first <= last else tuple(range(first, last - 1, -1))


def _permutation(*runs: Iterable[int]) -> tuple[int, ...]:
    return tuple(point for run in runs for point in run)


IMM_58 = LandmarkScheme(
    name="imm_58",
    size=58,
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


def landmark_scheme(name: str) -> LandmarkScheme:
    """The scheme of that name.  Raises ConfigurationError, which names the known ones."""
    if name not in SCHEMES:
        known = ", ".join(SCHEMES)
        raise ConfigurationError(f"landmark scheme {name!r} is unknown, expected one of: {known}. Use one of these.")
    return SCHEMES[name]
