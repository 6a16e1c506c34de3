import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from matplotlib.axes import Axes
from numpy.testing import assert_allclose
from scipy import stats

from facial_keypoints.errors import ShapeError
from facial_keypoints.figures.errors_by_turn import TURN_EDGES, bin_means, errors_by_turn
from facial_keypoints.figures.model_styles import MOST_MODELS

TURN = np.array([-50.0, -20, -20, 0, 5, 10, 20, np.nan])
NME = np.array([9.0, 5, 7, 2, 3, 4, 6, 30])


def dots(axes: Axes, marker: str) -> np.ndarray:
    """All faint dots of a marker, (M, 2)."""
    return np.concatenate(
        [line.get_xydata() for line in axes.lines if line.get_alpha() and line.get_marker() == marker]
    )


def words(axes: Axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


@example([(0.0, 0.0), (0.0, 1e-212)])  # whose variance is no longer a number other than 0
@given(st.lists(st.tuples(st.floats(-90, 90), st.floats(0, 40)), max_size=40))
def test_each_bin_has_the_mean_of_its_faces_and_students_interval(faces):
    turn, nme = np.array(faces).reshape(-1, 2).T
    means = bin_means(turn, nme)
    for place, (low, high) in enumerate(zip((-np.inf, *TURN_EDGES), (*TURN_EDGES, np.inf), strict=True)):
        inside = nme[(turn >= low) & (turn < high)]
        assert means.faces[place] == len(inside)
        assert_allclose(means.mean[place], inside.mean() if len(inside) else np.nan)
        if len(inside) > 1:
            standard_error = np.std(inside, ddof=1) / np.sqrt(len(inside))
            quantile = stats.t.ppf(0.975, len(inside) - 1)
            assert_allclose(means.half_width[place], quantile * standard_error, atol=1e-9)
        else:
            assert np.isnan(means.half_width[place])


def test_each_face_of_known_turn_is_a_dot_and_the_others_are_counted():
    figure = errors_by_turn({"model": (TURN, NME)}, title="by turn")
    (axes,) = figure.axes
    known = np.stack([TURN, NME], axis=1)[:-1]
    assert_allclose(np.concatenate([dots(axes, "o"), dots(axes, "^")])[:, 0], known[:, 0])
    assert "turn unknown: 1 faces" in axes.get_xlabel()
    assert figure.get_suptitle() == "by turn"


def test_faces_beyond_the_axis_are_marked_at_its_upper_end():
    turn, nme = np.zeros(200), np.append(np.full(199, 4.0), 400.0)
    (axes,) = errors_by_turn({"model": (turn, nme)}, title="").axes
    ((_, height),) = dots(axes, "^")
    top = axes.get_ylim()[1]
    assert 0.9 * top < height < top < 10
    assert len(dots(axes, "o")) == 199


def test_the_number_of_faces_stands_above_each_bin():
    (axes,) = errors_by_turn({"model": (TURN, NME)}, title="").axes
    assert words(axes) == [f"{count} faces" for count in (1, 0, 2, 3, 1, 0, 0)]
    (axes,) = errors_by_turn({"model": (TURN, NME), "fewer": (TURN[1:], NME[1:])}, title="").axes
    assert words(axes)[0] == "0 to 1 faces"


def test_a_face_turned_far_is_in_view():
    (axes,) = errors_by_turn({"model": (np.array([-80.0, 0]), np.array([9.0, 3]))}, title="").axes
    low, high = axes.get_xlim()
    assert low <= -80
    assert high >= 80


def test_models_are_drawn_beside_each_other_in_colours_of_their_own():
    models = {f"model {place}": (TURN, NME) for place in range(MOST_MODELS + 1)}
    figure = errors_by_turn(models, title="")
    (axes,) = figure.axes
    means = [container.lines[0] for container in axes.containers]
    assert len(means) == len({line.get_color() for line in means}) == MOST_MODELS
    assert len({line.get_xdata()[0] for line in means}) == MOST_MODELS
    assert all(line.get_xdata()[0] < TURN_EDGES[0] for line in means)
    assert "The first 6 of 7 models." in axes.get_xlabel()
    assert [text.get_text() for text in figure.legends[0].get_texts()] == list(models)[:MOST_MODELS]


def test_faces_without_any_known_turn_are_no_picture_but_a_sentence():
    figure = errors_by_turn({"model": (np.full(3, np.nan), np.ones(3))}, title="by turn")
    assert [text.get_text() for text in figure.texts] == ["by turn: the turn of no head is known"]


@pytest.mark.parametrize(
    ("turn", "nme", "found"),
    [
        (TURN[1:], NME, r"\(7,\) and errors \(8,\)"),
        (TURN[:2], np.array([1.0, np.nan]), "1 of 2 errors"),
    ],
)
def test_anything_else_than_a_turn_and_an_error_for_each_face_is_refused(turn, nme, found):
    with pytest.raises(ShapeError, match=found):
        errors_by_turn({"model": (turn, nme)}, title="")
