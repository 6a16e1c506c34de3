import math
from typing import get_args, get_type_hints

import pytest
import torch

from facial_keypoints.losses import LOSSES, point_loss
from facial_keypoints.options import TrainingOptions

SIZE = (50, 100)  # height, width
TRUTH = torch.tensor([[[0.5, 0.5]], [[0.2, 0.8]]])
RIGHT = TRUTH + torch.tensor([0.04, 0.0])  # by 4 pixels
DOWN = TRUTH + torch.tensor([0.0, 0.04])  # by 2 pixels


def test_the_options_allow_these_names():
    assert set(get_args(get_type_hints(TrainingOptions, include_extras=True)["loss"])) == set(LOSSES)


@pytest.mark.parametrize(
    ("name", "right", "down"),
    [
        ("mse", 0.04**2 / 2, 0.04**2 / 2),  # on [0, 1]
        ("l1", 4 / 2, 2 / 2),
        ("radial", math.sqrt(16.25), math.sqrt(4.25)),  # of points, not of coordinates
    ],
)
def test_each_loss_is_in_its_unit(name, right, down):
    assert float(point_loss(name, RIGHT, TRUTH, SIZE)) == pytest.approx(right, rel=1e-4)
    assert float(point_loss(name, DOWN, TRUTH, SIZE)) == pytest.approx(down, rel=1e-4)


@pytest.mark.parametrize("name", LOSSES)
def test_either_direction_counts_alike(name):
    assert torch.allclose(point_loss(name, TRUTH, RIGHT, SIZE), point_loss(name, RIGHT, TRUTH, SIZE))


@pytest.mark.parametrize("name", LOSSES)
def test_the_true_points_have_the_least_loss_and_a_gradient(name):
    predicted = TRUTH.clone().requires_grad_()
    loss = point_loss(name, predicted, TRUTH, SIZE)
    loss.backward()
    assert predicted.grad.isfinite().all()
    assert loss < point_loss(name, TRUTH + 1e-3, TRUTH, SIZE)
