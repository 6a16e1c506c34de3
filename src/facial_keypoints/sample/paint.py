"""Paints skin, eyes, brows, lips and nostrils along the outlines of a person's features."""

import numpy as np

from facial_keypoints.sample.canvas import Canvas
from facial_keypoints.sample.features import Brow, Eye, Features, Mouth
from facial_keypoints.sample.head import Head
from facial_keypoints.sample.people import RGB, Person

T = np.linspace(0, 1, 25)  # along eyes and brows
ACROSS = np.linspace(-1, 1, 33)  # along the mouth
SIDES = (-1, 1)
DARK: RGB = (28, 18, 16)
EYE_WHITE: RGB = (226, 222, 216)
TEETH: RGB = (232, 226, 212)


def painted_face(head: Head, features: Features, scale: float) -> Canvas:
    """The skin of a head as a canvas with about `scale` pixels a unit."""
    person = head.person
    canvas = Canvas(person.skin, scale)
    _paint_soft(canvas, head, features)
    for side in SIDES:
        _paint_eye(canvas, features.eye(side))
        _paint_brow(canvas, features.brow(side))
        canvas.fill(_oval(side * 0.085 * person.nose_width, 0.97 * features.nose.base, 0.04, 0.016), DARK)
    _paint_mouth(canvas, features.mouth)
    return canvas


def _paint_soft(canvas: Canvas, head: Head, features: Features) -> None:
    person, nose, mouth = head.person, features.nose, features.mouth
    shade, flush = mixed(person.skin, DARK, 0.45), mixed(person.skin, (200, 60, 60), 0.4)
    for side in SIDES:
        eye = features.eye(side)
        canvas.stain(_oval(side * 0.47, 0.38, 0.16, 0.13), flush, 0.45, 0.08)
        canvas.stain(_loop(_lowered(eye.upper(T) * [1, 1.5], -0.05), _lowered(eye.lower(T), 0.05)), shade, 0.5, 0.035)
        fold = np.array([(0.2, 0.42), (0.25, 0.5), (0.36, 0.72), (0.33, 0.74), (0.21, 0.53)]) * [side, 1]
        canvas.stain(fold, shade, 0.35 + 0.45 * max(head.expression.smile, 0), 0.02)
        canvas.stain(_oval(side * 0.2 * person.nose_width, 0.88 * nose.base, 0.02, 0.06), shade, 0.4, 0.018)
    if person.beard > 0:
        _paint_beard(canvas, head, features)
    canvas.stain(_oval(0, 1.04 * nose.base, 0.14, 0.02), shade, 0.45, 0.02)
    under_lip = mouth.lower_outer(np.array([0.0]))[0, 1]
    canvas.stain(_oval(0, under_lip + 0.045, 0.14, 0.025), shade, 0.55, 0.025)


def _paint_beard(canvas: Canvas, head: Head, features: Features) -> None:
    person, rings = head.person, head.rings[head.rings[:, 0] > 0.45]
    outer = np.column_stack([rings[:, 1] + 0.1, rings[:, 0] + 0.05])
    cheek = np.array([(0.6, 0.5), (0.48, 0.72), (0.32, 0.62), (0.16, 0.6)])
    half = np.concatenate([cheek[::-1], outer])
    canvas.stain(_loop(half * [-1, 1], half), mixed(person.hair, DARK, 0.25), 0.85 * person.beard, 0.035)


def _paint_eye(canvas: Canvas, eye: Eye) -> None:
    person = eye.person
    iris_x, iris_y = eye.iris
    upper, lower = eye.upper(T), eye.lower(T)
    radius = 0.068 * person.eye_size
    shapes = [
        (_oval(eye.side * 0.18 * person.eye_distance, 0.012, 0.035, 0.03), (205, 150, 140)),
        (_oval(iris_x, iris_y, radius, radius), mixed(person.iris, DARK, 0.5)),
        (_oval(iris_x, iris_y, 0.85 * radius, 0.85 * radius), person.iris),
        (_oval(iris_x, iris_y, 0.45 * radius, 0.45 * radius), (10, 8, 8)),
        (_oval(iris_x + 0.02, iris_y - 0.02, 0.013, 0.013), (250, 250, 250)),
    ]
    canvas.inlay(_loop(upper, lower), EYE_WHITE, shapes)
    canvas.line(upper, DARK, 0.022)
    canvas.line(lower, mixed(person.skin, DARK, 0.5), 0.008)
    canvas.line(_lowered(upper[3:-2] * [1, 1.2], -0.035), mixed(person.skin, DARK, 0.4), 0.01)


def _paint_brow(canvas: Canvas, brow: Brow) -> None:
    colour = mixed(mixed(brow.person.hair, DARK, 0.35), brow.person.skin, 0.15)
    upper, lower = brow.upper(T), brow.lower(T)
    canvas.fill(_loop(upper, lower), colour)
    for t in T[1:-2:2]:  # single hairs, so that the brow's edge is not a stencil's
        root, end = _lowered(brow.lower(np.array([t])), 0.006), brow.upper(np.array([t + 0.06]))
        canvas.line(np.concatenate([root, end]), mixed(colour, DARK, 0.4), 0.006)


def _paint_mouth(canvas: Canvas, mouth: Mouth) -> None:
    lips = mouth.person.lips
    upper_outer, upper_inner = mouth.upper_outer(ACROSS), mouth.upper_inner(ACROSS)
    lower_inner, lower_outer = mouth.lower_inner(ACROSS), mouth.lower_outer(ACROSS)
    canvas.fill(_loop(upper_outer, lower_outer), mixed(lips, (90, 20, 24), 0.2))
    canvas.fill(_loop(lower_inner, lower_outer), mixed(lips, (235, 150, 140), 0.12))
    teeth = _loop(upper_inner, _lowered(upper_inner, 0.075))
    tongue = _oval(0, mouth.lower_inner(np.zeros(1))[0, 1] + 0.01, 0.13, 0.06)
    canvas.inlay(_loop(upper_inner, lower_inner), (48, 16, 18), [(tongue, (150, 62, 64)), (teeth, TEETH)])
    canvas.line(upper_inner, mixed(lips, DARK, 0.6), 0.012)


def mixed(first: RGB, second: RGB, share: float) -> RGB:
    """`first` with a share, 0 to 1, of `second`."""
    red, green, blue = (round(a + share * (b - a)) for a, b in zip(first, second, strict=True))
    return red, green, blue


def _loop(there: np.ndarray, back: np.ndarray) -> np.ndarray:
    """The outline along one curve and back along the other."""
    return np.concatenate([there, back[::-1]])


def _lowered(curve: np.ndarray, distance: float) -> np.ndarray:
    return curve + np.array([0.0, distance])


def _oval(x: float, y: float, half_width: float, half_height: float) -> np.ndarray:
    angle = np.linspace(0, 2 * np.pi, 28)
    return np.column_stack([x + half_width * np.cos(angle), y + half_height * np.sin(angle)])


def neck_skin(person: Person) -> RGB:
    """Darker than the face: the chin keeps the light off it."""
    return mixed(person.skin, DARK, 0.22)
