import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import same_color
from matplotlib.lines import Line2D

from facial_keypoints.figures import TRAINING, VALIDATION, loss_curves

BEST_LOSS_EPOCH, BEST_ERROR_EPOCH = 4, 5


def history(epochs: int = 6, scale: float = 1.0) -> pd.DataFrame:
    """Falling curves whose validation loss is best at epoch 4, and whose validation error is best at epoch 5."""
    epoch = np.arange(1, epochs + 1)
    return pd.DataFrame(
        {
            "epoch": epoch,
            "train/loss": scale / epoch,
            "val/loss": scale * (1 + (epoch - BEST_LOSS_EPOCH) ** 2),
            "val/nme": 3 + np.abs(epoch - BEST_ERROR_EPOCH) * scale,
            "val/px": 6.25 + np.abs(epoch - BEST_ERROR_EPOCH),
        }
    )


def steps(epochs: int = 6) -> pd.DataFrame:
    step = np.arange(1, 10 * epochs + 1)
    return pd.DataFrame({"step": step, "epoch": step / 10, "loss": 1 / step})


def curve(axes: Axes, frame: pd.DataFrame, column: str) -> Line2D:
    """The one line that is exactly this column by epoch."""
    wanted = frame[["epoch", column]].to_numpy(dtype=float)
    (line,) = (line for line in axes.lines if line.get_marker() != "*" and np.array_equal(line.get_xydata(), wanted))
    return line


def stars(axes: Axes) -> list[tuple[float, float]]:
    return [tuple(line.get_xydata()[0]) for line in axes.lines if line.get_marker() == "*"]


def test_the_loss_is_logarithmic_and_the_error_is_not():
    losses, errors = loss_curves(history(), steps(), title="nose").axes
    assert (losses.get_yscale(), errors.get_yscale()) == ("log", "linear")


def test_each_curve_has_its_colour():
    losses, errors = loss_curves(history(), steps(), title="nose").axes
    assert same_color(curve(losses, history(), "train/loss").get_color(), TRAINING)
    assert same_color(curve(losses, history(), "val/loss").get_color(), VALIDATION)
    assert same_color(curve(errors, history(), "val/nme").get_color(), VALIDATION)


def test_the_loss_of_each_step_is_thin_and_pale_and_lies_at_its_fraction_of_an_epoch():
    losses, _ = loss_curves(history(), steps(), title="nose").axes
    line, epochs = curve(losses, steps(), "loss"), curve(losses, history(), "train/loss")
    assert line.get_linewidth() < epochs.get_linewidth()
    assert line.get_alpha() < 0.5


def test_stars_mark_the_epoch_that_is_kept_and_the_legend_says_its_values():
    losses, errors = loss_curves(history(), steps(), title="nose").axes
    assert stars(losses) == [(BEST_ERROR_EPOCH, 2)]
    assert stars(errors) == [(BEST_ERROR_EPOCH, 3)]
    assert "kept: 2 at epoch 5" in [text.get_text() for text in losses.get_legend().get_texts()]
    assert "best: 3.00 % (6.25 px) at epoch 5" in [text.get_text() for text in errors.get_legend().get_texts()]


def test_the_title_stands_on_top():
    assert loss_curves(history(), steps(), title="nose").get_suptitle() == "nose"


def test_one_epoch_is_drawn_with_a_mark_and_a_whole_number():
    figure = loss_curves(history(1), steps(1), title="short")
    figure.draw_without_rendering()
    for axes in figure.axes:
        assert all(tick == int(tick) for tick in axes.get_xticks())
        assert axes.get_xlim()[0] <= 1 <= axes.get_xlim()[1]
    assert curve(figure.axes[0], history(1), "train/loss").get_marker() == "."


def test_a_training_without_steps_is_drawn():
    losses, _ = loss_curves(history(), steps(0), title="resumed").axes
    assert stars(losses) == [(BEST_ERROR_EPOCH, 2)]


def test_a_training_that_diverged_has_no_best_epoch():
    diverged = history().assign(**{"val/loss": np.nan, "val/nme": np.inf})
    figure = loss_curves(diverged, steps(), title="diverged")
    figure.draw_without_rendering()
    assert [stars(axes) for axes in figure.axes] == [[], []]


def test_a_validation_loss_of_another_kind_than_the_training_loss_is_not_on_its_axis():
    losses, errors = loss_curves(history(), steps(), title="nose", loss="radial and maps").axes
    assert losses.get_title() == "loss (radial and maps)"
    assert len(losses.lines) == 2  # steps and epochs of the training
    assert stars(losses) == []
    assert stars(errors) == [(BEST_ERROR_EPOCH, 3)]
