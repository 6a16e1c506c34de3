"""What a spatial head learns: where each point is likely to be, and the point."""

from torch import Tensor

from facial_keypoints.losses.points import point_loss
from facial_keypoints.models.spatial import Maps, cell_centres

# Weights of the two losses beside that of the points, which is in pixels. With 0.2 for the maps they stay nearly even
# and all cells vote on every point: much less accurate than maps with a peak (docs/experiments.md).
LIKELY, ROUGH = 10.0, 0.3
SPREAD = 1.0  # standard deviation of the Gaussian of a true point, in cells of the map


def maps_loss(name: str, maps: Maps, truth: Tensor, size: tuple[int, int]) -> Tensor:
    """The loss `name` of the points, 10 times the cross-entropy of the maps, 0.3 times the loss of the rough points.

    truth: (N, K, 2) on [0, 1] of a picture of `size` (height, width).  The cross-entropy is with a Gaussian around the
    true point: the expectation alone leaves the map's form open (Nibali et al., "Numerical coordinate regression with
    convolutional neural networks", 2018).  The rough points teach the features before the maps point anywhere.
    """
    points = point_loss(name, maps.points, truth, size)
    rough = point_loss(name, maps.rough, truth, size)
    return points + LIKELY * cross_entropy(maps.logits, truth) + ROUGH * rough


def cross_entropy(logits: Tensor, truth: Tensor) -> Tensor:
    """Cross-entropy of maps (N, K, h, w) with a Gaussian of a cell's width around true points (N, K, 2). A scalar."""
    cells = logits.new_tensor([logits.shape[-1], logits.shape[-2]])
    distances = (truth[:, :, None] - cell_centres(logits)) * cells
    target = (-distances.square().sum(dim=-1) / (2 * SPREAD**2)).softmax(dim=-1)
    return -(target * logits.flatten(2).log_softmax(dim=-1)).sum(dim=-1).mean()
