"""Losses of points by name, each in its unit."""

from collections.abc import Callable
from typing import NamedTuple

from torch import Tensor

from facial_keypoints.losses.l1 import l1
from facial_keypoints.losses.mse import mean_squared_error
from facial_keypoints.losses.radial import radial


class Loss(NamedTuple):
    """A function of offsets (N, K, 2) from the true points to a scalar; they are in pixels, or on [0, 1]."""

    function: Callable[[Tensor], Tensor]
    in_pixels: bool = True


LOSSES = {
    "mse": Loss(mean_squared_error, in_pixels=False),
    "l1": Loss(l1),
    "radial": Loss(radial),
}


def point_loss(name: str, predicted: Tensor, truth: Tensor, size: tuple[int, int]) -> Tensor:
    """The loss of that name for points (N, K, 2) on [0, 1] of a picture of `size` (height, width). A scalar."""
    function, in_pixels = LOSSES[name]
    offsets = predicted - truth
    return function(offsets * offsets.new_tensor([size[1], size[0]]) if in_pixels else offsets)
