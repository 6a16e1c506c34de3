import numpy as np
import pytest

from facial_keypoints.errors import ShapeError
from facial_keypoints.figures.schemes import numbered_points
from facial_keypoints.figures.style import REPLACED
from facial_keypoints.landmarks import IBUG_68, IMM_58

RANDOM = np.random.default_rng(0)
FACES = {"IMM": (RANDOM.random((58, 2)), IMM_58), "iBUG": (RANDOM.random((68, 2)), IBUG_68)}


def test_every_point_of_each_scheme_bears_its_number_where_it_lies():
    figure = numbered_points(FACES, title="two schemes")
    for axes, (points, scheme) in zip(figure.axes, FACES.values(), strict=True):
        assert [text.get_text() for text in axes.texts] == [str(number) for number in range(scheme.size)]
        np.testing.assert_array_equal([text.xy for text in axes.texts], points)


def test_y_runs_down_as_in_pictures():
    bottom, top = numbered_points(FACES, title="").axes[0].get_ylim()
    assert bottom > top


def test_marked_points_stand_out():
    figure = numbered_points(FACES, title="", marked={"IMM": [6, 52]})
    stand_out = [text.get_text() for axes in figure.axes for text in axes.texts if text.get_color() == REPLACED]
    assert stand_out == ["6", "52"]


def test_points_of_another_scheme_are_refused():
    with pytest.raises(ShapeError, match=r"IMM: points are \(68, 2\), expected \(58, 2\)"):
        numbered_points({"IMM": (FACES["iBUG"][0], IMM_58)}, title="")
