"""What a network learns from a batch, by its kind."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from facial_keypoints.devices import automatic_precision
from facial_keypoints.losses.maps import maps_loss
from facial_keypoints.losses.points import point_loss
from facial_keypoints.models.spatial import SpatialNet
from facial_keypoints.models.two_looks import TwoLooks


@dataclass(frozen=True)
class Objective:
    """The loss of points by name, the precision that the network computes in, and the chance of random cuts."""

    loss: str
    precision: str
    generator: torch.Generator

    def of(self, model: nn.Module, pictures: Tensor, truth: Tensor) -> Tensor:
        """The scalar that is to become small.  pictures: (N, C, H, W); truth: (N, K, 2) on [0, 1]."""
        if isinstance(model, TwoLooks):
            looks = model.practice(pictures, truth, self.generator)
            return sum((self.of(*look) for look in looks), start=pictures.new_zeros(()))
        size = (pictures.shape[-2], pictures.shape[-1])
        pictures = pictures.contiguous(memory_format=torch.channels_last)
        if isinstance(model, SpatialNet):
            with automatic_precision(pictures.device, self.precision):
                maps = model.maps(pictures)
            return maps_loss(self.loss, maps, truth, size)
        with automatic_precision(pictures.device, self.precision):
            points = model(pictures)
        return point_loss(self.loss, points, truth, size)
