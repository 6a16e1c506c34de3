"""What was read of a data set, in six panels: shapes, distances, boxes, picture sizes, counts, notes."""

from itertools import cycle
from textwrap import wrap

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from facial_keypoints.box_fit import NO_BOXES, box_fit, box_origin
from facial_keypoints.data_report import first_of, in_words, noted_kinds, picture_sizes
from facial_keypoints.figures.faces import draw_keypoints
from facial_keypoints.figures.style import REPLACED, TRAINING, TRUTH, VARIANTS, WIDTH, new_figure
from facial_keypoints.landmarks import LandmarkScheme
from facial_keypoints.outliers import labelled_faces, outlier_limit, outlier_rows
from facial_keypoints.procrustes import aligned_shapes, distances_to_mean

HEIGHT = 6.2  # inches
COLUMNS = 3
CLOUD_FACES = 400  # more would fill the cloud
NAME_CHARACTERS = 24
FEWEST_BARS = 3  # so that a single split is no wall
LINE_SHARE = 0.05  # of a panel's height for a line of small text
NAMED_OUTLIERS = 4  # that a panel has room for
NOTE_LINES, NOTE_CHARACTERS = 14, 46  # that a panel has room for
SMALL = 8  # typographic points


def draw_report(annotations: pd.DataFrame, noted: pd.DataFrame, scheme: LandmarkScheme, title: str) -> Figure:
    """The report of one data set.  annotations, noted: as in `data_report.report_table`."""
    labelled, points = labelled_faces(annotations, scheme)
    aligned, mean = aligned_shapes(points)
    distances = distances_to_mean(aligned, mean, scheme)
    figure = new_figure(HEIGHT, title)
    panels = figure.subplots(2, COLUMNS).flat
    _draw_shapes(next(panels), aligned[np.isfinite(distances)], mean, scheme)
    _draw_distances(next(panels), distances, labelled["name"].tolist())
    _draw_boxes(next(panels), annotations, scheme)
    _draw_sizes(next(panels), picture_sizes(annotations))
    _draw_counts(next(panels), annotations)
    _draw_notes(next(panels), noted)
    return figure


def _draw_shapes(axes: Axes, aligned: NDArray[np.floating], mean: NDArray[np.floating], scheme: LandmarkScheme) -> None:
    axes.set_title("aligned landmarks and their mean", fontsize=10)
    if not len(aligned):
        return _say(axes, "no landmarks")
    chosen = aligned[np.linspace(0, len(aligned) - 1, min(len(aligned), CLOUD_FACES)).astype(int)]
    axes.plot(*chosen.reshape(-1, 2).T, linestyle="", marker=".", markersize=2, color=TRAINING, alpha=0.15, zorder=1)
    draw_keypoints(axes, mean, TRUTH, scheme, tile=WIDTH / COLUMNS)
    axes.set_aspect("equal", adjustable="datalim")
    axes.invert_yaxis()
    axes.set_axis_off()


def _draw_distances(axes: Axes, distances: NDArray[np.floating], names: list[str]) -> None:
    axes.set_title("distance to the mean shape", fontsize=10)
    finite = distances[np.isfinite(distances)]
    if not len(finite):
        return _say(axes, "no landmarks")
    limit, rows = outlier_limit(distances), outlier_rows(distances)
    text = _name_outliers([names[row] for row in rows], distances[rows], limit)
    share = 1 - LINE_SHARE * (text.count("\n") + 2)  # of the panel's height; the text stands above
    counts, _, _ = axes.hist(finite, bins="auto", color=TRAINING, alpha=0.6)
    axes.axvline(limit, ymax=share, color="black", linestyle=":", linewidth=1)
    marked = distances[rows][np.isfinite(distances[rows])]
    if len(marked):  # an unclipped line without points would push the layout aside
        axes.plot(marked, np.zeros(len(marked)), color=REPLACED, marker="v", linestyle="", clip_on=False, zorder=3)
    axes.text(1, 1, text, transform=axes.transAxes, ha="right", va="top", fontsize=7, color=REPLACED)
    axes.set(xlabel="rms, % of the inter-ocular distance", ylabel="faces", ylim=(0, np.max(counts) / share))
    axes.set_xlim(left=0)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    _plain(axes)


def _name_outliers(names: list[str], distances: NDArray[np.floating], limit: float) -> str:
    if not names:
        return f"no outlier beyond {limit:.1f} %"
    lines = [f"{len(names)} beyond {limit:.1f} %:"]
    for name, distance in zip(names[:NAMED_OUTLIERS], distances, strict=False):
        lines.append(f"{_short(name)}: " + (f"{distance:.1f} %" if np.isfinite(distance) else "no extent"))
    return "\n".join(lines) + (f"\nand {len(names) - NAMED_OUTLIERS} more" if len(names) > NAMED_OUTLIERS else "")


