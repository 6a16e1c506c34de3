import numpy as np
import pytest
import torch
from torch import Tensor, nn

from facial_keypoints.errors import ShapeError
from facial_keypoints.occlusion import occlusion_sensitivity

HEIGHT, WIDTH = 24, 36


class LooksAtOnePlace(nn.Module):
    """Predicts two points that move to the right by the brightness of one small block of the picture."""

    def forward(self, pictures: Tensor) -> Tensor:
        x = pictures[:, 0, 8:12, 20:24].mean(dim=(1, 2))
        return torch.stack([x, torch.full_like(x, 0.5)], dim=-1)[:, None].expand(-1, 2, 2)


def spot() -> Tensor:
    picture = torch.zeros(1, HEIGHT, WIDTH)
    picture[:, 8:12, 20:24] = 1
    return picture


def test_only_what_the_network_looks_at_matters():
    sensitivity = occlusion_sensitivity(LooksAtOnePlace(), spot(), square=4, step=4)
    assert sensitivity.shape == (HEIGHT, WIDTH)
    expected = np.zeros((HEIGHT, WIDTH))
    expected[8:12, 20:24] = WIDTH * (1 - spot().mean().item())  # the block takes the picture's mean brightness
    np.testing.assert_allclose(sensitivity, expected, rtol=1e-5)


def test_a_pixel_has_the_mean_of_the_squares_that_hide_it():
    sensitivity = occlusion_sensitivity(LooksAtOnePlace(), spot(), square=4, step=2)
    assert sensitivity[9, 21] == pytest.approx(sensitivity.max())
    assert 0 < sensitivity[6, 18] < sensitivity[9, 21] / 4
    assert sensitivity[0, 0] == 0


@pytest.mark.parametrize(("square", "step"), [(5, 5), (7, 3), (24, 24), (1, 1)])
def test_every_pixel_is_hidden_at_least_once_whatever_the_sizes(square, step):
    assert np.isfinite(occlusion_sensitivity(LooksAtOnePlace(), spot(), square, step)).all()


@pytest.mark.parametrize(("square", "step"), [(25, 5), (5, 6), (5, 0)])
def test_squares_that_do_not_cover_the_picture_are_refused(square, step):
    with pytest.raises(ShapeError, match=r"picture of 24 x 36: expected 1 <= step <= square <= 24"):
        occlusion_sensitivity(LooksAtOnePlace(), spot(), square, step)
