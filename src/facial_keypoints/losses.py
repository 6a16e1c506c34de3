"""Losses on coordinates."""

from torch import Tensor


def mean_squared_error(predicted: Tensor, truth: Tensor) -> Tensor:
    """Mean over a batch of the squared error of each coordinate, for points (N, K, 2) in [0, 1]. A scalar."""
    return (predicted - truth).square().mean()
