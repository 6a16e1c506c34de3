"""How a person is photographed: everything that differs from picture to picture."""

from dataclasses import dataclass
from enum import Enum

import numpy as np

from facial_keypoints.sample.people import RGB


class Backdrop(Enum):
    BOARD = "a blackboard, as behind the Danes"
    CLUTTER = "shapes out of focus, as behind people in photographs of the web"


@dataclass(frozen=True)
class Expression:
    smile: float = 0.0  # -0.5 is sad, 1 a broad smile
    mouth_open: float = 0.0  # 0 to 1
    brow_raise: float = 0.0  # -1 is a frown, 1 surprise
    eyes_open: float = 1.0  # 0.3 is half asleep
    gaze: tuple[float, float] = (0.0, 0.0)  # to the image's right and down, -1 to 1


@dataclass(frozen=True)
class Pose:
    """Angles of the head in degrees; where it is, in pixels."""

    centre: tuple[float, float]  # image position (x, y) of the head's pivot, behind the nose
    scale: float  # pixels per unit, which is the distance of the outer eye corners
    yaw: float = 0.0  # positive turns the nose to the image's right
    pitch: float = 0.0  # positive looks down
    roll: float = 0.0  # positive leans clockwise in the image


@dataclass(frozen=True)
class Light:
    direction: tuple[float, float, float] = (-0.3, -0.5, 0.8)  # towards the lamp: x right, y down, z to the camera
    ambient: float = 0.45
    diffuse: float = 0.65


@dataclass(frozen=True)
class Occluder:
    """An upright rounded box before the face, in the image's pixels."""

    centre: tuple[float, float]
    half_size: tuple[float, float]
    angle: float  # degrees
    colour: RGB


@dataclass(frozen=True)
class Scene:
    pose: Pose
    expression: Expression = Expression()
    light: Light = Light()
    backdrop: Backdrop = Backdrop.BOARD
    occluder: Occluder | None = None
    blur: float = 0.6  # sd of the lens, pixels
    noise: float = 3.0  # sd of the sensor, grey levels
    seed: int = 0  # of the backdrop and the noise


def unit_vector(direction: tuple[float, float, float]) -> np.ndarray:
    vector = np.asarray(direction, dtype=np.float64)
    return vector / np.linalg.norm(vector)
