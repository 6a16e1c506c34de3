"""Random views of faces: one affine map a sample, applied in one go to a batch, on any device.

Maps are (N, 2, 3) tensors from pixels of the view to pixels of the plain picture, in the convention of geometry.py,
which is that of `affine_grid(align_corners=False)`. Keypoints are moved by the inverse of the same map. A mirrored view
also permutes the keypoints: the left eye of a mirrored face is its right one.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from facial_keypoints.options import AugmentationOptions


def random_views(
    count: int, size: tuple[int, int], options: AugmentationOptions, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Maps (N, 2, 3) from view to plain picture, both `size` (height, width), and whether each is mirrored, (N,) bool.

    Each map stretches, turns, scales and mirrors about the picture's centre and then shifts.
    """
    height, width = size

    def evenly(amount: float) -> Tensor:
        return amount * (2 * torch.rand(count, generator=generator) - 1)

    angle = math.radians(options.rotate) * evenly(1)
    scale = 1 + evenly(options.scale)
    mirrored = torch.rand(count, generator=generator) < options.flip
    sign = torch.where(mirrored, -1.0, 1.0)
    cos, sin = torch.cos(angle) / scale, torch.sin(angle) / scale
    linear = torch.stack([cos * sign, -sin, sin * sign, cos], dim=-1).reshape(count, 2, 2)
    wider = torch.exp(evenly(options.stretch))
    linear = torch.stack([wider, 1 / wider], dim=-1)[..., None] * linear
    centre = torch.tensor([width / 2, height / 2])
    shift = torch.stack([evenly(options.translate) * width, evenly(options.translate) * height], dim=-1)
    offset = centre + shift - (linear @ centre[:, None])[..., 0]
    return torch.cat([linear, offset[..., None]], dim=-1), mirrored


def warp(pictures: Tensor, matrices: Tensor, size: tuple[int, int], *, alike: bool = False) -> Tensor:
    """Pictures (N, C, H, W) float seen through maps (N or 1, 2, 3; from view to picture) as views (N, C, *size).

    Bilinear; where a map shrinks, the picture is shrunk with antialiasing first. Beyond a picture its border is
    repeated.
    alike: shrink all pictures by the mean of the maps' scales, in two thirds of the time. That is good enough to learn
        from; a view then depends on the rest of its batch.
    """
    smaller = _smaller_sizes(pictures.shape, matrices, alike)
    if len(set(smaller)) == 1:
        return _drawn(pictures, matrices, smaller[0], size)
    device = pictures.device
    rows = {
        one: torch.tensor([row for row, own in enumerate(smaller) if own == one], device=device)
        for one in dict.fromkeys(smaller)
    }
    views = [_drawn(pictures[own], matrices[own], one, size) for one, own in rows.items()]
    return torch.cat(views)[torch.cat(list(rows.values())).argsort()]


def _smaller_sizes(shape: Sequence[int], matrices: Tensor, alike: bool) -> list[tuple[int, int]]:
    """(height, width) that each map's picture (..., height, width) is to be shrunk to: its own if it hardly shrinks."""
    height, width = shape[-2:]
    (a, b), (c, d) = matrices[..., 0, :2].unbind(-1), matrices[..., 1, :2].unbind(-1)
    scales = (a * d - b * c).abs().sqrt()
    scales = scales.mean(dim=0, keepdim=True) if alike else scales
    return [
        (height, width) if scale < 1.25 else (round(height / scale), round(width / scale)) for scale in scales.tolist()
    ]


def _drawn(pictures: Tensor, matrices: Tensor, smaller: tuple[int, int], size: tuple[int, int]) -> Tensor:
    """Views (N, C, *size) of pictures that are shrunk to `smaller` (height, width) first."""
    if smaller != pictures.shape[-2:]:
        factors = torch.tensor([smaller[1] / pictures.shape[-1], smaller[0] / pictures.shape[-2]])
        matrices = matrices * factors.to(matrices.device)[:, None]
        pictures = functional.interpolate(pictures, smaller, mode="bilinear", antialias=True, align_corners=False)
    return sample(pictures, matrices, size)


