import math

import pytest
import torch
from torch import Tensor

from facial_keypoints.losses.soft_wing import soft_wing


def of(*sizes: float) -> Tensor:
    return soft_wing(torch.tensor(sizes).reshape(1, -1, 1).expand(-1, -1, 2))


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (0, 0),
        (1, 1),
        (-1.5, 1.5),
        (2, 2),  # the joint
        (7, 2 + 20 * math.log(3)),  # (1 + 7 / 0.5) / (1 + 2 / 0.5) = 15 / 5
        (-12, 2 + 20 * math.log(5)),  # 25 / 5
    ],
)
def test_it_is_linear_below_two_pixels_and_a_logarithm_above(size, expected):
    assert float(of(size)) == pytest.approx(expected, rel=1e-5)


def test_it_is_the_mean_of_all_coordinates():
    assert float(of(1, 7, 0)) == pytest.approx((1 + 2 + 20 * math.log(3)) / 3, rel=1e-5)


def test_the_two_branches_meet():
    assert float(of(2 - 1e-4)) == pytest.approx(float(of(2 + 1e-4)), abs=2e-3)


def test_beyond_the_joint_the_pull_falls_with_the_error():
    offsets = torch.tensor([[[0.5, -1.0], [4.5, 19.5]]], requires_grad=True)
    soft_wing(offsets).backward()
    # 1 below, 20 / (0.5 + x) above, of four coordinates
    assert torch.allclose(offsets.grad.flatten(), torch.tensor([1, -1, 4, 1]) / 4)
