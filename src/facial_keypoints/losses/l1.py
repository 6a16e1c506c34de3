"""Mean absolute error."""

from torch import Tensor


def l1(offsets: Tensor) -> Tensor:
    """Mean of |x| and |y| for offsets (N, K, 2) in pixels. A scalar."""
    return offsets.abs().mean()
