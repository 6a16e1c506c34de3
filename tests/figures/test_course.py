import numpy as np
import pytest

from facial_keypoints.figures.course import course_figure, stillest
from facial_keypoints.figures.style import PREDICTION
from facial_keypoints.landmarks import IBUG_68
from tests.spots import SHAPE

SECONDS = np.arange(90) / 30


def course(frames: int = 90) -> np.ndarray:
    """At rest for the second second only."""
    ways = np.interp(np.arange(frames) / 30, [0, 1, 2, 3], [0, 50, 50, 120])
    return 100 * SHAPE + ways[:, None, None]


def test_the_second_in_which_it_moves_least_is_enlarged():
    part = stillest(SECONDS, course())
    assert (SECONDS[part][0], SECONDS[part][-1]) == pytest.approx((1.0, 2.0), abs=0.04)
    assert stillest(SECONDS[:10], course(10)) == slice(0, 10)
    assert stillest(SECONDS[:1], course(1)) == slice(0, 1)


def test_lines_are_what_was_seen_and_what_was_filtered_in_the_colour_of_predictions():
    filtered = course()
    seen = filtered + np.random.default_rng(0).normal(size=filtered.shape)
    figure = course_figure(SECONDS, seen, filtered, IBUG_68, title="a face")
    assert len(figure.axes) == 6
    raw, smooth = figure.axes[0].lines
    assert smooth.get_color() == PREDICTION
    np.testing.assert_allclose(raw.get_ydata(), seen[:, IBUG_68.nose_tip, 0])
    np.testing.assert_allclose(smooth.get_ydata(), filtered[:, IBUG_68.nose_tip, 0])
    (legend,) = figure.legends
    assert [text.get_text().split(":")[0] for text in legend.get_texts()] == ["as seen", "filtered"]


def test_frames_without_the_face_break_the_line():
    there = np.delete(np.arange(90), slice(30, 40))
    figure = course_figure(SECONDS[there], course()[there], course()[there], IBUG_68, title="")
    assert np.isnan(figure.axes[0].lines[0].get_ydata()).sum() == 1


def test_a_face_of_one_frame_is_drawn_too():
    course_figure(SECONDS[:1], course(1), course(1), IBUG_68, title="").savefig("/dev/null", format="png")
