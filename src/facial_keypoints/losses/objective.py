"""What a network learns from a batch, by its kind."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from facial_keypoints.devices import automatic_precision
from facial_keypoints.examples import Examples
from facial_keypoints.losses.maps import maps_loss
from facial_keypoints.losses.points import point_loss
from facial_keypoints.models.spatial import SpatialNet
from facial_keypoints.models.two_looks import TwoLooks
from facial_keypoints.options import AS_THEY_ARE, AugmentationOptions


@dataclass(frozen=True)
class Objective:
    """The loss of points by name, the precision that the network computes in, how faces are varied, and by what chance.

    augmentation: None for faces as they are.
    """

    loss: str
    precision: str
    augmentation: AugmentationOptions | None
    generator: torch.Generator

    def of(self, model: nn.Module, examples: Examples, rows: Tensor) -> Tensor:
        """The scalar that is to become small, of the examples at `rows`."""
        if isinstance(model, TwoLooks):
            augmentation = self.augmentation or AS_THEY_ARE
            views = examples.views(rows, augmentation, self.generator)
            looks = model.practice(views, augmentation, self.generator)
            return torch.stack([self.of_pictures(*look) for look in looks]).sum()
        if self.augmentation is None:
            return self.of_pictures(model, *examples.plain(rows))
        return self.of_pictures(model, *examples.augmented(rows, self.augmentation, self.generator))

    def of_pictures(self, model: nn.Module, pictures: Tensor, truth: Tensor) -> Tensor:
        """The scalar for pictures (N, C, H, W) and their points (N, K, 2) on [0, 1]."""
        size = (pictures.shape[-2], pictures.shape[-1])
        pictures = pictures.contiguous(memory_format=torch.channels_last)
        # The losses themselves in fp32.
        if isinstance(model, SpatialNet):
            with automatic_precision(pictures.device, self.precision):
                maps = model.maps(pictures)
            return maps_loss(self.loss, maps, truth, size)
        with automatic_precision(pictures.device, self.precision):
            points = model(pictures)
        return point_loss(self.loss, points, truth, size)