def _draw_boxes(axes: Axes, annotations: pd.DataFrame, scheme: LandmarkScheme) -> None:
    """The box as a unit square, the centres of the landmarks in it, and their extent in the median."""
    axes.set_title("landmarks in their box", fontsize=10)
    origin, fit = box_origin(annotations), box_fit(annotations, scheme)
    if fit.empty:
        return _say(axes, origin if origin == NO_BOXES else f"{origin}\nno landmarks")
    axes.add_patch(Rectangle((-0.5, -0.5), 1, 1, fill=False, linewidth=1.5))
    axes.plot(fit["centre_x"], fit["centre_y"], linestyle="", marker=".", markersize=3, color=TRAINING, alpha=0.3)
    low, ratio, high = fit["side_ratio"].quantile([0.05, 0.5, 0.95])
    axes.set_xlabel(origin)
    if np.isfinite(ratio):
        corner = fit[["centre_x", "centre_y"]].median() - 0.5 / ratio
        axes.add_patch(Rectangle(tuple(corner), 1 / ratio, 1 / ratio, fill=False, color=TRUTH, linewidth=1.5))
        axes.set_xlabel(f"{origin}\nside / landmarks (orange) {ratio:.2f} ({low:.2f} to {high:.2f})")
    axes.set_aspect("equal", adjustable="datalim")
    axes.invert_yaxis()
    _plain(axes)


def _draw_sizes(axes: Axes, sizes: pd.DataFrame) -> None:
    axes.set_title("picture sizes", fontsize=10)
    if len(sizes) == 1:
        return _say(axes, f"{in_words(sizes.iloc[0])} pixels\nin all photographs: {sizes['count'].iloc[0]}")
    area = np.clip(4 * sizes["count"], 4, 80)  # square points
    axes.scatter(sizes["width"], sizes["height"], s=area, color=TRAINING, alpha=0.4, linewidth=0)
    axes.set(xlabel="width, px", ylabel="height, px")
    axes.margins(0.1)
    axes.set_xlim(left=0)
    axes.set_ylim(bottom=0)
    _plain(axes)


def _draw_counts(axes: Axes, annotations: pd.DataFrame) -> None:
    """A bar for each split, cut into subsets, or into sources where there is one subset."""
    axes.set_title("faces by split", fontsize=10)
    cuts = [column for column in ("subset", "source") if column in annotations and annotations[column].nunique() > 1]
    cut = annotations[cuts[0]] if cuts else pd.Series("", index=annotations.index)
    counts = pd.crosstab(annotations["split"], cut).reindex(annotations["split"].unique())
    starts = counts.cumsum(axis=1) - counts
    for column, colour in zip(counts, cycle(VARIANTS if cuts else [TRAINING]), strict=False):
        axes.barh(counts.index, counts[column], left=starts[column], color=colour, alpha=0.8, label=str(column))
    for row, total in enumerate(counts.sum(axis=1)):
        axes.annotate(f" {total}", (total, row), va="center", fontsize=SMALL)
    if cuts:
        axes.legend(fontsize=7, loc="lower right", title=cuts[0], title_fontsize=7)
    axes.margins(x=0.15)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
    axes.set_ylim(max(len(counts), FEWEST_BARS) - 0.5, -0.5)
    _plain(axes)


def _draw_notes(axes: Axes, noted: pd.DataFrame) -> None:
    """What was repaired, rejected or left out, and why, as far as there is room."""
    axes.set_title("repaired, rejected, left out", fontsize=10)
    lines: list[str] = []
    for kind in noted_kinds(noted):
        items = noted[noted["kind"] == kind]
        lines.append(f"{kind}: {len(items)}")
        for reason, names in items.groupby("reason", sort=False)["name"]:
            text = f"{len(names)}: {reason} ({first_of(names.tolist())})"
            lines += wrap(text, NOTE_CHARACTERS, initial_indent="   ", subsequent_indent="      ")
    if len(lines) > NOTE_LINES:
        lines = [*lines[: NOTE_LINES - 1], f"... and {len(lines) - NOTE_LINES + 1} more lines in the table"]
    axes.text(0, 1, "\n".join(lines), transform=axes.transAxes, va="top", fontsize=SMALL)
    axes.set_axis_off()


def _say(axes: Axes, text: str) -> None:
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center", fontsize=10, color=TRAINING)
    axes.set_axis_off()


def _plain(axes: Axes) -> None:
    axes.tick_params(labelsize=SMALL)
    axes.xaxis.label.set_fontsize(SMALL)
    axes.yaxis.label.set_fontsize(SMALL)
    axes.spines[["top", "right"]].set_visible(False)


def _short(name: str) -> str:
    """The end of a name, which may be a path."""
    return name if len(name) <= NAME_CHARACTERS else f"...{name[-NAME_CHARACTERS:]}"
