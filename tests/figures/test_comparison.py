import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from facial_keypoints.figures import PREDICTION, TRUTH, overlay_curves
from facial_keypoints.figures.comparison import best_variant
from tests.figures.test_curves import curve, history, stars

HISTORIES = {"lr_1e-3": history(), "lr_1e-4": history(3, scale=2), "lr_1e-5": history(scale=3)}


def figure_legend(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.legends[0].get_texts()]


def diverged() -> pd.DataFrame:
    return history().assign(**{"train/loss": np.inf, "val/loss": np.nan, "val/nme": np.inf})


def test_variants_have_a_colour_each_that_is_neither_the_truths_nor_the_predictions():
    losses, errors = overlay_curves(HISTORIES, title="compared").axes
    colours = [curve(errors, frame, "val/nme").get_color() for frame in HISTORIES.values()]
    assert len({*colours, TRUTH, PREDICTION}) == len(HISTORIES) + 2
    for frame, colour in zip(HISTORIES.values(), colours, strict=True):
        assert curve(losses, frame, "train/loss").get_linestyle() == "--"
        assert curve(losses, frame, "val/loss").get_linestyle() == "-"
        assert curve(losses, frame, "train/loss").get_color() == curve(losses, frame, "val/loss").get_color() == colour


def test_the_legend_gives_the_best_error_of_each_variant_and_names_the_best_of_all():
    assert figure_legend(overlay_curves(HISTORIES, title="compared")) == [
        "lr_1e-3: 3.00 % (6.25 px) at epoch 5, the best",
        "lr_1e-4: 7.00 % (8.25 px) at epoch 3",
        "lr_1e-5: 3.00 % (6.25 px) at epoch 5",
    ]


def test_the_best_variants_lines_are_thicker_than_all_others():
    losses, errors = overlay_curves(HISTORIES, title="compared").axes
    thick = max(line.get_linewidth() for line in (*losses.lines, *errors.lines))
    best = [curve(losses, HISTORIES["lr_1e-3"], "train/loss"), curve(errors, HISTORIES["lr_1e-3"], "val/nme")]
    other = [curve(losses, HISTORIES["lr_1e-4"], "train/loss"), curve(errors, HISTORIES["lr_1e-4"], "val/nme")]
    assert all(line.get_linewidth() == thick for line in best)
    assert all(line.get_linewidth() < thick for line in other)


def test_a_star_marks_the_kept_epoch_of_each_variant():
    losses, errors = overlay_curves(HISTORIES, title="compared").axes
    assert stars(losses) == [(5, 2), (3, 4), (5, 6)]
    assert stars(errors) == [(5, 3), (3, 7), (5, 3)]


def test_unlike_losses_share_no_axis_and_only_the_one_of_validation_has_validation_curves():
    kinds = {"lr_1e-4": "radial and maps"}
    alike, other, errors = overlay_curves(HISTORIES, title="compared", losses=kinds).axes
    assert [axes.get_title() for axes in (alike, other)] == ["loss (mse)", "loss (radial and maps)"]
    (line,) = other.lines
    assert np.array_equal(line.get_ydata(), HISTORIES["lr_1e-4"]["train/loss"])
    assert len(alike.lines) == 2 * 3  # training, validation and a star of each of the two
    assert len(stars(errors)) == 3


def test_losses_are_logarithmic_and_errors_where_they_lie_far_apart():
    near, far = history(), history().assign(**{"val/nme": 40.0})
    assert [axes.get_yscale() for axes in overlay_curves({"a": near}, title="").axes] == ["log", "linear"]
    assert [axes.get_yscale() for axes in overlay_curves({"a": near, "b": far}, title="").axes] == ["log", "log"]


def test_a_rate_that_diverged_is_named_and_is_not_the_best():
    figure = overlay_curves({"lr_1": diverged(), "lr_1e-4": history()}, title="compared")
    figure.draw_without_rendering()
    assert figure_legend(figure)[0] == "lr_1: no finite value"
    assert best_variant({"lr_1": diverged(), "lr_1e-4": history()}) == "lr_1e-4"
    assert best_variant({"lr_1": diverged()}) is None


def test_a_rate_that_is_far_off_does_not_press_the_others_flat():
    far_off = history().assign(**{"val/nme": 1e5, "val/loss": 1e20})
    losses, errors = overlay_curves({"lr_1": far_off, "lr_1e-4": history()}, title="compared").axes
    assert errors.get_ylim()[1] == 100 * 3
    assert losses.get_ylim()[1] == pytest.approx(1e4 / 6)
    assert errors.get_ylim()[0] < 3


@pytest.mark.parametrize("count", [1, 7, 8, 15])
def test_any_number_of_variants_has_as_many_colours(count):
    figure = overlay_curves({f"variant {i}": history(scale=1 + i) for i in range(count)}, title="compared")
    colours = {line.get_color() for line in figure.axes[1].lines}
    assert len(colours) == count
