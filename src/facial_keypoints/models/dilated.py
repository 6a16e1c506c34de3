"""A small trunk that sees far: a few strides, then dilated convolutions with shortcuts.

F. Yu, V. Koltun, "Multi-scale context aggregation by dilated convolutions" (ICLR 2016).
"""

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn


def convolution(inside: int, outside: int, kernel: int, stride: int = 1, dilation: int = 1) -> nn.Sequential:
    """Convolution, batch normalisation, ReLU; with stride 1 the size stays."""
    padding = dilation * (kernel // 2)
    return nn.Sequential(
        nn.Conv2d(inside, outside, kernel, stride, padding, dilation, bias=False), nn.BatchNorm2d(outside), nn.ReLU()
    )


class Shortcut(nn.Module):
    """What comes in, plus a dilated convolution of it."""

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.body = convolution(channels, channels, 3, dilation=dilation)

    def forward(self, features: Tensor) -> Tensor:
        out: Tensor = features + self.body(features)
        return out


class DilatedTrunk(nn.Module):
    """Grey pictures (N, 1, H, W) in [0, 1] to features (N, channels[-1], H / s, W / s), s = 2 ** len(channels)."""

    def __init__(self, channels: Sequence[int], dilations: Sequence[int]) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            convolution(1, channels[0], 5, stride=2),
            *(convolution(inside, outside, 3, stride=2) for inside, outside in pairwise(channels)),
            *(Shortcut(channels[-1], dilation) for dilation in dilations),
        )

    def forward(self, pictures: Tensor) -> Tensor:
        out: Tensor = self.layers(pictures - 0.5)
        return out
