"""Who is drawn: everything that stays the same from picture to picture of one person."""

from dataclasses import dataclass

import numpy as np

RGB = tuple[int, int, int]

SKINS = np.array([(246, 212, 190), (236, 190, 160), (222, 172, 138), (198, 144, 108), (158, 106, 76), (112, 74, 54)])
HAIRS = np.array(
    [(38, 28, 24), (70, 46, 32), (112, 74, 44), (172, 128, 72), (206, 174, 116), (142, 66, 36), (150, 148, 146)]
)
IRISES = np.array([(70, 108, 140), (84, 112, 80), (92, 60, 36), (60, 40, 28)])


@dataclass(frozen=True)
class Person:
    """A face's identity. Lengths are factors of a typical face's, unless a unit is given.

    The unit of length in `sample` is the typical distance between the outer eye corners.
    """

    face_width: float
    jaw_width: float
    jaw_length: float
    eye_distance: float
    eye_size: float
    brow_height: float
    brow_thickness: float
    brow_arch: float
    nose_length: float
    nose_width: float
    nose_depth: float
    mouth_width: float
    lip_fullness: float
    hairline: float  # y of the hair's edge on the forehead, in units; more negative is higher
    parting: float  # how much lower the hair is on the image's right of the forehead than in its middle, in units
    hair_length: float  # y of the hair's lower end at the back of the head, in units
    hair_volume: float  # thickness of the hair, in units
    beard: float  # 0 is clean-shaven, 1 a full beard
    skin: RGB
    hair: RGB
    iris: RGB
    lips: RGB
    shirt: RGB
    texture_seed: int  # of the strands of the hair and the grain of the skin


def draw_person(rng: np.random.Generator) -> Person:
    """A random person."""
    darkness = rng.random() ** 1.7
    skin = _between(SKINS, darkness)
    hairs = HAIRS if darkness < 0.6 else HAIRS[:2]
    long_hair = rng.random() < 0.4
    return Person(
        face_width=_near_one(rng, 0.05),
        jaw_width=_near_one(rng, 0.06),
        jaw_length=_near_one(rng, 0.06),
        eye_distance=_near_one(rng, 0.04),
        eye_size=_near_one(rng, 0.08),
        brow_height=_near_one(rng, 0.12),
        brow_thickness=_near_one(rng, 0.25),
        brow_arch=_near_one(rng, 0.3),
        nose_length=_near_one(rng, 0.07),
        nose_width=_near_one(rng, 0.09),
        nose_depth=_near_one(rng, 0.12),
        mouth_width=_near_one(rng, 0.07),
        lip_fullness=_near_one(rng, 0.18),
        hairline=rng.uniform(-0.95, -0.6),
        parting=rng.uniform(-0.2, 0.2),
        hair_length=rng.uniform(1.3, 2.0) if long_hair else rng.uniform(0.4, 0.75),
        hair_volume=rng.uniform(0.08, 0.2),
        beard=0.0 if long_hair or rng.random() < 0.5 else rng.uniform(0.2, 0.85),
        skin=_rgb(skin),
        hair=_rgb(_between(hairs, rng.random())),
        iris=_rgb(IRISES[rng.integers(len(IRISES))]),
        lips=_rgb(0.55 * skin + 0.45 * np.array([176, 50, 60])),
        shirt=_rgb(0.5 * rng.uniform(20, 235) + 0.5 * rng.uniform(20, 235, 3)),
        texture_seed=int(rng.integers(2**31)),
    )


def _near_one(rng: np.random.Generator, spread: float) -> float:
    return 1 + spread * float(np.clip(rng.standard_normal(), -2, 2))


def _between(palette: np.ndarray, share: float) -> np.ndarray:
    """The colour (3,) at a share, 0 to 1, of the way from the palette's first to its last."""
    stops = np.linspace(0, 1, len(palette))
    return np.array([np.interp(share, stops, channel) for channel in palette.T])


def _rgb(colour: np.ndarray) -> RGB:
    red, green, blue = (int(c) for c in np.clip(colour, 0, 255))
    return red, green, blue
