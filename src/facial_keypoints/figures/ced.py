"""Cumulative error distributions: which share of the faces a model finds at least so well."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from facial_keypoints.errors import ShapeError
from facial_keypoints.figures.model_styles import model_styles
from facial_keypoints.figures.style import new_figure
from facial_keypoints.metrics import FAILURE, auc, ced, failure_rate

HEIGHT = 4.4  # inches, without the legend
LEGEND_LINE = 0.17  # inches
LEGEND_FONT = 8  # typographic points
LONGEST_NAME = 48  # characters that the legend has room for


def ced_curves(errors: Mapping[str, NDArray[np.floating]], *, threshold: float = 10.0, title: str) -> Figure:
    """The cumulative error distributions of several models, as exact steps, with a legend that ranks them.

    errors: by the model's name, the NME of each face in percent, (N,), N at least 1, without NaN.
    threshold: where the horizontal axis ends, in percent.
    The legend gives AUC, failure rate and mean NME, the largest AUC first.
    Raises ShapeError if a model has anything else than a row of numbers.
    """
    for name, values in errors.items():
        _check(name, values)
    figure = new_figure(HEIGHT + LEGEND_LINE * len(errors), title)
    axes = figure.subplots()
    styles = model_styles(errors)
    width = max((len(_short(name)) for name in errors), default=0)
    handles = [Line2D([], [], linestyle="", label=_legend_head(width))]
    for name in sorted(errors, key=lambda name: -auc(errors[name], FAILURE)):
        steps = _steps(errors[name], threshold)
        label = _legend_row(name, errors[name], width)
        handles += axes.plot(*steps, drawstyle="steps-post", linewidth=1.6, label=label, **styles[name]._asdict())
    _frame(axes, threshold)
    font = {"family": "monospace", "size": LEGEND_FONT}
    figure.legend(handles=handles, loc="outside lower center", frameon=False, prop=font, labelspacing=0.3)
    return figure


def _check(name: str, values: NDArray[np.floating]) -> None:
    if values.ndim != 1 or not len(values):
        raise ShapeError(f"the errors of {name} are {values.shape}, expected (N,). Give one for each face.")
    if np.isnan(values).any():
        found = f"{np.isnan(values).sum()} of {len(values)} errors of {name} are NaN"
        raise ShapeError(f"{found}, expected numbers. Leave out faces without landmarks.")


def _steps(errors: NDArray[np.floating], threshold: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where the distribution rises and to how many percent of the faces, from 0 to the threshold."""
    different, percent = ced(errors)
    within = different <= threshold
    percent = np.concatenate([[0], percent[within]])
    return np.concatenate([[0], different[within], [threshold]]), np.append(percent, percent[-1])


def _frame(axes: Axes, threshold: float) -> None:
    axes.axvline(FAILURE, color="black", linestyle=":", linewidth=1)
    axes.set(xlim=(0, threshold), ylim=(0, 100), xlabel="NME, %", ylabel="faces with at most this error, %")
    axes.set_yticks(range(0, 101, 20))
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)


def _legend_head(width: int) -> str:
    return f"{'':{width}}  AUC@{FAILURE:g}, %  FR@{FAILURE:g}, %  mean NME, %"


def _legend_row(name: str, errors: NDArray[np.floating], width: int) -> str:
    """In columns below those of the head: the font has one pitch."""
    values = f"{auc(errors, FAILURE):8.1f}  {failure_rate(errors, FAILURE):7.1f}  {errors.mean():11.2f}"
    return f"{_short(name):{width}}  {values}"


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 3] + "..."
