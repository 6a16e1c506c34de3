"""Which parts of a picture a network looks at: those whose hiding moves what it predicts.

M. D. Zeiler and R. Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from facial_keypoints.errors import ShapeError

BATCH_SIZE = 64


@torch.inference_mode()
def occlusion_sensitivity(model: nn.Module, picture: Tensor, square: int, step: int) -> NDArray[np.float32]:
    """How far the predicted points move, on the average, when a grey square hides part of the picture.

    model: (N, C, H, W) in [0, 1] to points (N, K, 2) on [0, 1].  picture: (C, H, W) in [0, 1].
    square: its side; step: from one square to the next; both in pixels. The square has the picture's mean colour.
    Returns (H, W), in pixels: the mean over the squares that hide the pixel.
    Raises ShapeError if the square does not fit into the picture, or if the step leaves pixels between squares.
    """
    height, width = picture.shape[-2:]
    if not 1 <= step <= square <= min(height, width):
        raise ShapeError(
            f"squares of {square} pixels at every {step} in a picture of {height} x {width}: expected "
            f"1 <= step <= square <= {min(height, width)}. Choose a smaller square or step."
        )
    model.eval()
    sides = torch.tensor([width, height])
    plain = model(picture[None])
    corners = [(top, left) for top in places(height, square, step) for left in places(width, square, step)]
    moved, hidings = torch.zeros(height, width), torch.zeros(height, width)
    for some in batches(corners):
        predicted = model(torch.stack([hidden(picture, top, left, square) for top, left in some]))
        distances = ((predicted - plain) * sides).norm(dim=-1).mean(dim=-1)
        for (top, left), distance in zip(some, distances, strict=True):
            moved[top : top + square, left : left + square] += distance
            hidings[top : top + square, left : left + square] += 1
    sensitivity: NDArray[np.float32] = (moved / hidings).numpy()
    return sensitivity


def places(side: int, square: int, step: int) -> list[int]:
    """Where squares start along a side: one each `step` pixels, the last at its end."""
    return [*range(0, side - square, step), side - square]


def batches(corners: list[tuple[int, int]]) -> list[list[tuple[int, int]]]:
    """The corners, some at a time."""
    return [corners[start : start + BATCH_SIZE] for start in range(0, len(corners), BATCH_SIZE)]


def hidden(picture: Tensor, top: int, left: int, square: int) -> Tensor:
    """The picture with a square of its mean colour."""
    covered = picture.clone()
    covered[:, top : top + square, left : left + square] = picture.mean(dim=(1, 2), keepdim=True)
    return covered
