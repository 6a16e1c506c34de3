"""Wing loss: a logarithm for small errors, so that they go on counting.

Z. Feng, J. Kittler, M. Awais, P. Huber, X. Wu, "Wing loss for robust facial landmark localisation with convolutional
neural networks" (CVPR 2018).
"""

import math

import torch
from torch import Tensor

WIDTH, CURVATURE = 10.0, 2.0  # pixels; the paper's w and epsilon


def wing(offsets: Tensor) -> Tensor:
    """w ln(1 + |x| / e) where |x| < w, else |x| - w + w ln(1 + w / e), averaged over offsets (N, K, 2) in pixels."""
    size = offsets.abs()
    linear = size - WIDTH + WIDTH * math.log(1 + WIDTH / CURVATURE)
    return torch.where(size < WIDTH, WIDTH * torch.log1p(size / CURVATURE), linear).mean()
