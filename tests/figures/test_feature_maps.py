import numpy as np

from facial_keypoints.figures.feature_maps import CHANNELS_DRAWN, feature_map_grid, strongest

IMAGE = np.zeros((24, 36), np.uint8)


def maps(channels: int, height: int, width: int) -> np.ndarray:
    return np.arange(1.0, channels + 1)[:, None, None] * np.ones((1, height, width))


def test_each_layer_is_a_row_of_its_strongest_channels():
    layers = [maps(12, 24, 36), maps(3, 12, 18)]
    figure = feature_map_grid(IMAGE, layers, title="a face")
    rows = np.reshape(figure.axes, (2, CHANNELS_DRAWN + 1))
    assert [axes.get_title() for axes in rows[0][1:]] == [f"channel {channel}" for channel in range(5, 12)]
    assert [axes.get_title() for axes in rows[1][1:4]] == ["channel 0", "channel 1", "channel 2"]
    assert not any(axes.images for axes in rows[1][4:])
    assert rows[0][0].get_ylabel() == "layer 1\n12 of 24x36"
    np.testing.assert_array_equal(np.asarray(rows[0][1].images[0].get_array()), layers[0][5])


def test_the_strongest_channels_keep_their_order():
    found = strongest(np.array([9, 1, 8, 2, 7, 3, 6, 4, 5.0])[:, None, None])
    assert found == [0, 2, 4, 5, 6, 7, 8]
