"""People in the layout of the IMM Face Database: six photographs each, with 58 points in an `.asf` beside it.

Nordstrøm et al., "The IMM Face Database", DTU 2004.
"""

from collections.abc import Iterator

import numpy as np

from facial_keypoints.landmarks.asf import AsfShape, format_asf
from facial_keypoints.sample.jpeg import jpeg
from facial_keypoints.sample.people import Person, draw_person
from facial_keypoints.sample.render import render_face
from facial_keypoints.sample.scene import Expression, Light, Pose, Scene

HEIGHT, WIDTH = 480, 640
TYPES = (1, 2, 3, 4, 5, 6)
FRONTAL, HAPPY, TURNED_TO_IMAGE_LEFT, TURNED_TO_IMAGE_RIGHT, SPOT_LIGHT, FREE = TYPES
TURN = {TURNED_TO_IMAGE_LEFT: -30.0, TURNED_TO_IMAGE_RIGHT: 30.0}  # degrees


def draw_danes(people: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """Name and content of the files of persons 1 to `people`: "01-1m.jpg", "01-1m.asf", "01-2m.jpg", ...

    A person depends on the seed and the own number alone.
    """
    for number in range(1, people + 1):
        rng = np.random.default_rng([seed, number])
        person, sex = draw_person(rng), "fm"[rng.integers(2)]
        for kind in TYPES:
            yield from _photograph(person, _scene(kind, rng), f"{number:02d}-{kind}{sex}")


def _photograph(person: Person, scene: Scene, stem: str) -> Iterator[tuple[str, bytes]]:
    drawn = render_face(person, scene, (HEIGHT, WIDTH))
    shape = AsfShape(points=drawn.points_58 / (WIDTH, HEIGHT), image=f"{stem}.jpg")
    yield f"{stem}.jpg", jpeg(drawn.image)
    yield f"{stem}.asf", format_asf(shape).encode()


def _scene(kind: int, rng: np.random.Generator) -> Scene:
    """Spreads are those of the real photographs: the place varies by about 16 pixels, the scale by 8 percent."""
    free = kind == FREE
    x, y = rng.normal((325, 288), (25, 14) if free else (16, 14))
    pose = Pose(
        centre=(float(np.clip(x, 260, 380)), float(np.clip(y, 258, 298))),
        scale=float(np.clip(rng.normal(124, 9), 108, 136)),
        yaw=TURN.get(kind, 0.0) + rng.normal(0, 15 if free else 5 if kind in TURN else 3),
        pitch=rng.normal(0, 8 if free else 4),
        roll=rng.normal(0, 8 if free else 2.5),
    )
    return Scene(pose, _expression(kind, rng), _light(kind, rng), seed=int(rng.integers(2**31)))


def _expression(kind: int, rng: np.random.Generator) -> Expression:
    if kind == HAPPY:
        return Expression(smile=rng.uniform(0.6, 1), mouth_open=rng.uniform(0, 0.15), eyes_open=rng.uniform(0.7, 1))
    if kind == FREE:
        return any_expression(rng)
    return Expression(smile=rng.uniform(-0.1, 0.15), eyes_open=rng.uniform(0.85, 1.1))


def any_expression(rng: np.random.Generator) -> Expression:
    """Any face a person can pull."""
    return Expression(
        smile=rng.uniform(-0.5, 1),
        mouth_open=max(0.0, rng.uniform(-0.6, 1)),
        brow_raise=rng.uniform(-0.8, 1),
        eyes_open=rng.uniform(0.35, 1.2),
        gaze=(rng.uniform(-1, 1), rng.uniform(-1, 1)),
    )


def _light(kind: int, rng: np.random.Generator) -> Light:
    if kind == SPOT_LIGHT:  # one lamp, on the person's left
        return Light((rng.uniform(0.8, 1.1), rng.uniform(-0.5, -0.2), 0.6), ambient=0.3, diffuse=0.95)
    return Light((rng.uniform(-0.3, 0.3), -0.6, 1.0), ambient=0.45, diffuse=rng.uniform(0.4, 0.55))