def sample(pictures: Tensor, matrices: Tensor, size: tuple[int, int]) -> Tensor:
    """As `warp`, by bilinear interpolation alone: for maps that hardly shrink.

    Nothing in it depends on the values of the maps, so that an exported network can hold it.
    """
    height, width = pictures.shape[-2:]
    out_height, out_width = size
    to_unit = torch.tensor([2 / width, 2 / height], device=matrices.device)
    from_unit = torch.tensor([out_width / 2, out_height / 2], device=matrices.device)
    # Under autocast the grid's coordinates would be rounded to bf16, and the pictures cut somewhere else.
    with torch.autocast(pictures.device.type, enabled=False):
        # grid_sample's coordinates run from -1 to 1 across the picture.
        linear = matrices[..., :2] * to_unit[:, None] * from_unit
        offset = (matrices[..., :2] @ from_unit[:, None] + matrices[..., 2:]) * to_unit[:, None] - 1
        theta = torch.cat([linear, offset], dim=-1).expand(pictures.shape[0], 2, 3)
        grid = functional.affine_grid(theta, [*pictures.shape[:2], *size], align_corners=False)
        # Between the centres of the border's pixels: what padding_mode="border" does, which not every device has.
        border = torch.tensor([1 - 1 / width, 1 - 1 / height], device=matrices.device)
        return functional.grid_sample(pictures, grid.clamp(-border, border), mode="bilinear", align_corners=False)


def view_keypoints(keypoints: Tensor, matrices: Tensor, mirrored: Tensor, mirror: Sequence[int]) -> Tensor:
    """Where keypoints (N, K, 2) of the plain pictures lie in the views, permuted by `mirror` in the mirrored ones."""
    linear = torch.linalg.inv(matrices[..., :2])
    moved = (keypoints - matrices[..., None, :, 2]) @ linear.transpose(-1, -2)
    return torch.where(mirrored[:, None, None], moved[:, list(mirror)], moved)


def relight(pictures: Tensor, options: AugmentationOptions, generator: torch.Generator) -> Tensor:
    """Pictures (N, C, H, W) in [0, 1] with another contrast, brightness and tint each, still in [0, 1]."""
    shape = (len(pictures), 1, 1, 1)
    contrast = 1 + options.contrast * (2 * torch.rand(shape, generator=generator) - 1)
    brightness = options.brightness * (2 * torch.rand(shape, generator=generator) - 1)
    tints = 1 + options.colour * (2 * torch.rand(len(pictures), pictures.shape[1], 1, 1, generator=generator) - 1)
    mean = pictures.mean(dim=(1, 2, 3), keepdim=True)
    lit = ((pictures - mean) * contrast.to(pictures) + mean) * tints.to(pictures) + brightness.to(pictures)
    return lit.clamp(0, 1)


def disturb(pictures: Tensor, options: AugmentationOptions, generator: torch.Generator) -> Tensor:
    """Pictures (N, C, H, W) in [0, 1] lit differently, and some of them blurred and partly hidden."""
    pictures = relight(pictures, options, generator)
    if options.blur:
        pictures = blur(pictures, options.blur, generator)
    if options.occlude:
        pictures = occlude(pictures, options.occlude, generator)
    return pictures


def blur(pictures: Tensor, most: float, generator: torch.Generator) -> Tensor:
    """Pictures (N, C, H, W) with a Gaussian blur each, of a standard deviation up to `most` of their width.

    It is the cube of an even draw: most pictures stay nearly sharp.
    """
    count, channels, _, width = pictures.shape
    spread = (most * width * torch.rand(count, generator=generator) ** 3).clamp(min=0.1)
    reach = math.ceil(2 * most * width)
    places = torch.arange(-reach, reach + 1)
    kernels = torch.exp(-(places**2) / (2 * spread[:, None] ** 2))
    kernels = (kernels / kernels.sum(dim=1, keepdim=True)).to(pictures).repeat_interleave(channels, dim=0)
    flat = pictures.reshape(1, count * channels, *pictures.shape[-2:])
    flat = functional.pad(flat, [reach] * 4, mode="replicate")
    flat = functional.conv2d(flat, kernels[:, None, None, :], groups=count * channels)
    return functional.conv2d(flat, kernels[:, None, :, None], groups=count * channels).reshape(pictures.shape)


def occlude(pictures: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """Pictures (N, C, H, W), of which a share is hidden by a rectangle of one colour, 10 to 35 % of their sides.

    Random erasing: Zhong, Zheng, Kang, Li, Yang, "Random erasing data augmentation" (AAAI 2020).
    """
    count, channels, height, width = pictures.shape

    def evenly(low: float, high: float, *shape: int) -> Tensor:
        return (low + (high - low) * torch.rand(*shape, generator=generator)).to(pictures)

    hidden = evenly(0, 1, count) < share
    half, centre = evenly(0.05, 0.175, count, 2, 1), evenly(0, 1, count, 2, 1)
    inside_x = ((torch.arange(width) + 0.5).to(pictures) / width - centre[:, 0]).abs() < half[:, 0]
    inside_y = ((torch.arange(height) + 0.5).to(pictures) / height - centre[:, 1]).abs() < half[:, 1]
    mask = inside_y[:, :, None] & inside_x[:, None, :] & hidden[:, None, None]
    return torch.where(mask[:, None], evenly(0, 1, count, channels, 1, 1), pictures)
