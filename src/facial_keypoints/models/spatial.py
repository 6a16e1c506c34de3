"""Networks that look for each point in the picture: a map of where it is likely to be, and the mean over that map."""

from typing import NamedTuple

import torch
from torch import Tensor, nn


class Maps(NamedTuple):
    """What a spatial head says of each point.

    logits: (N, K, h, w), of the point lying in a cell. points: (N, K, 2) on [0, 1], the mean over the cells.
    rough: (N, K, 2) on [0, 1], from pooled features alone; it helps to learn and is not part of the prediction.
    """

    logits: Tensor
    points: Tensor
    rough: Tensor

    @property
    def spread(self) -> Tensor:
        """Root mean square distance of the likely cells from their mean, (N, K), in sides of the picture."""
        chances = self.logits.flatten(2).softmax(dim=-1)
        cells = cell_centres(self.logits)
        mean = _expected(chances, cells)
        return (_expected(chances, cells.square()) - mean.square()).sum(dim=-1).clamp(min=0).sqrt()


def cell_centres(maps: Tensor) -> Tensor:
    """The centres of the cells of maps (..., h, w), (h * w, 2) on [0, 1], in the order of `flatten`."""
    height, width = maps.shape[-2:]
    y = (torch.arange(height, device=maps.device) + 0.5) / height
    x = (torch.arange(width, device=maps.device) + 0.5) / width
    return torch.stack([x.repeat(height), y.repeat_interleave(width)], dim=-1)


def _expected(chances: Tensor, values: Tensor) -> Tensor:
    """The mean of values (P, 2) by chances (N, K, P), (N, K, 2), in fp32 whatever autocast says."""
    with torch.autocast(chances.device.type, enabled=False):
        return chances.float() @ values.float()


class SpatialHead(nn.Module):
    """Features (N, C, h, w) to Maps: for each point a softmax over cells, and in each cell an offset to the point.

    Soft-argmax after D. Luvizon, H. Tabia, D. Picard, "Human pose regression by combining indirect part detection and
    contextual information" (2017); an offset in each cell after H. Jin, S. Liao, L. Shao, "Pixel-in-pixel net" (IJCV
    2021), but averaged over all cells, so that learning has a gradient for the place too.
    """

    def __init__(self, channels: int, points: int) -> None:
        super().__init__()
        self.maps = nn.Conv2d(channels, 3 * points, 1)
        self.rough = nn.Linear(channels, 2 * points)
        nn.init.normal_(self.maps.weight, std=0.01)
        nn.init.zeros_(self.maps.bias)  # type: ignore[arg-type]

    def forward(self, features: Tensor) -> Maps:
        # The coordinates themselves stay in fp32: in bf16 they would be rounded to a quarter of a percent.
        with torch.autocast(features.device.type, enabled=False):
            features = features.float()
            logits, right, down = self.maps(features).chunk(3, dim=1)
            chances = logits.flatten(2).softmax(dim=-1)
            offsets = torch.stack([(chances * part.flatten(2)).sum(dim=-1) for part in (right, down)], dim=-1)
            cells = offsets.new_tensor([logits.shape[-1], logits.shape[-2]])
            points = _expected(chances, cell_centres(logits)) + offsets / cells
            rough = self.rough(features.mean(dim=(2, 3))).unflatten(1, (-1, 2))
        return Maps(logits, points, rough)


class SpatialNet(nn.Module):
    """Pictures (N, C, H, W) in [0, 1] to points (N, K, 2) in [0, 1]: a trunk of features, and the spatial head."""

    def __init__(self, trunk: nn.Module, channels: int, points: int) -> None:
        super().__init__()
        self.trunk = trunk
        self.head = SpatialHead(channels, points)

    def maps(self, pictures: Tensor) -> Maps:
        maps: Maps = self.head(self.trunk(pictures))
        return maps

    def forward(self, pictures: Tensor) -> Tensor:
        return self.maps(pictures).points

    @property
    def first_kernels(self) -> Tensor:
        """Weights of the first convolution, (C_out, C, k, k)."""
        first = next(module for module in self.modules() if isinstance(module, nn.Conv2d))
        return first.weight
