import math

import pytest
import torch
from torch import Tensor

from facial_keypoints.losses.wing import wing


def of(*sizes: float) -> Tensor:
    return wing(torch.tensor(sizes).reshape(1, -1, 1).expand(-1, -1, 2))


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (0, 0),
        (2, 10 * math.log(2)),  # 10 ln(1 + 2 / 2)
        (-2, 10 * math.log(2)),
        (8, 10 * math.log(5)),  # 10 ln(1 + 8 / 2)
        (10, 10 * math.log(6)),  # the joint
        (-25, 15 + 10 * math.log(6)),  # 25 - 10 + 10 ln(1 + 10 / 2)
    ],
)
def test_it_is_a_logarithm_below_ten_pixels_and_linear_above(size, expected):
    assert float(of(size)) == pytest.approx(expected, rel=1e-6)


def test_it_is_the_mean_of_all_coordinates():
    assert float(of(2, -25, 0)) == pytest.approx((10 * math.log(2) + 15 + 10 * math.log(6)) / 3, rel=1e-6)


def test_the_two_branches_meet():
    assert float(of(10 - 1e-4)) == pytest.approx(float(of(10 + 1e-4)), abs=1e-3)


def test_a_small_error_pulls_harder_than_a_large_one():
    offsets = torch.tensor([[[0.5, 5.0], [20.0, 40.0]]], requires_grad=True)
    wing(offsets).backward()
    # 10 / (2 + x) below, 1 above, of four coordinates
    expected = torch.tensor([10 / 2.5, 10 / 7, 1, 1]) / 4
    assert torch.allclose(offsets.grad.flatten(), expected)
