import numpy as np
import pytest

from facial_keypoints.figures.confidence import confidence_figure

RNG = np.random.default_rng(0)
ERRORS = np.exp(RNG.normal(1.5, 0.6, 400))
ESTIMATED = ERRORS * np.exp(RNG.normal(0, 0.2, 400))


def test_errors_are_drawn_against_estimates_with_plain_numbers():
    left, _ = confidence_figure(ERRORS, ESTIMATED, 1 / ESTIMATED, ERRORS < 8, title="").axes
    left.figure.draw_without_rendering()
    faces, means, _ = left.lines
    np.testing.assert_array_equal(faces.get_xydata(), np.stack([ESTIMATED, ERRORS], axis=-1))
    assert len(means.get_xydata()) == 15
    assert {"2", "5", "10"} <= {label.get_text() for label in left.get_xticklabels()}
    assert {label.get_text() for label in left.get_xticklabels(minor=True)} <= {""}


def test_the_marked_threshold_keeps_95_percent_of_the_good_ones():
    goodness, is_good = np.arange(200.0), np.arange(200) >= 100
    goodness[110] = 40  # one good face in a hundred that looks worse than 59 of the others
    _, right = confidence_figure(ERRORS, ESTIMATED, goodness, is_good, title="").axes
    _, mark = right.lines
    assert mark.get_xydata()[0] == pytest.approx([95, 100])
    assert right.texts[0].get_text() == "100 % of the others\nwhere 95 % are kept"


@pytest.mark.parametrize("kind", [True, False])
def test_where_all_are_of_one_kind_that_is_said(kind):
    _, right = confidence_figure(ERRORS[:1], ESTIMATED[:1], np.ones(1), np.full(1, kind), title="").axes
    assert right.texts[0].get_text() == "all of one kind: nothing to tell apart"
