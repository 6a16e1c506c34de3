"""The head's surface: horizontal rings from crown to chin, with the face's relief on their front.

Head coordinates: x to the image's right, y down, z to the camera; the eyes lie at y = 0.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.interpolate import PchipInterpolator

from facial_keypoints.sample.people import Person
from facial_keypoints.sample.scene import Expression

# height y, half width, z of the widest place, z of the front: a typical head, in units
RINGS = np.array([
    (-1.30, 0.01, -0.70, -0.69),
    (-1.24, 0.30, -0.70, -0.35),
    (-1.05, 0.56, -0.70, -0.08),
    (-0.65, 0.74, -0.68, 0.12),
    (-0.25, 0.79, -0.66, 0.19),
    (0.00, 0.79, -0.65, 0.16),
    (0.45, 0.75, -0.58, 0.19),
    (0.75, 0.67, -0.45, 0.20),
    (0.95, 0.57, -0.33, 0.17),
    (1.10, 0.45, -0.20, 0.20),
    (1.21, 0.29, -0.08, 0.18),
    (1.27, 0.14, 0.00, 0.12),
    (1.285, 0.01, 0.04, 0.05),
])  # fmt: skip
JAW_DROP = 0.26  # how far the chin sinks when the mouth is wide open, in units


@dataclass(frozen=True)
class Head:
    person: Person
    expression: Expression

    @cached_property
    def rings(self) -> np.ndarray:
        """(400, 4) rings of this head, at equal steps along the outline of the closed jaw."""
        y, width, centre, front = RINGS.T
        lower = np.clip((y - 0.1) / 0.8, 0, 1)
        width = width * self.person.face_width * (1 + lower * (self.person.jaw_width - 1))
        y = np.where(y > 0.6, 0.6 + (y - 0.6) * self.person.jaw_length, y)
        along = np.concatenate([[0], np.cumsum(np.hypot(np.diff(width), np.diff(y)))])
        curve = PchipInterpolator(along, np.column_stack([y, width, centre, front]))
        rings = curve(np.linspace(0, along[-1], 400))
        rings[:, 0] += JAW_DROP * self.expression.mouth_open * smoothstep((rings[:, 0] - 0.6) / 0.3)
        return rings

    def ring(self, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Half width, z of the widest place and z of the front at heights y."""
        heights = self.rings[:, 0]
        width, centre, front = (np.interp(y, heights, column) for column in self.rings[:, 1:].T)
        return width, centre, front

    def lift(self, flat: np.ndarray) -> np.ndarray:
        """(N, 3) points of the surface behind the frontal positions `flat` (N, 2)."""
        x, y = flat.T
        width, centre, front = self.ring(y)
        bend = np.sqrt(np.clip(1 - (x / width) ** 2, 0, 1))
        return np.column_stack([x, y, centre + (front - centre) * bend + self.relief(x, y)])

    def relief(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """How far nose, lips, brows and cheeks stand out of the rings, in units."""
        person, sx = self.person, np.abs(x)
        length = 0.5 * person.nose_length  # from the eyes' line to the nose's base
        along = y / length
        ridge = np.interp(along, *NOSE_RIDGE) * person.nose_depth
        breadth = np.interp(along, [0, 0.5, 0.85], [0.085, 0.1, 0.13]) * person.nose_width
        wing = 0.14 * _bump(sx - 0.13 * person.nose_width, y - 0.88 * length, 0.065, 0.08)
        socket = -0.07 * _bump(sx - 0.34 * person.eye_distance, y + 0.03, 0.17, 0.11)
        ball = 0.05 * _bump(sx - 0.34 * person.eye_distance, y, 0.11, 0.07)
        brow = 0.03 * _bump(sx - 0.36, y + 0.24 * person.brow_height, 0.25, 0.07)
        cheek = (0.05 + 0.05 * max(self.expression.smile, 0)) * _bump(sx - 0.47, y - 0.36, 0.2, 0.17)
        lips = 0.05 * person.lip_fullness * _bump(sx, y - 0.76, 0.24, 0.12)
        fold = -0.035 * _bump(sx, y - 0.94 - JAW_DROP * self.expression.mouth_open, 0.2, 0.05)
        return ridge * np.exp(-((x / breadth) ** 2)) + wing + socket + ball + brow + cheek + lips + fold


# share of the nose's length -> height of the ridge in units
_RIDGE_KNOTS = np.array(
    [(-0.5, 0), (-0.05, 0.08), (0.4, 0.22), (0.75, 0.38), (0.86, 0.39), (0.96, 0.28), (1.08, 0.05), (1.25, 0)]
)
NOSE_RIDGE = (
    np.linspace(-0.5, 1.25, 200),
    PchipInterpolator(*_RIDGE_KNOTS.T)(np.linspace(-0.5, 1.25, 200)),
)


def smoothstep(t: np.ndarray) -> np.ndarray:
    """0 below 0, 1 above 1, smooth between."""
    t = np.clip(t, 0, 1)
    return t * t * (3 - 2 * t)


def _bump(x: np.ndarray, y: np.ndarray, width: float, height: float) -> np.ndarray:
    return np.exp(-((x / width) ** 2) - (y / height) ** 2)
