"""Affine maps and crops in one pixel convention.

Continuous image coordinates: x right, y down, a pixel's centre at +0.5, so an image spans [0, W] x [0, H] and resizing
is pure scaling. It is the convention of `torch.nn.functional.affine_grid(align_corners=False)`.

An affine map is a (2, 3) array `[A | t]` that takes a point p to `A p + t`; leading axes are a batch.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from facial_keypoints.errors import ShapeError

Array = NDArray[np.floating]
ROUNDING = 1e-6  # of a pixel: an edge that lies so near to the picture's lies on it


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
    """The map from the pixels of the crop to those of the photograph, (2, 3); or one for each of many boxes, (N, 2, 3).

    box: (4,) or (N, 4) left, top, width, height in pixels of the photograph.
    The one place where a box becomes a crop: ingest and what networks see both rest on it.
    """
    left, top, width, height = np.moveaxis(np.asarray(box, dtype=np.float64), -1, 0)
    box_side = np.sqrt(width * height)
    side = crop.scale * box_side
    matrix = np.zeros((*np.shape(side), 2, 3))
    matrix[..., 0, 0] = matrix[..., 1, 1] = side / crop.size
    matrix[..., 0, 2] = left + width / 2 - side / 2
    matrix[..., 1, 2] = top + height / 2 + crop.shift_down * box_side - side / 2
    return matrix


def crop_boxes(to_source: NDArray[np.floating], crop: Crop) -> Array:
    """The square boxes (N, 4) around which crops were cut, in pixels of the photographs: `crop_matrix` undone.

    to_source: (N, 2, 3), from the pixels of the crops to those of the photographs.
    """
    cut_side = to_source[:, 0, 0] * crop.size
    side = cut_side / crop.scale
    left = to_source[:, 0, 2] + (cut_side - side) / 2
    top = to_source[:, 1, 2] + (cut_side - side) / 2 - crop.shift_down * side
    return np.stack([left, top, side, side], axis=-1)


def inner_crop_matrix(outer: Crop, inner: Crop) -> Array:
    """The map from the pixels of `inner` to those of `outer` when both are cut around one box, (2, 3)."""
    unit_box = np.array([0.0, 0.0, 1.0, 1.0])
    return compose(inverse(crop_matrix(unit_box, outer)), crop_matrix(unit_box, inner))


def cut(picture: Image.Image, matrix: NDArray[np.floating], size: tuple[int, int]) -> NDArray[np.uint8]:
    """The part of a picture that `matrix` describes, resampled with antialiasing, (height, width) or with colours.

    picture: grey or RGB, 8 bits; matrix: (2, 3), from the cut to the picture, of scales and a shift only;
    size: (height, width) of the cut. Pixels that are not wholly in the picture repeat the nearest one that is.
    Raises ShapeError for a matrix that turns.
    """
    if matrix[0, 1] or matrix[1, 0] or min(matrix[0, 0], matrix[1, 1]) <= 0:
        raise ShapeError(f"the map {matrix.tolist()} turns or mirrors, expected scales and a shift.")
    height, width = size
    across = _seen(matrix[0, 2], matrix[0, 0], width, picture.width)
    down = _seen(matrix[1, 2], matrix[1, 1], height, picture.height)
    # Pillow's bilinear filter widens where it shrinks, and takes the corners in the convention of this module.
    box = (across.low, down.low, across.high, down.high)
    resampled = picture.resize((across.pixels, down.pixels), Image.Resampling.BILINEAR, box)
    pixels = np.asarray(resampled)
    beyond = [(down.before, down.after), (across.before, across.after), (0, 0)]
    return np.pad(pixels, beyond[: pixels.ndim], mode="edge")


class _Seen(NamedTuple):
    """Along one axis: how many pixels of a cut see the picture, how many before and after them do not, and from where
    to where in the picture they see.
    """

    pixels: int
    before: int
    after: int
    low: float
    high: float


def _seen(start: float, pixel: float, size: int, limit: int) -> _Seen:
    """start: of the cut, in pixels of the picture, which has `limit`; pixel: the width there of each of `size`."""
    first = int(np.clip(np.ceil(-start / pixel), 0, size - 1))
    last = int(np.clip(np.floor((limit - start) / pixel), first + 1, size))
    low, high = start + first * pixel, start + last * pixel
    if low < -ROUNDING * pixel or high > limit + ROUNDING * pixel:
        # Not one pixel lies wholly in the picture: the nearest place stands for all.
        low = float(np.clip(low, 0, limit - 1))
        high = low + 1
        last = first + 1
    return _Seen(last - first, first, size - last, max(low, 0.0), min(high, float(limit)))
