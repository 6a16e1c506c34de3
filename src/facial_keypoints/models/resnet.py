"""torchvision's ResNet-18 with a new head for landmarks."""

import torch
from torch import Tensor, nn
from torchvision.models import ResNet, resnet18

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
FEATURES = 512  # of ResNet-18


class ImagenetNormalisation(nn.Module):
    """Pictures (N, C, H, W) in [0, 1], grey or RGB, with ImageNet's mean and spread taken away."""

    mean: Tensor
    std: Tensor

    def __init__(self, colour: str) -> None:
        super().__init__()
        for name, values in (("mean", IMAGENET_MEAN), ("std", IMAGENET_STD)):
            of_channels = torch.tensor(values)[:, None, None]
            if colour == "grey":
                of_channels = of_channels.mean(dim=0, keepdim=True)
            self.register_buffer(name, of_channels, persistent=False)

    def forward(self, pictures: Tensor) -> Tensor:
        return (pictures - self.mean) / self.std


def headless_resnet18(colour: str) -> ResNet:
    """torchvision's ResNet-18 without ImageNet's classifier, for grey or RGB pictures, with random weights."""
    network = resnet18(weights=None)
    network.fc = nn.Identity()
    if colour == "grey":
        network.conv1 = nn.Conv2d(1, 64, kernel_size=7, stride=2, padding=3, bias=False)
    return network


class ResnetLandmarks(nn.Module):
    """Pictures (N, C, H, W) in [0, 1], grey or RGB, to points (N, points, 2) in [0, 1].

    The head is one linear layer on standardised features. ResNet's pooled features are all positive, so that without
    standardising a step of Adam can move all points together: see docs/decisions.md.
    """

    def __init__(self, colour: str, points: int) -> None:
        super().__init__()
        self.normalise = ImagenetNormalisation(colour)
        self.trunk = headless_resnet18(colour)
        self.last = nn.Linear(FEATURES, 2 * points)
        self.standardise = nn.BatchNorm1d(FEATURES, affine=False)

    def forward(self, pictures: Tensor) -> Tensor:
        features = self.trunk(self.normalise(pictures))
        # The coordinates themselves stay in fp32: in bf16 they would be rounded to a quarter of a percent.
        with torch.autocast(pictures.device.type, enabled=False):
            return self.last(self.standardise(features.float())).unflatten(1, (-1, 2))

    @property
    def first_kernels(self) -> Tensor:
        """Weights of the first convolution, (64, C, 7, 7)."""
        return self.trunk.conv1.weight
