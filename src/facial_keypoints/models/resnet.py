"""torchvision's ResNet-18 with a new head for landmarks."""

import torch
from torch import Tensor, nn
from torchvision.models import resnet18

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


class ResnetLandmarks(nn.Module):
    """Pictures (N, C, H, W) in [0, 1], grey or RGB, to points (N, points, 2) in [0, 1].

    The head is one linear layer on standardised features. ResNet's pooled features are all positive, so that without
    standardising a step of Adam can move all points together: see docs/decisions.md.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, colour: str, points: int) -> None:
        super().__init__()
        self.trunk = resnet18(weights=None)
        self.last = nn.Linear(self.trunk.fc.in_features, 2 * points)
        self.standardise = nn.BatchNorm1d(self.trunk.fc.in_features, affine=False)
        self.trunk.fc = nn.Identity()
        mean, std = torch.tensor(IMAGENET_MEAN), torch.tensor(IMAGENET_STD)
        if colour == "grey":
            self.trunk.conv1 = nn.Conv2d(1, 64, kernel_size=7, stride=2, padding=3, bias=False)
            mean, std = mean.mean()[None], std.mean()[None]
        self.register_buffer("mean", mean[:, None, None], persistent=False)
        self.register_buffer("std", std[:, None, None], persistent=False)

    def forward(self, pictures: Tensor) -> Tensor:
        features = self.trunk((pictures - self.mean) / self.std)
        # The coordinates themselves stay in fp32: in bf16 they would be rounded to a quarter of a percent.
        with torch.autocast(pictures.device.type, enabled=False):
            return self.last(self.standardise(features.float())).unflatten(1, (-1, 2))

    @property
    def first_kernels(self) -> Tensor:
        """Weights of the first convolution, (64, C, 7, 7)."""
        return self.trunk.conv1.weight
