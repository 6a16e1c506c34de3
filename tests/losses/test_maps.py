import math

import pytest
import torch
from torch import Tensor

from facial_keypoints.losses import point_loss
from facial_keypoints.losses.maps import cross_entropy, maps_loss
from facial_keypoints.models.spatial import Maps

HEIGHT, WIDTH = 3, 5  # cells


def random_maps(seed: int = 0) -> tuple[Maps, Tensor]:
    """Maps of 2 pictures and 4 points, and true points."""
    generator = torch.Generator().manual_seed(seed)

    def evenly(*shape: int) -> Tensor:
        return torch.rand(*shape, generator=generator)

    return Maps(4 * evenly(2, 4, HEIGHT, WIDTH), evenly(2, 4, 2), evenly(2, 4, 2)), evenly(2, 4, 2)


def looped_cross_entropy(logits: Tensor, truth: Tensor) -> float:
    """Of one map (h, w) with a Gaussian of a cell's width around a point (2,) on [0, 1], cell by cell."""
    x, y = float(truth[0]) * WIDTH, float(truth[1]) * HEIGHT
    cells = [(row, column) for row in range(HEIGHT) for column in range(WIDTH)]
    gaussian = {(row, column): math.exp(-((column + 0.5 - x) ** 2 + (row + 0.5 - y) ** 2) / 2) for row, column in cells}
    chances = {cell: math.exp(float(logits[cell])) for cell in cells}
    total, all_chances = sum(gaussian.values()), sum(chances.values())
    return -sum(gaussian[cell] / total * math.log(chances[cell] / all_chances) for cell in cells)


def test_the_cross_entropy_is_that_of_a_loop_over_cells():
    maps, truth = random_maps()
    looped = [
        looped_cross_entropy(maps.logits[face, point], truth[face, point]) for face in range(2) for point in range(4)
    ]
    assert float(cross_entropy(maps.logits, truth)) == pytest.approx(sum(looped) / 8, rel=1e-5)


def test_a_map_that_knows_nothing_costs_the_logarithm_of_its_cells():
    _, truth = random_maps()
    assert float(cross_entropy(torch.zeros(2, 4, HEIGHT, WIDTH), truth)) == pytest.approx(math.log(15), rel=1e-6)


def test_a_peak_costs_least_at_the_true_point():
    truth = torch.tensor([[[3.5 / WIDTH, 0.5 / HEIGHT]]])  # the centre of row 0, column 3
    costs = torch.zeros(HEIGHT, WIDTH)
    for row in range(HEIGHT):
        for column in range(WIDTH):
            logits = torch.zeros(1, 1, HEIGHT, WIDTH)
            logits[0, 0, row, column] = 3
            costs[row, column] = cross_entropy(logits, truth)
    assert int(costs.argmin()) == 3


def test_points_maps_and_rough_points_are_weighed():
    maps, truth = random_maps()
    expected = (
        point_loss("radial", maps.points, truth, (24, 40))
        + 10 * cross_entropy(maps.logits, truth)
        + 0.3 * point_loss("radial", maps.rough, truth, (24, 40))
    )
    assert torch.allclose(maps_loss("radial", maps, truth, (24, 40)), expected)
