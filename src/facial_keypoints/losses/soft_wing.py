"""Soft wing loss: linear up to a few pixels, then a logarithm: exact for small errors, calm about outliers.

After A. Bulat, E. Sanchez, G. Tzimiropoulos, "Subpixel heatmap regression for facial landmark localization" (BMVC
2021) and Y. Lin, "Structure-coherent deep feature learning for robust face alignment" (TIP 2021).
"""

import math

import torch
from torch import Tensor

INNER, OUTER, CURVATURE = 2.0, 20.0, 0.5  # pixels


def soft_wing(offsets: Tensor) -> Tensor:
    """|x| where |x| < 2, else 20 ln(1 + |x| / 0.5) + c, continuous, averaged over offsets (N, K, 2) in pixels."""
    size = offsets.abs()
    joint = INNER - OUTER * math.log(1 + INNER / CURVATURE)
    return torch.where(size < INNER, size, OUTER * torch.log1p(size / CURVATURE) + joint).mean()
