"""How errors grow as faces are made harder, and what such faces look like."""

import math
from collections.abc import Mapping, Sequence
from itertools import cycle

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D

from facial_keypoints.errors import ConfigurationError
from facial_keypoints.figures.faces import draw_keypoints, show_image
from facial_keypoints.figures.model_styles import model_styles
from facial_keypoints.figures.notice import notice
from facial_keypoints.figures.style import TRUTH, WIDTH, new_figure
from facial_keypoints.perturbations import PERTURBATIONS, Perturbation

PANELS_PER_ROW = 3
PANEL_HEIGHT = 2.4  # inches
LABEL_GAP = 0.14  # of an axis, from one label to the next
TITLE_HEIGHT = 0.4  # inches
MARKERS = "os^Dv*Ph"  # one more than there are colours: no two of many lines share both
MARKER_SIZE = 3.5  # typographic points

Tile = tuple[str, np.ndarray, np.ndarray]  # the level, a picture and the points (K, 2) in it


def robustness_curves(table: pd.DataFrame, *, title: str) -> Figure:
    """A panel for each perturbation: the mean error by level with its interval shaded, a line for each variant.

    table: a row for each variant, perturbation and level, with `nme`, `nme_low` and `nme_high` in percent.
    Worse is outwards: to the right, or either way from the dotted line at the faces as they are.
    Raises ConfigurationError for a perturbation that is not one of PERTURBATIONS.
    """
    shown = _perturbations(table["perturbation"].unique().tolist())
    if not shown:
        return notice(f"{title}: nothing to show")
    looks = _looks(table["variant"].unique().tolist())
    rows = math.ceil((len(shown) + 1) / PANELS_PER_ROW)  # the legend stands where the next panel would
    figure = new_figure(rows * PANEL_HEIGHT + TITLE_HEIGHT, title)
    grid = list(figure.subplots(rows, PANELS_PER_ROW, squeeze=False).flat)
    for axes, perturbation in zip(grid, shown, strict=False):
        _draw_panel(axes, table[table["perturbation"] == perturbation.name], perturbation, looks)
    for axes in grid[: len(shown) : PANELS_PER_ROW]:
        axes.set_ylabel("NME (%)", fontsize=9)
    for axes in grid[len(shown) :]:
        axes.set_axis_off()
    legend = grid[len(shown)].legend(handles=list(looks.values()), loc="center left", frameon=False, fontsize=9)
    legend.set_in_layout(False)  # a long name may reach into the empty place beside it
    return figure


def perturbed_faces(examples: Mapping[str, Sequence[Tile]], *, title: str = "") -> Figure:
    """A row for each perturbation and a tile for each of its levels, with the true landmarks in orange.

    examples: by the perturbation's name, each level's label, its picture (H, W) or (H, W, 3) uint8 and the landmarks
    (K, 2) in it, as `perturbations.example_views` makes them.
    Raises ConfigurationError for a perturbation that is not one of PERTURBATIONS.
    """
    shown = [perturbation for perturbation in _perturbations(list(examples)) if examples[perturbation.name]]
    if not shown:
        return notice(f"{title}: nothing to show")
    columns = max(len(examples[perturbation.name]) for perturbation in shown)
    tile = WIDTH / columns
    tallest = max(image.shape[0] / image.shape[1] for tiles in examples.values() for _, image, _ in tiles)
    row_height = tile * tallest + 0.4  # a line for the perturbation, one for the levels
    figure = new_figure(len(shown) * row_height + TITLE_HEIGHT, title)
    rows = figure.subfigures(len(shown), 1, squeeze=False)[:, 0]
    for row, perturbation in zip(rows, shown, strict=True):
        _draw_row(row, perturbation, examples[perturbation.name], columns)
    return figure


def _looks(variants: Sequence[str]) -> dict[str, Line2D]:
    """An entry of the legend for each variant, whose colour, line and marker its curves have too."""
    styles = model_styles(variants)
    return {
        variant: Line2D([], [], marker=marker, markersize=MARKER_SIZE, label=variant, **styles[variant]._asdict())
        for variant, marker in zip(variants, cycle(MARKERS), strict=False)
    }


def _perturbations(names: list[str]) -> list[Perturbation]:
    """Those named, in their fixed order."""
    unknown = sorted(set(names) - set(PERTURBATIONS))
    if unknown:
        raise ConfigurationError(f"perturbations {unknown} are unknown, expected some of {list(PERTURBATIONS)}.")
    return [perturbation for name, perturbation in PERTURBATIONS.items() if name in names]


def _draw_panel(axes: Axes, table: pd.DataFrame, perturbation: Perturbation, looks: Mapping[str, Line2D]) -> None:
    axes.axvline(perturbation.harmless, color="black", linewidth=0.8, linestyle=":")
    for variant, look in looks.items():
        curve = table[table["variant"] == variant].sort_values("level")
        colour = look.get_color()
        (line,) = axes.plot(curve["level"], curve["nme"], linewidth=1.3, markersize=MARKER_SIZE, color=colour)
        line.set(marker=look.get_marker(), linestyle=look.get_linestyle())
        axes.fill_between(curve["level"], curve["nme_low"], curve["nme_high"], color=colour, alpha=0.15, linewidth=0)
    axes.set_ylim(bottom=0)
    axes.set_xticks(_labelled_levels(perturbation))
    axes.set_xticks(perturbation.levels, minor=True)
    axes.xaxis.set_major_formatter("{x:g}")
    if perturbation.levels[0] > perturbation.levels[-1]:
        axes.invert_xaxis()
    axes.set_xlabel(perturbation.title, fontsize=9)
    axes.tick_params(labelsize=8)
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)


def _labelled_levels(perturbation: Perturbation) -> list[float]:
    """The harmless level, both ends, and of the others those whose label has room."""
    levels = perturbation.levels
    room = LABEL_GAP * abs(levels[-1] - levels[0])
    labelled = [perturbation.harmless, levels[0], levels[-1]]
    for level in levels:
        if all(abs(level - other) >= room for other in labelled):
            labelled.append(level)
    return sorted(set(labelled))


def _draw_row(row: SubFigure, perturbation: Perturbation, tiles: Sequence[Tile], columns: int) -> None:
    row.suptitle(perturbation.title, x=0.005, ha="left", fontsize=9)
    for axes in row.subplots(1, columns, squeeze=False).flat:
        axes.set_axis_off()
    for axes, (label, image, points) in zip(row.axes, tiles, strict=False):
        show_image(axes, image)
        draw_keypoints(axes, points, TRUTH, None, WIDTH / columns)
        axes.set_title(label, fontsize=8, pad=2)
