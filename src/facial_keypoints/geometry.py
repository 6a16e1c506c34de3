"""Affine maps and crops in one pixel convention.

Continuous image coordinates: x right, y down, a pixel's centre at +0.5, so an image spans [0, W] x [0, H] and resizing
is pure scaling. It is the convention of `torch.nn.functional.affine_grid(align_corners=False)`.

An affine map is a (2, 3) array `[A | t]` that takes a point p to `A p + t`; leading axes are a batch.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from skimage.filters import gaussian
from skimage.transform import AffineTransform, warp

Array = NDArray[np.floating]


@dataclass(frozen=True)
class Crop:
    """The square that is cut around a face's box, as data sets and checkpoints remember it.

    scale: side of the square in sides of the box (the square root of its area).
    shift_down: by how much the square's centre lies below the box's, in sides of the box. Detectors' boxes start at the
        brows and end at the chin or above, so the landmarks lie lower than the box.
    size: side of the cut picture in pixels.
    """

    scale: float
    shift_down: float
    size: int


def identity() -> Array:
    """The map that leaves every point where it is, (2, 3)."""
    return np.eye(2, 3)


def scaling(x: float, y: float) -> Array:
    """The map that multiplies x and y, (2, 3)."""
    return np.array([[x, 0.0, 0.0], [0.0, y, 0.0]])


def transform_points(matrix: NDArray[np.floating], points: NDArray[np.floating]) -> NDArray[np.floating]:
    """Points (..., K, 2) moved by maps (..., 2, 3)."""
    return points @ np.swapaxes(matrix[..., :2], -1, -2) + matrix[..., None, :, 2]


def compose(outer: NDArray[np.floating], inner: NDArray[np.floating]) -> NDArray[np.floating]:
    """The map "first inner, then outer", (..., 2, 3)."""
    linear = outer[..., :2] @ inner[..., :2]
    offset = outer[..., :2] @ inner[..., 2:] + outer[..., 2:]
    return np.concatenate([linear, offset], axis=-1)


def inverse(matrix: NDArray[np.floating]) -> NDArray[np.floating]:
    """The map that undoes `matrix` (..., 2, 3).  Raises numpy.linalg.LinAlgError if it flattens the plane."""
    linear = np.linalg.inv(matrix[..., :2])
    return np.concatenate([linear, -linear @ matrix[..., 2:]], axis=-1)


def crop_matrix(box: NDArray[np.floating], crop: Crop) -> Array:
    """The map from the pixels of the crop to those of the photograph, (2, 3).

    box: (4,) left, top, width, height in pixels of the photograph.
    The one place where a box becomes a crop: ingest and what networks see both rest on it.
    """
    left, top, width, height = np.asarray(box, dtype=np.float64)
    box_side = np.sqrt(width * height)
    side = crop.scale * box_side
    corner_x = left + width / 2 - side / 2
    corner_y = top + height / 2 + crop.shift_down * box_side - side / 2
    pixel = side / crop.size
    return np.array([[pixel, 0.0, corner_x], [0.0, pixel, corner_y]])


def inner_crop_matrix(outer: Crop, inner: Crop) -> Array:
    """The map from the pixels of `inner` to those of `outer` when both are cut around one box, (2, 3)."""
    unit_box = np.array([0.0, 0.0, 1.0, 1.0])
    return compose(inverse(crop_matrix(unit_box, outer)), crop_matrix(unit_box, inner))


def cut(image: NDArray[np.uint8], matrix: NDArray[np.floating], size: tuple[int, int]) -> NDArray[np.uint8]:
    """The part of a picture that `matrix` (2, 3; from cut to picture) describes, smoothed first where it shrinks.

    image: (H, W) or (H, W, 3) uint8; size: (height, width) of the cut.  Beyond the picture its border is repeated.
    """
    shrink = max(float(np.sqrt(abs(np.linalg.det(matrix[:, :2])))), 1.0)
    window, corner = _window(image, matrix, size, margin=int(np.ceil(2 * shrink)) + 2)
    pixels = window.astype(np.float32)
    if shrink > 1:
        # The blur that skimage.transform.resize(anti_aliasing=True) uses.
        axis = -1 if image.ndim == 3 else None
        pixels = gaussian(pixels, sigma=(shrink - 1) / 2, mode="nearest", channel_axis=axis, preserve_range=True)
    matrix = matrix - np.column_stack([np.zeros((2, 2)), corner])
    # skimage puts a pixel's centre at a whole number, we at +0.5.
    half = np.array([[1.0, 0.0, 0.5], [0.0, 1.0, 0.5]])
    to_pixels = np.vstack([compose(inverse(half), compose(matrix, half)), [0.0, 0.0, 1.0]])
    sampled = warp(pixels, AffineTransform(to_pixels), output_shape=size, order=1, mode="edge", preserve_range=True)
    return np.clip(np.rint(sampled), 0, 255).astype(np.uint8)


def _window(
    image: NDArray[np.uint8], matrix: NDArray[np.floating], size: tuple[int, int], margin: int
) -> tuple[NDArray[np.uint8], Array]:
    """The part of the picture that the cut looks at and its upper left corner (2,): photographs may be much larger."""
    height, width = size
    corners = transform_points(matrix, np.array([[0.0, 0.0], [width, 0.0], [0.0, height], [width, height]]))
    limit = np.array([image.shape[1], image.shape[0]])
    # At least one pixel, so that a crop wholly outside the picture still finds a border to repeat.
    first = np.clip(np.floor(corners.min(axis=0)).astype(int) - margin, 0, limit - 1)
    last = np.clip(np.ceil(corners.max(axis=0)).astype(int) + margin, first + 1, limit)
    return image[first[1] : last[1], first[0] : last[0]], first.astype(np.float64)
