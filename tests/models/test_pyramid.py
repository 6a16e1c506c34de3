import pytest
import torch

from facial_keypoints.models.pyramid import PyramidTrunk


@pytest.fixture(scope="module")
def trunk() -> PyramidTrunk:
    torch.manual_seed(0)
    return PyramidTrunk("rgb", 16).eval()


@pytest.mark.parametrize(
    ("size", "cells"), [((64, 96), (16, 24)), ((64, 64), (16, 16)), ((75, 101), (19, 26))], ids=str
)
def test_features_have_a_quarter_of_the_pictures_size(trunk, size, cells):
    with torch.inference_mode():
        assert trunk(torch.rand(2, 3, *size)).shape == (2, 16, *cells)


def test_grey_pictures_have_one_channel():
    assert PyramidTrunk("grey", 8)(torch.rand(2, 1, 64, 64)).shape == (2, 8, 16, 16)


def test_all_four_stages_count(trunk):
    trunk(torch.rand(1, 3, 64, 64)).sum().backward()
    assert [lateral.in_channels for lateral in trunk.lateral] == [64, 128, 256, 512]
    assert all(lateral.weight.grad.any() for lateral in trunk.lateral)
    assert trunk.resnet.conv1.weight.grad.any()


def test_a_feature_knows_of_all_the_picture(trunk):
    picture = torch.rand(1, 3, 64, 64, requires_grad=True)
    trunk(picture)[0, :, 0, 0].sum().backward()
    assert picture.grad[0, :, -8:, -8:].any()  # through the coarse stages
