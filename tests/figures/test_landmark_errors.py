import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from numpy.testing import assert_allclose

from facial_keypoints.errors import ShapeError
from facial_keypoints.figures.landmark_errors import MOST_MODELS, landmark_errors
from tests.shapes import FIVE, rectangle

FACE = rectangle(0.5, 0.6)
ERRORS = np.array([2.0, 3.0, 4.0, 9.0, 7.0])


def drawn(errors: dict[str, np.ndarray]) -> Figure:
    return landmark_errors(errors, FACE, FIVE, title="error of each point")


def faces(figure: Figure) -> list[Axes]:
    return [axes for axes in figure.axes if axes.get_title()]


def discs(axes: Axes) -> dict[tuple[float, float], Circle]:
    return {tuple(np.round(disc.center, 6)): disc for disc in axes.patches if isinstance(disc, Circle)}


def numbers(axes: Axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


def test_a_disc_lies_at_each_point_and_its_radius_is_the_points_error_to_scale():
    (axes,) = faces(drawn({"model": ERRORS}))
    assert_allclose([discs(axes)[tuple(point)].radius for point in FACE], ERRORS / 100)


def test_the_three_worst_points_are_numbered_outside_of_their_discs():
    (axes,) = faces(drawn({"model": ERRORS}))
    assert numbers(axes) == ["3", "4", "2"]
    for text, point in zip(axes.texts, (3, 4, 2), strict=True):
        assert np.linalg.norm(np.subtract(text.xy, FACE[point])) <= ERRORS[point] / 100 + 1e-9


def test_models_share_one_colour_scale():
    figure = drawn({"good": ERRORS, "poor": 2 * ERRORS})
    good, poor = faces(figure)
    half_of_the_poor = discs(poor)[tuple(FACE[0])].get_facecolor()  # 2 * 2 %, as the good model's point 2
    assert half_of_the_poor == discs(good)[tuple(FACE[2])].get_facecolor()
    (bar,) = (axes for axes in figure.axes if axes not in (good, poor))
    assert_allclose(bar.get_xlim(), (0, 18))
    assert "the length that normalises the NME" in bar.get_xlabel()


def test_a_panel_says_the_models_name_its_mean_and_its_worst_error():
    (axes,) = faces(drawn({"train_face.lr_1e-3": ERRORS}))
    assert axes.get_title() == "train_face.lr_1e-3\nmean 5.00 %, worst point 9.0 %"


def test_points_that_are_not_predicted_have_no_disc():
    nose = np.where(np.arange(5) == FIVE.nose_tip, 5.0, np.nan)
    first, second = faces(drawn({"nose": nose, "nothing": np.full(5, np.nan)}))
    assert (list(discs(first)), numbers(first)) == ([tuple(FACE[2])], ["2"])
    assert (discs(second), second.get_title()) == ({}, "nothing\nno point")


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 6, 8])
def test_up_to_six_models_are_drawn_in_the_order_given_and_the_rest_is_counted(count):
    figure = drawn({f"model {place}": ERRORS for place in range(count)})
    shown = min(count, MOST_MODELS)
    assert [axes.get_title().split("\n")[0] for axes in faces(figure)] == [f"model {i}" for i in range(shown)]
    assert ("the first 6 of 8 models" in figure.axes[-1].get_xlabel()) == (count > MOST_MODELS)


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_headings_stand_below_the_title(count):
    wide = rectangle(0.95, 0.9)  # so that the panels have no room to spare
    errors = {f"model {place}": ERRORS for place in range(count)}
    figure = landmark_errors(errors, wide, FIVE, title="error of each point")
    FigureCanvasAgg(figure).draw()
    bottom = figure._suptitle.get_window_extent().y0
    assert all(axes.title.get_window_extent().y1 <= bottom for axes in faces(figure))


def test_large_discs_stay_in_view_and_y_runs_down():
    (axes,) = faces(drawn({"model": 10 * ERRORS}))
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    for (x, y), disc in discs(axes).items():
        assert left <= x - disc.radius < x + disc.radius <= right
        assert top <= y - disc.radius < y + disc.radius <= bottom


@pytest.mark.parametrize(
    ("errors", "face", "found"),
    [
        ({}, FACE, "no model"),
        ({"model": ERRORS}, FACE[:4], r"\(4, 2\)"),
        ({"model": ERRORS[:4]}, FACE, r"model are \(4,\); five has \(5,\)"),
    ],
)
def test_errors_and_points_of_another_number_are_refused(errors, face, found):
    with pytest.raises(ShapeError, match=found):
        landmark_errors(errors, face, FIVE, title="")
