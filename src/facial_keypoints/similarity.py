"""Maps in torch: a face cut out upright, and the way back, for batches and with gradients.

Maps are (N, 2, 3), in the convention of geometry.py; `augmentation.warp` sees pictures through them.
"""

import math

import torch
from torch import Tensor


def upright_maps(reference: Tensor, points: Tensor) -> Tensor:
    """The similarities (N, 2, 3) that bring the shape `reference` (K, 2) nearest to points (N, K, 2), by least squares.

    Umeyama, "Least-squares estimation of transformation parameters between two point patterns" (PAMI 1991); without a
    mirror, the plane needs no singular values.  Points that all coincide give a map that flattens the plane.
    """
    centre, reference_centre = points.mean(dim=1, keepdim=True), reference.mean(dim=0)
    moved, shape = points - centre, reference - reference_centre
    size = shape.square().sum()
    cos = (moved * shape).sum(dim=(1, 2)) / size
    sin = (moved[..., 1] * shape[:, 0] - moved[..., 0] * shape[:, 1]).sum(dim=1) / size
    linear = torch.stack([cos, -sin, sin, cos], dim=-1).unflatten(-1, (2, 2))
    offset = centre[:, 0] - (linear * reference_centre).sum(dim=-1)
    return torch.cat([linear, offset[..., None]], dim=-1)


def moved_points(maps: Tensor, points: Tensor) -> Tensor:
    """Points (N, K, 2) where maps (N, 2, 3) take them."""
    # Not a matrix product: under autocast that would round coordinates to bf16.
    linear = maps[:, None, :, :2] * points[:, :, None, :]
    return linear.sum(dim=-1) + maps[:, None, :, 2]


def composed(outer: Tensor, inner: Tensor) -> Tensor:
    """The maps "first inner, then outer" of maps (N, 2, 3)."""
    with torch.autocast(outer.device.type, enabled=False):  # which would round coordinates to bf16
        linear = outer[..., :2] @ inner[..., :2]
        return torch.cat([linear, outer[..., :2] @ inner[..., 2:] + outer[..., 2:]], dim=-1)


def inverse_maps(maps: Tensor) -> Tensor:
    """The maps that undo `maps` (N, 2, 3)."""
    (a, b), (c, d) = maps[:, 0, :2].unbind(-1), maps[:, 1, :2].unbind(-1)
    linear = torch.stack([d, -b, -c, a], dim=-1).unflatten(-1, (2, 2)) / (a * d - b * c)[:, None, None]
    offset = -(linear * maps[:, None, :, 2]).sum(dim=-1)
    return torch.cat([linear, offset[..., None]], dim=-1)


def jittered(
    maps: Tensor, size: tuple[int, int], rotate: float, translate: float, scale: float, generator: torch.Generator
) -> Tensor:
    """Maps (N, 2, 3) of cuts of `size` (height, width), each turned, moved and scaled a little more at random.

    rotate (degrees), translate (share of the cut's sides) and scale (share) are standard deviations.
    """

    def normal() -> Tensor:
        return torch.randn(len(maps), generator=generator).to(maps)

    angle, factor = math.radians(rotate) * normal(), torch.exp(scale * normal())
    cos, sin = torch.cos(angle) * factor, torch.sin(angle) * factor
    linear = torch.stack([cos, -sin, sin, cos], dim=-1).unflatten(-1, (2, 2))
    sides = maps.new_tensor([size[1], size[0]])
    shift = translate * torch.stack([normal(), normal()], dim=-1) * sides
    offset = sides / 2 + shift - (linear * (sides / 2)).sum(dim=-1)
    return composed(maps, torch.cat([linear, offset[..., None]], dim=-1))
