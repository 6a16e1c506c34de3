"""Which points of the face a model finds well, and which it does not: discs on the mean face, for several models."""

import math
from collections.abc import Mapping
from itertools import islice

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from facial_keypoints.errors import ShapeError
from facial_keypoints.figures.model_styles import MOST_MODELS
from facial_keypoints.figures.style import WIDTH, new_figure
from facial_keypoints.landmarks import LandmarkScheme

COLUMNS = 3
WORST = 3  # points of a model that bear their number
MARGIN = 0.1  # of the mean face's larger extent, on each side
HIGHEST_PANEL = 4.0  # inches
HEADING = 0.42  # inches above a panel
MARGIN_HEIGHT = 1.1  # inches for the title and the colour bar
LABEL_DISTANCE = 8  # typographic points from a disc to its number
NAME_CHARACTERS = 42  # that fit above a panel
COLOURS = colormaps["plasma_r"]  # the worse, the darker


def landmark_errors(
    errors: Mapping[str, NDArray[np.floating]], mean_face: NDArray[np.floating], scheme: LandmarkScheme, *, title: str
) -> Figure:
    """A panel for each model, the first six: a disc at each point of the mean face, as large as its mean error.

    errors: by the model's name, the mean error of each point in percent of the norm, (K,); NaN has no disc.
    mean_face: (K, 2) in units of that norm, so that the discs are to scale; y down.
    Raises ShapeError unless there are K errors of each model and K points, for a scheme of K, and at least one model.
    """
    _check(errors, mean_face, scheme)
    shown = dict(islice(errors.items(), MOST_MODELS))
    worst = float(max(np.nanmax(values, initial=0) for values in shown.values()))
    scale = Normalize(0, worst or 1)
    margin = max(MARGIN * float(np.ptp(mean_face, axis=0).max()), worst / 100)  # so that no disc is cut off
    figure, panels = _panels(len(shown), mean_face, margin, title)
    for axes, (name, values) in zip(panels, shown.items(), strict=True):
        _draw_face(axes, mean_face, scheme)
        _draw_discs(axes, mean_face, values, scale)
        _number_the_worst(axes, mean_face, values)
        axes.set_title(_heading(name, values), fontsize=8.5)
    bar = figure.colorbar(ScalarMappable(scale, COLOURS), ax=panels, location="bottom", aspect=60, shrink=0.6)
    bar.set_label(_caption(len(shown), len(errors)), fontsize=8.5)
    figure.draw_without_rendering()  # the layout around a shared colour bar settles with the second drawing
    return figure


def _check(errors: Mapping[str, NDArray[np.floating]], mean_face: NDArray[np.floating], scheme: LandmarkScheme) -> None:
    if not errors:
        raise ShapeError("there are the errors of no model, expected at least one.")
    if mean_face.shape != (scheme.size, 2):
        raise ShapeError(f"the mean face is {mean_face.shape}; {scheme.name} has ({scheme.size}, 2).")
    for name, values in errors.items():
        if values.shape != (scheme.size,):
            found = f"the errors of {name} are {values.shape}; {scheme.name} has ({scheme.size},)"
            raise ShapeError(f"{found}. Give NaN for the points that it does not predict.")


def _panels(count: int, mean_face: NDArray[np.floating], margin: float, title: str) -> tuple[Figure, list[Axes]]:
    """Empty panels with the view on the mean face and a margin, y down."""
    columns = 2 if count == 4 else min(count, COLUMNS)
    rows = math.ceil(count / columns)
    (left, top), (right, bottom) = mean_face.min(axis=0) - margin, mean_face.max(axis=0) + margin
    height = min(WIDTH / columns * (bottom - top) / (right - left), HIGHEST_PANEL)
    figure = new_figure(rows * (height + HEADING) + MARGIN_HEIGHT, title)
    grid = list(figure.subplots(rows, columns, squeeze=False).flat)
    for axes in grid:
        axes.set(xlim=(left, right), ylim=(bottom, top), aspect="equal")
        axes.set_axis_off()
    return figure, grid[:count]


def _draw_face(axes: Axes, mean_face: NDArray[np.floating], scheme: LandmarkScheme) -> None:
    for contour in scheme.contours:
        order = [*contour.points, contour.points[0]] if contour.closed else list(contour.points)
        axes.plot(*mean_face[order].T, color="0.6", linewidth=0.8, zorder=1)


def _draw_discs(axes: Axes, mean_face: NDArray[np.floating], values: NDArray[np.floating], scale: Normalize) -> None:
    for point in _worst_first(values):  # so that a small disc lies on top of a large one
        colour = COLOURS(scale(values[point]))
        radius = values[point] / 100
        disc = Circle(tuple(mean_face[point]), radius, facecolor=colour, edgecolor="white", linewidth=0.5, alpha=0.8)
        axes.add_patch(disc)


def _number_the_worst(axes: Axes, mean_face: NDArray[np.floating], values: NDArray[np.floating]) -> None:
    """Outside of their discs, as seen from the middle of the face."""
    for point in _worst_first(values)[:WORST]:
        outwards = mean_face[point] - mean_face.mean(axis=0)
        outwards /= max(np.linalg.norm(outwards), 1e-9)
        axes.annotate(
            str(point),
            mean_face[point] + values[point] / 100 * outwards,
            xytext=outwards * [LABEL_DISTANCE, -LABEL_DISTANCE],
            textcoords="offset points",
            ha="center",
            va="center",
            fontsize=9,
            weight="bold",
            path_effects=[withStroke(linewidth=2.5, foreground="white")],
        )


def _worst_first(values: NDArray[np.floating]) -> list[int]:
    """The points that have an error, the largest first."""
    return [int(point) for point in np.argsort(-values, kind="stable") if np.isfinite(values[point])]


def _heading(name: str, values: NDArray[np.floating]) -> str:
    short = name if len(name) <= NAME_CHARACTERS else name[: NAME_CHARACTERS - 3] + "..."
    if not np.isfinite(values).any():
        return f"{short}\nno point"
    return f"{short}\nmean {np.nanmean(values):.2f} %, worst point {np.nanmax(values):.1f} %"


def _caption(shown: int, models: int) -> str:
    caption = (
        "mean error of each point, % of the length that normalises the NME\n"
        f"a disc's radius is that error, to scale with the mean face; numbers: the worst {WORST} points"
    )
    return caption if shown == models else f"{caption}; the first {shown} of {models} models"
