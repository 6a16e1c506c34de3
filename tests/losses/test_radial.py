import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from facial_keypoints.losses.radial import radial


def test_it_is_the_mean_distance_rounded_off_by_half_a_pixel():
    offsets = torch.tensor([[[3.0, -4.0], [0.0, 0.0]], [[-0.5, 0.0], [0.0, 1.2]]])
    # sqrt(25 + 1/4), 1/2, sqrt(1/4 + 1/4), sqrt(1.44 + 0.25) = 1.3
    assert float(radial(offsets)) == pytest.approx((math.sqrt(25.25) + 0.5 + math.sqrt(0.5) + 1.3) / 4, rel=1e-6)


@given(distance=st.floats(0.1, 100), angle=st.floats(-4, 4), other=st.floats(-4, 4))
def test_no_direction_is_preferred(distance, angle, other):
    one, two = (distance * torch.tensor([[[math.cos(turn), math.sin(turn)]]]) for turn in (angle, other))
    assert float(radial(one)) == pytest.approx(float(radial(two)), rel=1e-5)


def test_at_the_true_point_there_is_no_pull_and_the_gradient_is_a_number():
    offsets = torch.zeros(2, 3, 2, requires_grad=True)
    radial(offsets).backward()
    assert torch.equal(offsets.grad, torch.zeros(2, 3, 2))
