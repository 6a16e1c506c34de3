"""The learning curves of several trainings in one figure: learning rates compared at a glance."""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullFormatter

from facial_keypoints.figures.curves import (
    ERROR_TITLE,
    HEIGHT,
    VALIDATION_LOSS,
    best_epoch,
    best_error,
    finish_panel,
    label_losses,
    mark_best,
    plot_epochs,
)
from facial_keypoints.figures.style import VARIANTS, new_figure

COLUMNS = 2  # of panels
LEGEND_LINE = 0.2  # inches
THIN, THICK = 1.3, 2.6  # points
FAR_APART = 4  # times the smallest error: from here on the axis of errors is logarithmic
MOST = 100  # times the smallest error: what is worse leaves the picture; losses grow with its square


def overlay_curves(
    histories: Mapping[str, pd.DataFrame], *, title: str, losses: Mapping[str, str] | None = None
) -> Figure:
    """Several trainings in one figure, a colour for each: training dashed, validation solid, stars at the best epoch.

    histories: by the variant's name, each as in `loss_curves`.  The legend gives each variant's best validation error
    and says whose is the best of all; that one's lines are thicker.
    losses: what each learnt from, in words; VALIDATION_LOSS for those that are not named. There is a panel for each
    kind, since unlike losses share no axis, and a last one for the validation errors of all.
    """
    kinds = {name: (losses or {}).get(name, VALIDATION_LOSS) for name in histories}
    loss_axes, error_axes, figure = _panels(list(dict.fromkeys(kinds.values())), len(histories), title)
    best, legend = best_variant(histories), []
    for (name, history), colour in zip(histories.items(), variant_colours(len(histories)), strict=True):
        is_best = name == best
        width = THICK if is_best else THIN
        look = {"color": colour, "linewidth": width, "zorder": 2.5 if is_best else 2}
        axes = loss_axes[kinds[name]]
        plot_epochs(axes, history, "train/loss", linestyle="--", **look)
        if kinds[name] == VALIDATION_LOSS:
            plot_epochs(axes, history, "val/loss", **look)
            mark_best(axes, history, "val/loss", colour)
        plot_epochs(error_axes, history, "val/nme", **look)
        mark_best(error_axes, history, "val/nme", colour)
        label = f"{name}: {best_error(history)}" + (", the best" if is_best else "")
        legend.append(Line2D([], [], color=colour, linewidth=width, label=label))
    last_epoch = max(history["epoch"].max() for history in histories.values())
    for axes in (*loss_axes.values(), error_axes):
        finish_panel(axes, last_epoch)
    for axes in loss_axes.values():
        cut_off(axes, MOST**2)
    cut_off(error_axes, MOST)
    spread(error_axes, (history["val/nme"] for history in histories.values()))
    figure.legend(handles=legend, loc="outside lower center", ncols=1, frameon=False, fontsize=9)
    return figure


def best_variant(histories: Mapping[str, pd.DataFrame]) -> str | None:
    """The name of the training with the lowest validation error of any epoch; None where no epoch has a finite one."""
    bests = {name: best_epoch(history) for name, history in histories.items()}
    errors = {name: float(best["val/nme"]) for name, best in bests.items() if best is not None}
    return min(errors, key=errors.__getitem__) if errors else None


def _panels(kinds: list[str], lines: int, title: str) -> tuple[dict[str, Axes], Axes, Figure]:
    """A panel for each kind of loss, one for errors, and their figure, with room for a legend of so many lines."""
    count = len(kinds) + 1
    rows = -(-count // COLUMNS)
    figure = new_figure(HEIGHT * rows + LEGEND_LINE * lines, title)
    panels = list(figure.subplots(rows, COLUMNS).flat)
    for spare in panels[count:]:
        spare.remove()
    training = Line2D([], [], color="black", linestyle="--", label="training")
    validation = Line2D([], [], color="black", linestyle="-", label="validation")
    for axes, kind in zip(panels, kinds, strict=False):
        label_losses(axes, kind)
        axes.legend(handles=[training, validation] if kind == VALIDATION_LOSS else [training], fontsize=8)
    error_axes = panels[count - 1]
    error_axes.set(title=ERROR_TITLE)
    return dict(zip(kinds, panels, strict=False)), error_axes, figure


def cut_off(axes: Axes, most: float) -> None:
    """Let the axis end at so many times its lowest value, if there are higher ones: those of a rate that diverges."""
    values = np.concatenate([np.asarray(line.get_ydata(), dtype=float) for line in axes.lines])
    values = values[np.isfinite(values) & (values > 0)]
    if len(values) and values.max() > most * values.min():
        axes.set_ylim(top=most * values.min())


def spread(axes: Axes, errors: Iterable[pd.Series]) -> None:
    """Make the axis logarithmic where errors lie far apart: else a bad rate presses the good ones flat."""
    values = pd.concat(list(errors)).replace(np.inf, np.nan).dropna()
    if len(values) and values.max() > FAR_APART * values.min() > 0:
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 3, 5, 7)))
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_formatter(NullFormatter())


def variant_colours(count: int) -> list[str]:
    """As many colours as there are variants; beyond the palette, shades of one map."""
    if count <= len(VARIANTS):
        return list(VARIANTS[:count])
    return [to_hex(colour) for colour in colormaps["viridis"](np.linspace(0, 0.9, count))]
