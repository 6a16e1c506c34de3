"""The outlines of eyes, brows, mouth and nose, seen from the front.

Each is a curve (N, 2) of frontal positions (x, y) in units. What is painted and what is annotated are the same curves.
"""

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import PchipInterpolator

from facial_keypoints.sample.head import JAW_DROP
from facial_keypoints.sample.people import Person
from facial_keypoints.sample.scene import Expression


@dataclass(frozen=True)
class Eye:
    """One eye, the one on the image's right if `side` is 1, else -1. Curves run from the outer to the inner corner."""

    side: int
    person: Person
    expression: Expression

    def upper(self, t: np.ndarray) -> np.ndarray:
        return self._lid(t, -0.095 * self.person.eye_size * self.expression.eyes_open)

    def lower(self, t: np.ndarray) -> np.ndarray:
        return self._lid(t, 0.045 * self.person.eye_size * (1 - 0.3 * max(self.expression.smile, 0)))

    @property
    def iris(self) -> np.ndarray:
        """Centre of the iris (2,)."""
        right, down = self.expression.gaze
        middle = self.upper(np.array([0.5]))[0] * 0.5 + self.lower(np.array([0.5]))[0] * 0.5
        open_middle = np.array([middle[0], -0.02 * self.person.eye_size])
        return open_middle + np.array([0.06 * right, 0.02 * down])

    def _lid(self, t: np.ndarray, height: float) -> np.ndarray:
        spread, half = 0.34 * self.person.eye_distance, 0.16 * self.person.eye_size
        x = self.side * (spread + half * (1 - 2 * t))
        return np.column_stack([x, 0.012 * t + height * (1 - (2 * t - 1) ** 2) ** 0.85])


@dataclass(frozen=True)
class Brow:
    """One brow. Curves run from the inner to the outer end."""

    side: int
    person: Person
    expression: Expression

    def upper(self, t: np.ndarray) -> np.ndarray:
        person, lift = self.person, self.expression.brow_raise
        x = 0.14 + 0.49 * person.eye_distance * t - 0.02 * min(lift, 0) * (t - 1)
        rise = 0.16 * person.brow_height + 0.075 * lift * (1 - 0.3 * t) + 0.03 * min(lift, 0) * (1 - t)
        arch = 0.1 * person.brow_arch * np.sin(np.pi * t**0.8) - 0.05 * t**3
        return np.column_stack([self.side * x, -rise - arch])

    def lower(self, t: np.ndarray) -> np.ndarray:
        thickness = 0.075 * self.person.brow_thickness * (1 - 0.75 * t**2)
        return self.upper(t) + np.column_stack([np.zeros_like(t), thickness])


@dataclass(frozen=True)
class Mouth:
    """Lips. Curves run from the corner on the image's left (t = -1) to the one on its right (t = 1)."""

    person: Person
    expression: Expression

    def upper_outer(self, t: np.ndarray) -> np.ndarray:
        height = np.interp(np.abs(t), *CUPID_BOW) * self.person.lip_fullness * (1 - 0.2 * self._smile)
        return self._line(t, 1.0) - _down(height + 0.01 * self.expression.mouth_open * (1 - t**2))

    def upper_inner(self, t: np.ndarray) -> np.ndarray:
        return self._line(t, 0.88) - _down((0.01 * self.expression.mouth_open + 0.02 * self._smile) * (1 - t**2))

    def lower_inner(self, t: np.ndarray) -> np.ndarray:
        return self._line(t, 0.88) + _down(self._gap * (1 - t**2))

    def lower_outer(self, t: np.ndarray) -> np.ndarray:
        thickness = 0.125 * self.person.lip_fullness * (1 - 0.25 * self._smile)
        return self._line(t, 1.0) + _down((self._gap + thickness) * (1 - t**2) ** 0.8)

    @property
    def _smile(self) -> float:
        return max(self.expression.smile, 0.0)

    @property
    def _gap(self) -> float:
        return 1.1 * JAW_DROP * self.expression.mouth_open + 0.06 * self._smile**2

    def _line(self, t: np.ndarray, width: float) -> np.ndarray:
        """Where the lips meet, stretched to `width` of the distance between the outer corners."""
        smile, opened = self.expression.smile, self.expression.mouth_open
        corner_x = 0.29 * self.person.mouth_width * (1 + 0.2 * smile - 0.12 * opened)
        corner_y = 0.745 - 0.085 * smile + 0.09 * opened
        middle_y = 0.735 + 0.01 * smile
        bend = (width * t) ** 2
        return np.column_stack([corner_x * width * t, middle_y + (corner_y - middle_y) * bend])


@dataclass(frozen=True)
class Nose:
    person: Person

    @property
    def base(self) -> float:
        """y of the nose's lower end, where it meets the lip."""
        return 0.5 * self.person.nose_length

    def side(self, heights: np.ndarray, widths: np.ndarray) -> np.ndarray:
        """Positions at shares of the nose's length and of its half width at the wings (0.19 units)."""
        return np.column_stack([0.19 * self.person.nose_width * widths, self.base * heights])


@dataclass(frozen=True)
class Features:
    person: Person
    expression: Expression

    def eye(self, side: int) -> Eye:
        return Eye(side, self.person, self.expression)

    def brow(self, side: int) -> Brow:
        return Brow(side, self.person, self.expression)

    @property
    def mouth(self) -> Mouth:
        return Mouth(self.person, self.expression)

    @property
    def nose(self) -> Nose:
        return Nose(self.person)


# distance from the middle -> height of the upper lip in units
_BOW = np.linspace(0, 1, 100)
CUPID_BOW = (_BOW, PchipInterpolator([0, 0.27, 0.65, 1], [0.06, 0.082, 0.047, 0])(_BOW))


def _down(height: np.ndarray) -> np.ndarray:
    return np.column_stack([np.zeros_like(height), height])
