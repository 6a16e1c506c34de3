"""A network that looks twice: at the whole picture, then at the face alone, cut out upright and always of one size.

The second look is spared what the first had to learn: place, size and turn of the face. A bad box, or none, then costs
little.  Normalising the pose between stages: M. Kowalski, J. Naruniec, T. Trzcinski, "Deep alignment network" (CVPR-W
2017).
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from facial_keypoints.augmentation import disturb, sample, warp
from facial_keypoints.examples import Views
from facial_keypoints.models.spatial import SpatialNet
from facial_keypoints.options import AugmentationOptions
from facial_keypoints.similarity import composed, inverse_maps, jittered, moved_points, upright_maps

# How far the second look's cuts lie from those around the true points while it learns: standard deviations, about
# what the first look errs.
ROTATE, TRANSLATE, SCALE = 5.0, 0.03, 0.05  # degrees, sides of the cut, share
WHOLE = 0.25  # of a batch that one network for both looks sees whole; the first look need not be exact
FILL = 0.8  # of the cut, by the longer side of the mean shape

Look = tuple[nn.Module, Tensor, Tensor]  # a network, the pictures that it sees (N, C, h, w), the true points (N, K, 2)


class TwoLooks(nn.Module):
    """Pictures (N, C, H, W) to points (N, K, 2), both in [0, 1].

    first: sees the whole picture, shrunk to `first_size` (height, width); None if the second does that too.
    second: sees cuts of `size`. looks: how often, each time where the look before has led it.
    answers: places of the points that are asked for; all are learnt. None: all.
    """

    reference: Tensor

    def __init__(
        self,
        first: SpatialNet | None,
        second: SpatialNet,
        points: int,
        first_size: Sequence[int],
        size: Sequence[int],
        looks: int,
        answers: Sequence[int] | None = None,
    ) -> None:
        super().__init__()
        self.first, self.second = first, second
        self.first_size, self.size = (first_size[0], first_size[1]), (size[0], size[1])
        self.looks = looks
        self.answers = list(range(points)) if answers is None else list(answers)
        self.register_buffer("reference", torch.rand(points, 2))

    def forward(self, pictures: Tensor) -> Tensor:
        return self.points_and_spread(pictures)[0]

    def points_and_spread(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """The points (N, K, 2) in [0, 1], and how far the last look's maps are spread, (N, K), in sides of its cut."""
        first = self.first or self.second
        maps = first.maps(_laid_out(self.whole(pictures)))
        points = maps.points
        for _ in range(self.looks):
            cuts, matrices = self.cut(pictures, points)
            maps = self.second.maps(_laid_out(cuts))
            points = moved_points(matrices, maps.points * _sides(self.size, points)) / _sides(pictures.shape, points)
        return points[:, self.answers], maps.spread[:, self.answers]

    def whole(self, pictures: Tensor) -> Tensor:
        """The pictures as the first look sees them."""
        return functional.interpolate(pictures, self.first_size, mode="bilinear", antialias=True, align_corners=False)

    def cut(self, pictures: Tensor, points: Tensor) -> tuple[Tensor, Tensor]:
        """The faces that have these points (N, K, 2), cut out upright, and the maps from pixels of cuts to pictures.

        Without antialiasing: give pictures in which faces are not much larger than in the cuts.
        """
        matrices = self.maps_around(points, pictures.shape)
        return sample(pictures, matrices, self.size), matrices

    def maps_around(self, points: Tensor, shape: Sequence[int]) -> Tensor:
        """From pixels of upright cuts around points (N, K, 2) to those of pictures (..., height, width), (N, 2, 3)."""
        return upright_maps(self.reference * _sides(self.size, points), points * _sides(shape, points))

    def practice(self, views: Views, options: AugmentationOptions, generator: torch.Generator) -> list[Look]:
        """What each of the two learns from: whole views, and cuts of them that lie about right.

        Both are drawn from the views' images at once, not one from the other. One network for both learns from a part
        of the batch each.  The views' targets are all points.
        """
        truth = views.targets
        matrices = self.maps_around(truth, views.size)
        matrices = jittered(matrices, self.size, ROTATE, TRANSLATE, SCALE, generator)
        in_cuts = moved_points(inverse_maps(matrices), truth * _sides(views.size, truth)) / _sides(self.size, truth)
        sides = _sides(views.size, truth) / _sides(self.first_size, truth)
        whole = torch.cat([torch.diag(sides), sides.new_zeros(2, 1)], dim=-1).expand_as(matrices)

        def drawn(rows: slice, matrices: Tensor, size: tuple[int, int]) -> Tensor:
            pictures = warp(views.images[rows], composed(views.matrices[rows], matrices[rows]), size, alike=True)
            return disturb(pictures, options, generator)

        if self.first is not None:
            every = slice(None)
            return [
                (self.first, drawn(every, whole, self.first_size), truth),
                (self.second, drawn(every, matrices, self.size), in_cuts),
            ]
        count = max(1, round(WHOLE * len(truth)))
        low, high = slice(count), slice(count, None)
        pictures = torch.cat([drawn(low, whole, self.first_size), drawn(high, matrices, self.size)])
        return [(self.second, pictures, torch.cat([truth[low], in_cuts[high]]))]

    @property
    def first_kernels(self) -> Tensor:
        """Weights of the second look's first convolution, (C_out, C, k, k)."""
        return self.second.first_kernels


def upright_reference(mean_shape: Tensor) -> Tensor:
    """A mean shape (K, 2) as it lies in the cuts, (K, 2) in [0, 1]: in their middle, its longer side 0.8 of theirs."""
    low, high = mean_shape.amin(dim=0), mean_shape.amax(dim=0)
    return (mean_shape - (low + high) / 2) / (high - low).max() * FILL + 0.5


def _sides(shape: Sequence[int], like: Tensor) -> Tensor:
    """(width, height) of (..., height, width)"""
    return like.new_tensor([shape[-1], shape[-2]])


def _laid_out(pictures: Tensor) -> Tensor:
    return pictures.contiguous(memory_format=torch.channels_last)
