"""Affine maps and crops in one pixel convention.

Continuous image coordinates: x right, y down, a pixel's centre at +0.5, so an image spans [0, W] x [0, H] and resizing
is pure scaling. It is the convention of `torch.nn.functional.affine_grid(align_corners=False)`.

An affine map is a (2, 3) array `[A | t]` that takes a point p to `A p + t`; leading axes are a batch.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from facial_keypoints.errors import ShapeError

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
    """The part of a picture that `matrix` describes, resampled with antialiasing; beyond it its border is repeated.

    image: (H, W) or (H, W, 3) uint8; matrix: (2, 3), from the cut to the picture, of scales and a shift only;
    size: (height, width) of the cut.  Raises ShapeError for a matrix that turns.
    """
    if matrix[0, 1] or matrix[1, 0] or min(matrix[0, 0], matrix[1, 1]) <= 0:
        raise ShapeError(f"the map {matrix.tolist()} turns or mirrors, expected scales and a shift.")
    height, width = size
    corners = transform_points(matrix, np.array([[0.0, 0.0], [width, height]]))
    support = max(1.0, matrix[0, 0], matrix[1, 1])  # how far the filter looks around a pixel of the cut
    window, origin = _window(image, corners, margin=1 + int(np.ceil(support)))
    left, top, right, bottom = (corners - origin).ravel().tolist()
    # Pillow's bilinear filter widens where it shrinks, and takes the corners in the convention of this module.
    bilinear = Image.Resampling.BILINEAR
    return np.asarray(Image.fromarray(window).resize((width, height), bilinear, (left, top, right, bottom)))


def _window(image: NDArray[np.uint8], corners: NDArray[np.floating], margin: int) -> tuple[NDArray[np.uint8], Array]:
    """The pixels within two corners (2, 2) of a picture and a margin around, and where in it they begin, (2,).

    Pixels beyond the picture repeat its border.
    """
    height, width = image.shape[:2]
    left, top = np.floor(corners[0]).astype(int) - margin
    right, bottom = np.ceil(corners[1]).astype(int) + margin
    origin = np.array([left, top], dtype=np.float64)
    if left >= 0 and top >= 0 and right <= width and bottom <= height:
        return image[top:bottom, left:right], origin
    rows, columns = np.arange(top, bottom).clip(0, height - 1), np.arange(left, right).clip(0, width - 1)
    return image[rows[:, None], columns], origin
