"""Mean squared error."""

from torch import Tensor


def mean_squared_error(offsets: Tensor) -> Tensor:
    """Mean over a batch of the squared error of each coordinate, for offsets (N, K, 2) on [0, 1]. A scalar."""
    return offsets.square().mean()
