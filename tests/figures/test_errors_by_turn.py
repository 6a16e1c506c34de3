import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.axes import Axes
from numpy.testing import assert_allclose

from facial_keypoints.errors import ShapeError
from facial_keypoints.figures.errors_by_turn import TURN_EDGES, bin_means, errors_by_turn
from facial_keypoints.figures.model_styles import MOST_MODELS
from facial_keypoints.resampling import bootstrap_intervals

TURN = np.array([-50.0, -20, -20, 0, 5, 10, 20, np.nan])
NME = np.array([9.0, 5, 7, 2, 3, 4, 6, 30])
GROUPS = np.array(list("aabbccdd"))
TABLE = (TURN, NME, GROUPS)


def dots(axes: Axes, marker: str) -> np.ndarray:
    """All faint dots of a marker, (M, 2)."""
    return np.concatenate(
        [line.get_xydata() for line in axes.lines if line.get_alpha() and line.get_marker() == marker]
    )


def words(axes: Axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


faces_of_groups = st.lists(st.tuples(st.floats(-90, 90), st.floats(0, 40), st.integers(0, 5)), max_size=40)


@settings(deadline=None, max_examples=15)
@given(faces_of_groups)
def test_each_bin_has_the_mean_of_its_faces_and_the_interval_that_draws_whole_groups(faces):
    turn, nme, groups = np.array(faces).reshape(-1, 3).T
    means = bin_means(turn, nme, groups)
    for place, (low, high) in enumerate(zip((-np.inf, *TURN_EDGES), (*TURN_EDGES, np.inf), strict=True)):
        inside = (turn >= low) & (turn < high)
        assert means.faces[place] == inside.sum()
        assert_allclose(means.mean[place], nme[inside].mean() if inside.any() else np.nan)
        interval = bootstrap_intervals(nme[inside, None], groups[inside])[0]
        assert_allclose([means.low[place], means.high[place]], interval)


def bars(axes: Axes) -> list[np.ndarray]:
    """Lower and upper end of each interval, (2,), of the only model."""
    (container,) = axes.containers
    return [segment[:, 1] for segment in container.lines[2][0].get_segments()]


def test_many_faces_of_few_people_say_less_than_as_many_people():
    turn, nme = np.zeros(40), np.repeat([2.0, 4, 6, 8], 10)
    drawn = {
        name: bars(errors_by_turn({"model": (turn, nme, groups)}, title="").axes[0])[0]
        for name, groups in {"people": np.repeat(np.arange(4), 10), "faces": np.arange(40)}.items()
    }
    for low, high in drawn.values():
        assert low < 5 < high
    assert np.ptp(drawn["people"]) > 2.5 * np.ptp(drawn["faces"])


def test_a_bin_of_one_person_or_of_equal_errors_has_no_width():
    alike = np.full(30, 6.0956934985716344)  # whose interval starts above the mean, by a rounding error
    for groups, nme in ((np.zeros(30), np.arange(30.0)), (np.arange(30), alike)):
        (ends,) = bars(errors_by_turn({"model": (np.zeros(30), nme, groups)}, title="").axes[0])
        assert_allclose(ends, nme.mean())


def test_each_face_of_known_turn_is_a_dot_and_the_others_are_counted():
    figure = errors_by_turn({"model": TABLE}, title="by turn")
    (axes,) = figure.axes
    known = np.stack([TURN, NME], axis=1)[:-1]
    assert_allclose(np.concatenate([dots(axes, "o"), dots(axes, "^")])[:, 0], known[:, 0])
    assert "turn unknown: 1 faces" in axes.get_xlabel()
    assert figure.get_suptitle() == "by turn"


def test_faces_beyond_the_axis_are_marked_at_its_upper_end():
    turn, nme = np.zeros(200), np.append(np.full(199, 4.0), 400.0)
    (axes,) = errors_by_turn({"model": (turn, nme, turn)}, title="").axes
    ((_, height),) = dots(axes, "^")
    top = axes.get_ylim()[1]
    assert 0.9 * top < height < top < 10
    assert len(dots(axes, "o")) == 199


def test_the_number_of_faces_stands_above_each_bin():
    (axes,) = errors_by_turn({"model": TABLE}, title="").axes
    assert words(axes) == [f"{count} faces" for count in (1, 0, 2, 3, 1, 0, 0)]
    (axes,) = errors_by_turn({"model": TABLE, "fewer": (TURN[1:], NME[1:], GROUPS[1:])}, title="").axes
    assert words(axes)[0] == "0 to 1 faces"


def test_a_face_turned_far_is_in_view():
    (axes,) = errors_by_turn({"model": (np.array([-80.0, 0]), np.array([9.0, 3]), np.arange(2))}, title="").axes
    low, high = axes.get_xlim()
    assert low <= -80
    assert high >= 80


def test_models_are_drawn_beside_each_other_in_colours_of_their_own():
    models = {f"model {place}": TABLE for place in range(MOST_MODELS + 1)}
    figure = errors_by_turn(models, title="")
    (axes,) = figure.axes
    means = [container.lines[0] for container in axes.containers]
    assert len(means) == len({line.get_color() for line in means}) == MOST_MODELS
    assert len({line.get_xdata()[0] for line in means}) == MOST_MODELS
    assert all(line.get_xdata()[0] < TURN_EDGES[0] for line in means)
    assert "The first 6 of 7 models." in axes.get_xlabel()
    assert [text.get_text() for text in figure.legends[0].get_texts()] == list(models)[:MOST_MODELS]


def test_faces_without_any_known_turn_are_no_picture_but_a_sentence():
    figure = errors_by_turn({"model": (np.full(3, np.nan), np.ones(3), np.ones(3))}, title="by turn")
    assert [text.get_text() for text in figure.texts] == ["by turn: the turn of no head is known"]


@pytest.mark.parametrize(
    ("turn", "nme", "groups", "found"),
    [
        (TURN[1:], NME, GROUPS, r"\(7,\), errors \(8,\)"),
        (TURN, NME, GROUPS[1:], r"groups \(7,\)"),
        (TURN[:2], np.array([1.0, np.nan]), GROUPS[:2], "1 of 2 errors"),
    ],
)
def test_anything_else_than_a_turn_an_error_and_a_group_for_each_face_is_refused(turn, nme, groups, found):
    with pytest.raises(ShapeError, match=found):
        errors_by_turn({"model": (turn, nme, groups)}, title="")
