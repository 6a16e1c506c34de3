"""The two small networks of the Danes: a trunk of convolutions with max-pooling, and fully connected layers."""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

NOSE_KERNELS = (7, 5, 5, 3)
FACE_KERNELS = (5, 5, 5, 5, 5, 5)


class PointRegressor(nn.Module):
    """Grey pictures (N, 1, height, width) in [0, 1] to points (N, points, 2) in [0, 1].

    Each convolution is followed by ReLU; 2x2 max-pooling stands behind the first `pools` of them.
    Initialised after He et al. (2015): with torch's default and small batches the deeper of the two nets can stay at
    the mean face for ever.
    """

    def __init__(
        self,
        input_size: tuple[int, int],
        kernels: Sequence[int],
        channels: Sequence[int],
        hidden: Sequence[int],
        pools: int,
        points: int,
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for place, ((inside, outside), kernel) in enumerate(zip(pairwise([1, *channels]), kernels, strict=True)):
            layers += [nn.Conv2d(inside, outside, kernel, padding=kernel // 2), nn.ReLU()]
            if place < pools:
                layers.append(nn.MaxPool2d(2))
        self.trunk = nn.Sequential(*layers)
        height, width = (side // 2**pools for side in input_size)
        widths = [channels[-1] * height * width, *hidden]
        dense: list[nn.Module] = []
        for inside, outside in pairwise(widths):
            dense += [nn.Linear(inside, outside), nn.ReLU()]
        self.dense = nn.Sequential(*dense)
        self.last = nn.Linear(widths[-1], 2 * points)
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
                nn.init.zeros_(module.bias)  # type: ignore[arg-type]

    def forward(self, pictures: Tensor) -> Tensor:
        features = self.dense(self.trunk(pictures - 0.5).flatten(1))
        # The coordinates themselves stay in fp32: in bf16 they would be rounded to a quarter of a percent.
        with torch.autocast(pictures.device.type, enabled=False):
            return self.last(features.float()).unflatten(1, (-1, 2))

    @property
    def first_kernels(self) -> Tensor:
        """Weights of the first convolution, (C_out, 1, k, k)."""
        first = self.trunk[0]
        assert isinstance(first, nn.Conv2d)
        return first.weight


def nose_net(
    input_size: tuple[int, int], channels: Sequence[int], hidden: Sequence[int], points: int = 1
) -> PointRegressor:
    """Four convolutions with kernels from 7x7 to 3x3, each with ReLU and max-pooling; three fully connected layers."""
    return PointRegressor(input_size, NOSE_KERNELS, channels, hidden, pools=4, points=points)


def face_net(input_size: tuple[int, int], channels: Sequence[int], hidden: int, points: int = 58) -> PointRegressor:
    """Six 5x5 convolutions with ReLU, max-pooling in between, and two fully connected layers."""
    return PointRegressor(input_size, FACE_KERNELS, channels, [hidden], pools=5, points=points)
