import numpy as np
import pytest

from facial_keypoints.errors import ShapeError
from facial_keypoints.figures import kernel_grid
from facial_keypoints.figures.kernels import PIXELS_PER_WEIGHT, kernels_in_training

RANDOM = np.random.default_rng(0)


def kernel_in(mosaic: np.ndarray, size: int) -> np.ndarray:
    """The first kernel of a mosaic, a value for each weight."""
    side = size * PIXELS_PER_WEIGHT
    return np.asarray(mosaic)[:side:PIXELS_PER_WEIGHT, :side:PIXELS_PER_WEIGHT]


def test_a_single_input_is_grey_with_a_colour_bar_symmetric_around_0():
    weights = RANDOM.normal(1, 0.1, (6, 1, 5, 5))
    axes, bar = kernel_grid(weights, title="first layer").axes
    limit = np.abs(weights).max()
    assert axes.images[0].get_clim() == (-limit, limit)
    assert axes.images[0].get_cmap().name == "gray"
    assert bar.get_ylabel() == "weight"
    np.testing.assert_array_equal(kernel_in(axes.images[0].get_array(), 5), weights[0, 0])


def test_many_inputs_are_averaged_and_the_colour_bar_says_so():
    weights = RANDOM.normal(size=(6, 8, 3, 3))
    axes, bar = kernel_grid(weights, title="second layer").axes
    assert bar.get_ylabel() == "weight, mean over 8 inputs"
    np.testing.assert_allclose(kernel_in(axes.images[0].get_array(), 3), weights[0].mean(axis=0))


def test_three_inputs_are_colours_with_grey_for_0_and_no_colour_bar():
    weights = RANDOM.normal(size=(6, 3, 7, 7))
    weights[0, :, 0, 0] = 0
    (axes,) = kernel_grid(weights, title="resnet").axes
    picture = np.asarray(axes.images[0].get_array())
    assert picture.shape[2] == 3
    assert picture.min() >= 0
    assert picture.max() <= 1
    np.testing.assert_allclose(kernel_in(picture, 7)[0, 0], 0.5)
    expected = 0.5 + weights[0].transpose(1, 2, 0) / (2 * np.abs(weights).max())
    np.testing.assert_allclose(kernel_in(picture, 7), expected)


@pytest.mark.parametrize("count", [1, 2, 7, 64])
def test_every_kernel_is_in_the_mosaic_once(count):
    weights = np.arange(1.0, count + 1).reshape(count, 1, 1, 1) * np.ones((1, 1, 3, 3))
    mosaic = np.ma.filled(kernel_grid(weights, title="").axes[0].images[0].get_array(), np.nan)
    values, pixels = np.unique(mosaic[np.isfinite(mosaic)], return_counts=True)
    np.testing.assert_array_equal(values, np.arange(1, count + 1))
    assert set(pixels) == {(3 * PIXELS_PER_WEIGHT) ** 2}


def test_weights_of_zero_are_drawn_as_mid_grey():
    figure = kernel_grid(np.zeros((4, 1, 3, 3)), title="untrained")
    figure.draw_without_rendering()
    assert figure.axes[0].images[0].get_clim() == (-1, 1)


@pytest.mark.parametrize("shape", [(4, 3, 3), (0, 1, 3, 3), (4,)])
def test_weights_of_no_convolution_are_refused(shape):
    with pytest.raises(ShapeError, match="expected \\(C_out, C_in, k, k\\)"):
        kernel_grid(np.zeros(shape), title="")


def test_training_is_shown_as_kernels_before_and_after_and_what_it_added_on_one_scale():
    before, after = RANDOM.normal(size=(2, 6, 1, 5, 5))
    *panels, bar = kernels_in_training(before, after, title="first layer").axes
    limit = max(np.abs(before).max(), np.abs(after).max())
    assert [axes.get_title() for axes in panels] == ["before", "after", "after - before"]
    for axes, weights in zip(panels, (before, after, after - before), strict=True):
        assert axes.images[0].get_clim() == (-limit, limit)
        np.testing.assert_array_equal(kernel_in(axes.images[0].get_array(), 5), weights[0, 0])
    assert bar.get_ylabel() == "weight"


def test_kernels_of_two_networks_are_not_compared():
    with pytest.raises(ShapeError, match=r"\(6, 1, 5, 5\) and \(6, 1, 3, 3\), expected one shape"):
        kernels_in_training(np.zeros((6, 1, 5, 5)), np.zeros((6, 1, 3, 3)), title="")
