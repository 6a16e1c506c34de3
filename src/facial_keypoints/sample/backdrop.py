"""What is behind people, and what is in front of them."""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter
from scipy.ndimage import gaussian_filter

from facial_keypoints.sample.scene import Backdrop, Occluder, Scene

COARSE = 4  # backdrops are out of focus: painted so many times smaller


def backdrop(scene: Scene, size: tuple[int, int]) -> np.ndarray:
    """(height, width, 3) float32 colours, 0 to 1."""
    rng = np.random.default_rng([scene.seed, 1])
    coarse = (size[0] // COARSE + 1, size[1] // COARSE + 1)
    small = _board(scene, coarse, rng) if scene.backdrop is Backdrop.BOARD else _clutter(coarse, rng)
    picture = Image.fromarray((np.clip(small, 0, 1) * 255).astype(np.uint8))
    return np.asarray(picture.resize(size[::-1], Image.Resampling.BICUBIC), dtype=np.float32) / 255


def _board(scene: Scene, size: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """A green board with traces of chalk, brighter towards the lamp."""
    y, x = np.mgrid[-1 : 1 : size[0] * 1j, -1 : 1 : size[1] * 1j]
    light = scene.light
    glow = light.ambient + light.diffuse * np.exp(
        -((x - light.direction[0]) ** 2 + (y - light.direction[1]) ** 2) / 1.5
    )
    chalk = gaussian_filter(rng.standard_normal(size), (1, 9)) * 0.35
    board = np.array([0.1, 0.26, 0.22]) * glow[..., None] * 1.2
    return board * (1 + chalk[..., None])


def _clutter(size: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """A gradient, boxes and discs in any colours, more or less out of focus, and a grain."""
    top, bottom = _muted(rng) / 255, _muted(rng) / 255
    share = np.linspace(0, 1, size[0])[:, None, None]
    ground = np.broadcast_to(top + share * (bottom - top), (*size, 3))
    picture = Image.fromarray((ground * 255).astype(np.uint8))
    pen = ImageDraw.Draw(picture)
    for _ in range(rng.integers(4, 16)):
        x, y = rng.uniform(-0.1, 1.1, 2) * size[::-1]
        width, height = rng.uniform(0.03, 0.3, 2) * max(size)
        red, green, blue = (int(c) for c in _muted(rng))
        shape = pen.rectangle if rng.random() < 0.6 else pen.ellipse
        shape((x - width, y - height, x + width, y + height), fill=(red, green, blue))
    picture = picture.filter(ImageFilter.GaussianBlur(rng.uniform(0.5, 5)))
    grain = gaussian_filter(rng.standard_normal(size), 0.7) * rng.uniform(0, 0.08)
    return np.asarray(picture) / 255 + grain[..., None]


def _muted(rng: np.random.Generator) -> np.ndarray:
    """A colour (3,), 0 to 255, halfway to grey."""
    return 0.5 * rng.uniform(0, 255) + 0.5 * rng.uniform(0, 255, 3)


def cover(picture: np.ndarray, occluder: Occluder) -> np.ndarray:
    """The picture (height, width, 3) with the occluder in front."""
    y, x = np.mgrid[: picture.shape[0], : picture.shape[1]].astype(np.float32) + 0.5
    dx, dy = x - occluder.centre[0], y - occluder.centre[1]
    cosine, sine = np.cos(np.radians(occluder.angle)), np.sin(np.radians(occluder.angle))
    along, across = (dx * cosine + dy * sine) / occluder.half_size[0], (dy * cosine - dx * sine) / occluder.half_size[1]
    inside = along**6 + across**6  # 1 on the edge of a box with round corners
    opacity = np.clip((1 - inside) * 4, 0, 1)[..., None]
    rounding = 0.55 + 0.45 * np.sqrt(np.clip(1 - across**2, 0, 1))[..., None]
    return picture + opacity * (np.array(occluder.colour, dtype=np.float32) / 255 * rounding - picture)
