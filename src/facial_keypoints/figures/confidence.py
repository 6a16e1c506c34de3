"""How well estimates of errors hold: estimated against true error, and what a threshold keeps and catches."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter
from numpy.typing import NDArray

from facial_keypoints.figures.style import PREDICTION, TRAINING, new_figure
from facial_keypoints.metrics import FAILURE

HEIGHT = 4.2  # inches
BINS = 15  # of equal numbers of faces
KEPT = 95  # percent of the good ones: the threshold that is marked


def confidence_figure(
    errors: NDArray[np.floating],
    estimated: NDArray[np.floating],
    goodness: NDArray[np.floating],
    is_good: NDArray[np.bool_],
    title: str,
) -> Figure:
    """errors, estimated: (N,) of faces, in percent.  goodness, is_good: (M,) of faces and places without one."""
    figure = new_figure(HEIGHT, title)
    left, right = figure.subplots(1, 2)
    _draw_errors(left, errors, estimated)
    _draw_caught(right, goodness, is_good)
    return figure


def _draw_errors(axes: Axes, errors: NDArray[np.floating], estimated: NDArray[np.floating]) -> None:
    axes.plot(estimated, errors, linestyle="", marker=".", markersize=3, color=TRAINING, alpha=0.3, label="a face")
    parts = np.array_split(np.argsort(estimated, kind="stable"), min(BINS, max(1, len(errors))))
    means = np.array([[estimated[part].mean(), errors[part].mean()] for part in parts if len(part)])
    axes.plot(*means.T, color=PREDICTION, marker="o", markersize=4, label="mean of a fifteenth of the faces")
    low, high = max(1e-2, min(errors.min(), estimated.min())), max(errors.max(), estimated.max())
    axes.plot([low, high], [low, high], color="black", linewidth=0.8, linestyle="--", label="as estimated")
    axes.set(xscale="log", yscale="log", xlabel="estimated NME, %", ylabel="true NME, %")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.set_major_formatter("{x:g}")
        axis.set_minor_formatter(NullFormatter())
    axes.set_title("Estimated and true error", fontsize=10)
    axes.legend(fontsize=8, frameon=False)


def _draw_caught(axes: Axes, goodness: NDArray[np.floating], is_good: NDArray[np.bool_]) -> None:
    axes.set(xlabel=f"good ones kept, % (NME below {FAILURE} %)", ylabel="others caught, %")
    axes.set_title("What a threshold of the confidence does", fontsize=10)
    axes.set(xlim=(0, 101), ylim=(0, 101))
    if not is_good.any() or is_good.all():
        axes.text(50, 50, "all of one kind: nothing to tell apart", ha="center", va="center", fontsize=9)
        return
    thresholds = np.unique(np.concatenate([goodness, [np.inf]]))
    kept = np.array([100 * (goodness[is_good] >= threshold).mean() for threshold in thresholds])
    caught = np.array([100 * (goodness[~is_good] < threshold).mean() for threshold in thresholds])
    axes.plot(kept, caught, color=PREDICTION, drawstyle="steps-post")
    at = caught[kept >= KEPT].max()
    axes.plot([KEPT], [at], marker="o", color=PREDICTION)
    axes.annotate(
        f"{at:.0f} % of the others\nwhere {KEPT} % are kept", (KEPT, at), (KEPT - 8, at - 6), ha="right", va="top"
    )
