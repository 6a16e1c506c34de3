"""Smooth L1: squared below a pixel, linear above.

R. Girshick, "Fast R-CNN" (ICCV 2015).
"""

import torch
from torch import Tensor
from torch.nn import functional


def smooth_l1(offsets: Tensor) -> Tensor:
    """x^2 / 2 where |x| < 1, else |x| - 1/2, averaged over offsets (N, K, 2) in pixels. A scalar."""
    return functional.smooth_l1_loss(offsets, torch.zeros_like(offsets))
