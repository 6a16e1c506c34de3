import torch

from facial_keypoints.losses.mse import mean_squared_error


def test_it_is_the_mean_of_all_coordinates_squares():
    offsets = torch.tensor([[[3.0, -4.0], [0.0, 0.0]], [[-1.0, 0.0], [0.0, 12.0]]])
    assert mean_squared_error(offsets) == (9 + 16 + 1 + 144) / 8
