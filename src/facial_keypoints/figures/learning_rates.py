"""The losses of a learning rate range test, with the rate that they propose."""

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from facial_keypoints.figures.style import TRAINING, VARIANTS, new_figure
from facial_keypoints.learning_rate_range import FALLEN, proposed_rate

HEIGHT = 3.8  # inches
PROPOSAL = VARIANTS[2]  # crimson
ROOM = 1.2  # around the smoothed curve: single steps that are far off do not press it flat


def learning_rate_curve(table: pd.DataFrame, own: float, *, title: str) -> Figure:
    """Loss by learning rate, each step pale and smoothed; a star at the proposal, dots at the variant's own rate.

    The loss is a share of the untrained network's on the same pictures; both axes are logarithmic.
    table: as `range_table` makes it. own: the variant's rate. title: the variant; the proposal is added.
    """
    proposal = proposed_rate(table)
    said = "none, since the loss hardly falls" if proposal is None else f"{proposal:.2g}"
    figure = new_figure(HEIGHT, f"{title}, loss while the learning rate rises. Proposed: {said}")
    axes = figure.subplots()
    rates, shares, smoothed = table["learning_rate"], table["loss"] / table["untrained"], table["smoothed"]
    axes.plot(rates, shares, color=TRAINING, linewidth=0.6, alpha=0.4, label="each step")
    axes.plot(rates, smoothed, color=TRAINING, label="smoothed")
    axes.axvline(own, color="black", linewidth=0.8, linestyle=":", label=f"the variant's own: {own:.2g}")
    if proposal is not None:
        axes.plot(
            [proposal],
            smoothed[rates == proposal],
            color=PROPOSAL,
            linestyle="",
            marker="*",
            markersize=12,
            markeredgecolor="black",
            zorder=3,
            label=f"proposed: {proposal:.2g}, where {FALLEN:.0%} of the fall is done",
        )
    axes.set(xscale="log", yscale="log", xlabel="learning rate", ylabel="loss / the untrained network's")
    axes.set_ylim(min(shares.quantile(0.02), smoothed.min()) / ROOM, smoothed.max() * ROOM)
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(fontsize=8)
    return figure
