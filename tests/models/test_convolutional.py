import pytest
import torch
from torch import nn

from facial_keypoints.models import seeded_model, start_at_mean_shape

NOSE = {"name": "nose", "input_size": [120, 160], "channels": [8, 16, 32, 64], "hidden": [256, 64]}
FACE = {"name": "face", "input_size": [120, 160], "channels": [8, 16, 24, 32, 48, 64], "hidden": 256, "points": 58}


def layers(model: nn.Module, kind: type) -> list:
    return [module for module in model.modules() if isinstance(module, kind)]


def test_the_nose_net_has_four_convolutions_from_7x7_to_3x3_and_three_dense_layers():
    model = seeded_model(NOSE, seed=0)
    assert [layer.kernel_size for layer in layers(model, nn.Conv2d)] == [(7, 7), (5, 5), (5, 5), (3, 3)]
    assert len(layers(model, nn.MaxPool2d)) == 4
    assert [layer.out_features for layer in layers(model, nn.Linear)] == [256, 64, 2]


def test_the_face_net_has_six_5x5_convolutions_with_pooling_in_between_and_two_dense_layers():
    model = seeded_model(FACE, seed=0)
    assert [layer.kernel_size for layer in layers(model, nn.Conv2d)] == [(5, 5)] * 6
    assert len(layers(model, nn.MaxPool2d)) == 5
    assert [layer.out_features for layer in layers(model, nn.Linear)] == [256, 116]


@pytest.mark.parametrize(("architecture", "points"), [(NOSE, 1), (FACE, 58)], ids=["nose", "face"])
@pytest.mark.parametrize("size", [(120, 160), (64, 96), (37, 53)], ids=str)
def test_pictures_of_any_size_become_points(architecture, points, size):
    model = seeded_model(architecture | {"input_size": list(size)}, seed=0)
    assert model(torch.rand(2, 1, *size)).shape == (2, points, 2)


@pytest.mark.parametrize("architecture", [NOSE, FACE], ids=["nose", "face"])
def test_training_starts_near_the_mean_shape(architecture):
    model = seeded_model(architecture, seed=0)
    points = torch.rand(5, architecture.get("points", 1), 2)
    start_at_mean_shape(model, points.numpy(), (120, 160))
    with torch.inference_mode():
        predicted = model(torch.rand(16, 1, 120, 160))
    assert (predicted - points.mean(dim=0)).abs().mean() < 0.15


def test_the_seed_alone_decides_the_weights():
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first, second, other = (seeded_model(NOSE, seed).state_dict() for seed in (3, 3, 4))
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(first[key], second[key]) for key in first)
    assert not torch.equal(first["last.weight"], other["last.weight"])
