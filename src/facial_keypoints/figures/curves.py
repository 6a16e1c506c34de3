"""Learning curves: the loss (logarithmic) and the validation error by epoch."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from facial_keypoints.figures.style import TRAINING, VALIDATION, VARIANTS, new_figure

HEIGHT = 3.8  # inches
MOST_MARKED_EPOCHS = 30  # beyond, a dot for each epoch would hide the line


def loss_curves(history: pd.DataFrame, steps: pd.DataFrame, *, title: str) -> Figure:
    """One training: loss of each step (pale) and each epoch, and the validation error; stars mark the best epoch.

    history: a row for each epoch with `epoch` (from 1), `train/loss`, `val/loss`, `val/nme` (percent), `val/px`.
    steps: a row for each step with `epoch` (epochs done, a fraction) and `loss`.
    """
    figure = new_figure(HEIGHT, title)
    loss_axes, error_axes = _panels(figure, last_epoch=history["epoch"].max())
    loss_axes.plot(steps["epoch"], steps["loss"], color=TRAINING, linewidth=0.6, alpha=0.3, label="training, each step")
    _plot_epochs(loss_axes, history, "train/loss", color=TRAINING, label="training")
    _plot_epochs(loss_axes, history, "val/loss", color=VALIDATION, label="validation")
    _plot_epochs(error_axes, history, "val/nme", color=VALIDATION, label="validation")
    _mark_best(loss_axes, history, "val/loss", VALIDATION, _describe_best_loss(history))
    _mark_best(error_axes, history, "val/nme", VALIDATION, _describe_best_error(history))
    for axes in (loss_axes, error_axes):
        axes.legend(fontsize=8)
    return figure


def overlay_curves(histories: Mapping[str, pd.DataFrame], *, title: str) -> Figure:
    """Several trainings in one figure, a colour for each: training dashed, validation solid, stars at the best epoch.

    histories: by the variant's name, each as in `loss_curves`.  The legend gives each variant's best validation error.
    """
    figure = new_figure(HEIGHT + 0.2 * len(histories), title)
    loss_axes, error_axes = _panels(figure, max(history["epoch"].max() for history in histories.values()))
    variants = []
    for (name, history), colour in zip(histories.items(), _variant_colours(len(histories)), strict=True):
        _plot_epochs(loss_axes, history, "train/loss", color=colour, linestyle="--")
        _plot_epochs(loss_axes, history, "val/loss", color=colour)
        _plot_epochs(error_axes, history, "val/nme", color=colour)
        _mark_best(loss_axes, history, "val/loss", colour)
        _mark_best(error_axes, history, "val/nme", colour)
        variants.append(Line2D([], [], color=colour, label=f"{name}: {_describe_best_error(history)}"))
    dashed = Line2D([], [], color="black", linestyle="--", label="training")
    solid = Line2D([], [], color="black", linestyle="-", label="validation")
    loss_axes.legend(handles=[dashed, solid], fontsize=8)
    figure.legend(handles=variants, loc="outside lower center", ncols=1, frameon=False, fontsize=9)
    return figure


def _panels(figure: Figure, last_epoch: float) -> tuple[Axes, Axes]:
    loss_axes, error_axes = figure.subplots(1, 2)
    loss_axes.set(title="loss", xlabel="epoch", yscale="log")
    error_axes.set(title="validation error (NME, %)", xlabel="epoch")
    for axes in (loss_axes, error_axes):
        axes.set_xlim(0, 1.04 * last_epoch)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
    return loss_axes, error_axes


def _plot_epochs(
    axes: Axes, history: pd.DataFrame, column: str, *, color: str, linestyle: str = "-", label: str | None = None
) -> None:
    marker = "." if len(history) <= MOST_MARKED_EPOCHS else ""
    axes.plot(history["epoch"], history[column], color=color, linestyle=linestyle, marker=marker, label=label)


def _best_epoch(history: pd.DataFrame) -> pd.Series | None:
    """The epoch whose network is kept: that with the lowest validation error, None where there is no finite one."""
    finite = history[np.isfinite(history["val/nme"])]
    return None if finite.empty else finite.loc[finite["val/nme"].idxmin()]


def _mark_best(axes: Axes, history: pd.DataFrame, column: str, colour: str, label: str | None = None) -> None:
    best = _best_epoch(history)
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
    best = _best_epoch(history)
    return "no finite value" if best is None else f"kept: {best['val/loss']:.3g} at epoch {best['epoch']:.0f}"


def _describe_best_error(history: pd.DataFrame) -> str:
    best = _best_epoch(history)
    if best is None:
        return "no finite value"
    return f"best: {best['val/nme']:.2f} % ({best['val/px']:.2f} px) at epoch {best['epoch']:.0f}"


def _variant_colours(count: int) -> list[str]:
    """As many colours as there are variants; beyond the palette, shades of one map."""
    if count <= len(VARIANTS):
        return list(VARIANTS[:count])
    return [to_hex(colour) for colour in colormaps["viridis"](np.linspace(0, 0.9, count))]
