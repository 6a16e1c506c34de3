import torch
from torch import nn

from facial_keypoints.feature_maps import feature_maps
from facial_keypoints.models import build_model

NOSE = {"name": "nose", "input_size": [32, 48], "channels": [2, 3, 4, 5], "hidden": [6, 7]}


def test_each_convolution_of_the_nose_net_has_its_maps_and_the_dense_layers_have_none():
    maps = feature_maps(build_model(NOSE), torch.rand(1, 32, 48))
    assert [tuple(each.shape) for each in maps] == [(2, 32, 48), (3, 16, 24), (4, 8, 12), (5, 4, 6)]
    assert all((each >= 0).all() for each in maps)


def test_maps_are_what_the_relu_put_out_even_if_the_next_layer_writes_into_it():
    model = nn.Sequential(nn.Conv2d(1, 1, 1, bias=False), nn.ReLU(), nn.Threshold(9, -5, inplace=True))
    nn.init.constant_(model[0].weight, 2)
    (found,) = feature_maps(model, torch.full((1, 2, 2), 0.5))
    assert torch.equal(found, torch.ones(1, 2, 2))


def test_nothing_stays_hooked_to_the_network():
    model = build_model(NOSE)
    feature_maps(model, torch.rand(1, 32, 48))
    assert not any(module._forward_hooks for module in model.modules())
