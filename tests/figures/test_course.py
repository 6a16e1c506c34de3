from io import BytesIO

import numpy as np

from facial_keypoints.figures.course import course_figure
from facial_keypoints.figures.style import PREDICTION
from facial_keypoints.landmarks import IBUG_68
from tests.spots import SHAPE

SECONDS = np.arange(90) / 30


def course(frames: int = 90) -> np.ndarray:
    """A face that moves to the right and down."""
    return 100 * SHAPE + 2.0 * np.arange(frames)[:, None, None]


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
    seen_jitter, filtered_jitter = (text.get_text() for text in legend.get_texts())
    assert 1.5 < float(seen_jitter.removeprefix("as seen: ").removesuffix(" %")) < 2.5
    assert filtered_jitter == "filtered: 0.00 %"


def test_jitter_is_drawn_beside_the_way():
    seen = course() + np.random.default_rng(0).normal(size=course().shape)
    figure = course_figure(SECONDS, seen, course(), IBUG_68, title="a face")
    raw, smooth = figure.axes[1].lines
    assert 0.6 < np.std(raw.get_ydata()) < 1.2
    np.testing.assert_allclose(smooth.get_ydata(), 0, atol=1e-9)


def test_frames_without_the_face_break_the_line():
    there = np.delete(np.arange(90), slice(30, 40))
    figure = course_figure(SECONDS[there], course()[there], course()[there], IBUG_68, title="")
    way, jitter = (axes.lines[0].get_ydata() for axes in figure.axes[:2])
    assert np.isnan(way).sum() == np.isnan(jitter).sum() == 1
    np.testing.assert_allclose(jitter[~np.isnan(jitter)], 0, atol=1e-9)


def test_a_face_of_one_frame_is_drawn_too():
    course_figure(SECONDS[:1], course(1), course(1), IBUG_68, title="").savefig(BytesIO())
