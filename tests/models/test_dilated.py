import math

import pytest
import torch
from torch import nn

from facial_keypoints.models.dilated import DilatedTrunk, Shortcut


@pytest.mark.parametrize("size", [(48, 64), (64, 32), (37, 53)], ids=str)
@pytest.mark.parametrize("channels", [[6], [4, 8, 12]], ids=str)
def test_each_width_halves_the_size(size, channels):
    features = DilatedTrunk(channels, [1, 2])(torch.rand(2, 1, *size))
    assert features.shape == (2, channels[-1], *(math.ceil(side / 2 ** len(channels)) for side in size))


@pytest.mark.parametrize("dilations", [[], [1], [1, 2], [1, 2, 4]], ids=str)
def test_dilations_let_a_feature_see_far(dilations):
    torch.manual_seed(0)
    trunk = DilatedTrunk([16], dilations).eval()
    picture = torch.rand(1, 1, 96, 96, requires_grad=True)
    trunk(picture)[0, :, 24, 24].sum().backward()
    seen = picture.grad[0, 0].nonzero()
    # 5 pixels, and to either side of them 2 for each cell that the 3x3 kernels reach
    assert (1 + seen.amax(dim=0) - seen.amin(dim=0)).tolist() == [5 + 4 * sum(dilations)] * 2


def test_a_shortcut_adds_to_what_comes_in():
    block, features = Shortcut(4, dilation=2), torch.randn(2, 4, 6, 8)
    assert (block(features) >= features).all()
    assert (block(features) > features).any()
    nn.init.zeros_(next(layer for layer in block.modules() if isinstance(layer, nn.BatchNorm2d)).weight)
    assert torch.equal(block(features), features)
