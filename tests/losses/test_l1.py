import torch

from facial_keypoints.losses.l1 import l1


def test_it_is_the_mean_of_all_coordinates_sizes():
    offsets = torch.tensor([[[3.0, -4.0], [0.0, 0.0]], [[-1.0, 0.0], [0.0, 12.0]]])
    assert l1(offsets) == (3 + 4 + 1 + 12) / 8
