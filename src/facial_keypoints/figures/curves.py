"""Learning curves of one training: the loss (logarithmic) and the validation error by epoch."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from facial_keypoints.figures.style import TRAINING, VALIDATION, new_figure

HEIGHT = 3.8  # inches
MOST_MARKED_EPOCHS = 30  # beyond, a dot for each epoch would hide the line
VALIDATION_LOSS = "mse"  # val/loss is of this kind, whatever was learnt from
ERROR_TITLE = "validation error (NME, %)"


def loss_curves(history: pd.DataFrame, steps: pd.DataFrame, *, title: str, loss: str = VALIDATION_LOSS) -> Figure:
    """One training: loss of each step (pale) and each epoch, and the validation error; stars mark the best epoch.

    history: a row for each epoch with `epoch` (from 1), `train/loss`, `val/loss`, `val/nme` (percent), `val/px`.
    steps: a row for each step with `epoch` (epochs done, a fraction) and `loss`.
    loss: which it learnt from, in words. `val/loss` is drawn beside it only where it is of the same kind.
    """
    figure = new_figure(HEIGHT, title)
    loss_axes, error_axes = figure.subplots(1, 2)
    label_losses(loss_axes, loss)
    error_axes.set(title=ERROR_TITLE)
    loss_axes.plot(steps["epoch"], steps["loss"], color=TRAINING, linewidth=0.6, alpha=0.3, label="training, each step")
    plot_epochs(loss_axes, history, "train/loss", color=TRAINING, label="training")
    if loss == VALIDATION_LOSS:
        plot_epochs(loss_axes, history, "val/loss", color=VALIDATION, label="validation")
        mark_best(loss_axes, history, "val/loss", VALIDATION, _describe_best_loss(history))
    plot_epochs(error_axes, history, "val/nme", color=VALIDATION, label="validation")
    mark_best(error_axes, history, "val/nme", VALIDATION, f"best: {best_error(history)}")
    for axes in (loss_axes, error_axes):
        finish_panel(axes, last_epoch=history["epoch"].max())
        axes.legend(fontsize=8)
    return figure


def best_error(history: pd.DataFrame) -> str:
    """A training's best validation error in words: `5.12 % (6.31 px) at epoch 11`."""
    best = best_epoch(history)
    if best is None:
        return "no finite value"
    return f"{best['val/nme']:.2f} % ({best['val/px']:.2f} px) at epoch {best['epoch']:.0f}"


def label_losses(axes: Axes, kind: str) -> None:
    axes.set(title=f"loss ({kind})", yscale="log")


def finish_panel(axes: Axes, last_epoch: float) -> None:
    axes.set(xlabel="epoch", xlim=(0, 1.04 * last_epoch))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)


def plot_epochs(axes: Axes, history: pd.DataFrame, column: str, **look: Any) -> None:
    marker = "." if len(history) <= MOST_MARKED_EPOCHS else ""
    axes.plot(history["epoch"], history[column], marker=marker, **look)


def best_epoch(history: pd.DataFrame) -> pd.Series | None:
    """The epoch whose network is kept: that with the lowest validation error, None where there is no finite one."""
    finite = history[np.isfinite(history["val/nme"])]
    return None if finite.empty else finite.loc[finite["val/nme"].idxmin()]


def mark_best(axes: Axes, history: pd.DataFrame, column: str, colour: str, label: str | None = None) -> None:
    best = best_epoch(history)
    if best is not None:
        axes.plot(
            [best["epoch"]],
            [best[column]],
            color=colour,
            linestyle="",
            marker="*",
            markersize=12,
            markeredgecolor="black",
            zorder=3,
            label=label,
        )


def _describe_best_loss(history: pd.DataFrame) -> str:
    best = best_epoch(history)
    return "no finite value" if best is None else f"kept: {best['val/loss']:.3g} at epoch {best['epoch']:.0f}"
