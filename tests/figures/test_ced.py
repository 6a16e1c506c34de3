"""What the curves and the legend say, against the definition of a cumulative distribution."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from facial_keypoints.errors import ShapeError
from facial_keypoints.figures.ced import FAILURE, ced_curves
from facial_keypoints.metrics import ced

GOOD = np.array([1.0, 2.0, 3.0, 20.0])
POOR = np.array([6.0, 9.0, 12.0])
MODELS = {"train_face.poor": POOR, "train_face.good": GOOD, "train_face.mean_shape": POOR + 20}


def curve(figure: Figure, name: str) -> Line2D:
    (line,) = (line for line in figure.axes[0].lines if str(line.get_label()).startswith(name))
    return line


def height(line: Line2D, error: float) -> float:
    """Of a step curve at an error, as drawn: the level of the last step at or before it."""
    x, y = line.get_data()
    return y[np.searchsorted(x, error, side="right") - 1]


def legend(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.legends[0].get_texts()]


@example(np.array([2.0, 10.0]), 10.0)  # at the very end of the axis
@settings(max_examples=25, deadline=None)  # each draws a figure
@given(arrays(float, st.integers(1, 30), elements=st.floats(0, 15)), st.floats(0, 10))
def test_a_curve_is_the_percentage_of_faces_with_at_most_that_error(errors, error):
    line = curve(ced_curves({"model": errors}, title=""), "model")
    assert line.get_drawstyle() == "steps-post"
    expected = 100 * sum(1 for value in errors if value <= error) / len(errors)
    assert height(line, error) == pytest.approx(expected)


def test_a_curve_has_the_steps_of_the_measure_and_none_beyond_the_axis():
    errors = np.array([3.0, 1, 3, 3, 20, 7])
    x, y = curve(ced_curves({"model": errors}, threshold=10, title=""), "model").get_data()
    where, percent = ced(errors)
    assert list(where) == [1, 3, 7, 20]
    assert list(x) == [0, *where[:-1], 10]
    assert list(y) == [0, *percent[:-1], percent[-2]]


def test_curves_reach_from_0_to_the_threshold():
    figure = ced_curves(MODELS, threshold=7, title="compared")
    for name in MODELS:
        x = curve(figure, name).get_xdata()
        assert (x[0], x[-1]) == (0, 7)
    assert figure.axes[0].get_xlim() == (0, 7)
    assert figure.get_suptitle() == "compared"


def test_the_legend_ranks_by_auc_and_states_auc_failure_rate_and_mean():
    head, first, second, third = legend(ced_curves(MODELS, title=""))
    assert head.split() == ["AUC@8,", "%", "FR@8,", "%", "mean", "NME,", "%"]
    assert first.split() == ["train_face.good", "56.2", "25.0", "6.50"]  # (7 + 6 + 5 + 0) / (4 * 8)
    assert second.split() == ["train_face.poor", "8.3", "66.7", "9.00"]
    assert third.split() == ["train_face.mean_shape", "0.0", "100.0", "29.00"]
    assert len({len(line) for line in (head, first, second, third)}) == 1


def test_a_model_has_the_same_colour_in_the_legend_and_in_every_order_of_rank():
    figure = ced_curves(MODELS, title="")
    for handle in figure.legends[0].get_lines()[1:]:
        drawn = curve(figure, str(handle.get_label()))
        assert (handle.get_color(), handle.get_linestyle()) == (drawn.get_color(), drawn.get_linestyle())
    swapped = ced_curves({name: -errors + 30 for name, errors in MODELS.items()}, title="")
    assert all(curve(figure, name).get_color() == curve(swapped, name).get_color() for name in MODELS)


def test_a_dotted_line_marks_where_faces_count_as_failed():
    lines = ced_curves(MODELS, title="").axes[0].lines
    assert [line.get_xdata()[0] for line in lines if line.get_linestyle() == ":"] == [FAILURE]


def test_a_long_name_is_cut_and_the_columns_stay():
    head, row = legend(ced_curves({"v" * 200: GOOD}, title=""))
    assert "vvv..." in row
    assert len(head) == len(row)


@pytest.mark.parametrize(
    ("errors", "found"), [(np.zeros((2, 2)), r"\(2, 2\)"), (np.zeros(0), r"\(0,\)"), (np.array([1, np.nan]), "1 of 2")]
)
def test_anything_else_than_a_number_for_each_face_is_refused(errors, found):
    with pytest.raises(ShapeError, match=found):
        ced_curves({"model": errors}, title="")
