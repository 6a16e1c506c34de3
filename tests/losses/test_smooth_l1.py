import torch

from facial_keypoints.losses.smooth_l1 import smooth_l1


def test_it_is_half_the_square_below_a_pixel_and_linear_above():
    offsets = torch.tensor([[[0.5, -0.5], [0.0, 1.0]], [[-3.0, 10.0], [0.0, 0.0]]])
    assert smooth_l1(offsets) == (2 * 0.125 + 0.5 + 2.5 + 9.5) / 8
