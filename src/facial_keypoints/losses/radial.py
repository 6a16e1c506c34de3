"""The distance itself, rounded off at the bottom: what NME measures."""

from torch import Tensor

ROUNDING = 0.5  # pixels


def radial(offsets: Tensor) -> Tensor:
    """Mean of sqrt(x^2 + y^2 + 0.5^2) for offsets (N, K, 2) in pixels. A scalar.

    The sum over a point's two coordinates stands below the root, so that no direction is preferred, as L1 prefers the
    axes; the constant keeps the gradient smooth where the annotation itself is no better.
    """
    return (offsets.square().sum(dim=-1) + ROUNDING**2).sqrt().mean()
