import numpy as np
import pytest
from matplotlib.colors import to_hex

from facial_keypoints.errors import ShapeError
from facial_keypoints.figures.occlusion import occlusion_maps
from facial_keypoints.figures.style import PREDICTION, TRUTH

IMAGES = np.zeros((3, 24, 36), np.uint8)
POINTS = np.full((3, 1, 2), 12.0)
MAPS = [np.full((24, 36), level, np.float32) for level in (1, 4, 2)]


def test_each_face_is_above_its_map_and_one_scale_serves_all():
    figure = occlusion_maps(IMAGES, MAPS, truth=POINTS, predicted=POINTS + 2, title="three faces")
    *panels, bar = figure.axes
    assert len(panels) == 6
    for axes, expected in zip(panels[3:], MAPS, strict=True):
        heat = axes.images[1]
        np.testing.assert_array_equal(np.asarray(heat.get_array()), expected)
        assert heat.get_clim() == (0, 4)
    assert bar.get_ylabel() == "moved, px"


def test_truth_is_orange_and_prediction_blue():
    figure = occlusion_maps(IMAGES, MAPS, truth=POINTS, predicted=POINTS + 2, title="")
    truth, predicted = figure.axes[0].lines
    assert (to_hex(truth.get_color()), to_hex(predicted.get_color())) == (TRUTH, PREDICTION)
    assert [float(line.get_xdata()[0]) for line in (truth, predicted)] == [12, 14]


def test_a_network_that_looks_nowhere_is_drawn_dark():
    figure = occlusion_maps(IMAGES[:1], [np.zeros((24, 36))], truth=POINTS[:1], predicted=POINTS[:1], title="")
    figure.draw_without_rendering()
    assert figure.axes[1].images[1].get_clim() == (0, 1)


def test_a_map_too_few_is_refused():
    with pytest.raises(ShapeError, match=r"found \[2, 3\]"):
        occlusion_maps(IMAGES, MAPS[:2], truth=POINTS, predicted=POINTS, title="")
