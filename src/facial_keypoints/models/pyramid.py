"""A ResNet-18 whose four stages are summed at the finest one's resolution.

T. Lin et al., "Feature pyramid networks for object detection" (CVPR 2017).
"""

from torch import Tensor, nn
from torch.nn import functional

from facial_keypoints.models.dilated import convolution
from facial_keypoints.models.resnet import ImagenetNormalisation, headless_resnet18

STAGES = (64, 128, 256, 512)  # channels of the four stages, at 1/4, 1/8, 1/16 and 1/32 of the picture's size


class PyramidTrunk(nn.Module):
    """Pictures (N, C, H, W) in [0, 1], grey or RGB, to features (N, channels, H / 4, W / 4)."""

    def __init__(self, colour: str, channels: int) -> None:
        super().__init__()
        self.normalise = ImagenetNormalisation(colour)
        self.resnet = headless_resnet18(colour)
        self.lateral = nn.ModuleList(nn.Conv2d(width, channels, 1) for width in STAGES)
        self.smooth = nn.Sequential(nn.BatchNorm2d(channels), nn.ReLU(), convolution(channels, channels, 3))

    def forward(self, pictures: Tensor) -> Tensor:
        net = self.resnet
        features = net.maxpool(net.relu(net.bn1(net.conv1(self.normalise(pictures)))))
        stages = []
        for layer in (net.layer1, net.layer2, net.layer3, net.layer4):
            features = layer(features)
            stages.append(features)
        first, *deeper = [lateral(stage) for lateral, stage in zip(self.lateral, stages, strict=True)]
        for stage in deeper:
            first = first + functional.interpolate(stage, first.shape[-2:], mode="bilinear", align_corners=False)
        out: Tensor = self.smooth(first)
        return out
