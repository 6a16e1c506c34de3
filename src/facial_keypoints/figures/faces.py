"""Sheets of faces with their keypoints drawn into them, and of annotations before and after a repair."""

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke

from facial_keypoints.errors import ShapeError
from facial_keypoints.figures.captions import POINTS_PER_INCH, caption_size, wrapped
from facial_keypoints.figures.notice import notice
from facial_keypoints.figures.style import PREDICTION, REPLACED, TRUTH, WIDTH, new_figure
from facial_keypoints.images_on_demand import ImagesOnDemand
from facial_keypoints.landmarks import Contour, LandmarkScheme

Images = np.ndarray | Sequence[np.ndarray] | ImagesOnDemand
Keypoints = np.ndarray | Sequence[np.ndarray]

TITLE_LINE = 0.16  # inches for each line above a tile
MARGIN_HEIGHT = 0.6  # inches for the figure's title and legend
HIGHEST_TILE = 1.25  # height / width; a taller picture is drawn narrower

FACES_PER_ROW = 2
REPAIR_MARGIN = 0.45  # of the changed points' extent, on each side
FACE_MARGIN = 0.2  # of the keypoints' extent, on each side of a zoomed face
PANEL_ASPECT = 0.62  # height / width of the view
LABEL_DISTANCE = 9  # typographic points from a keypoint to its number


def contact_sheet(
    images: Images,
    *,
    truth: Keypoints | None = None,
    predicted: Keypoints | None = None,
    scheme: LandmarkScheme | None = None,
    titles: Sequence[str] | None = None,
    title: str = "",
    columns: int = 6,
    zoom: bool = False,
) -> Figure:
    """A tile for each face, truth in orange and prediction in blue.

    images: (N, H, W) or (N, H, W, 3) uint8, or a list of such pictures of any sizes.
    truth, predicted: (N, K, 2) in continuous pixels of these images.
    scheme: draws its contours between the points, if it has K of them.
    zoom: shows a square around the keypoints of each face instead of the whole picture.
    Raises ShapeError if the numbers of images, keypoints and titles differ.
    """
    for name, given in (("truth", truth), ("predicted", predicted), ("titles", titles)):
        _check_one_for_each_image(name, given, images)
    columns = max(1, min(columns, len(images)))
    tile = WIDTH / columns
    headings = [wrapped(text, tile) for text in titles or []]
    figure, grid = _tiles(images, columns, title, headings, square=zoom)
    layers = [(points, colour) for points, colour in ((truth, TRUTH), (predicted, PREDICTION)) if points is not None]
    for index, axes in enumerate(grid):
        show_image(axes, images[index])
        for points, colour in layers:
            draw_keypoints(axes, points[index], colour, scheme, tile)
        if zoom and layers:
            _zoom(axes, np.concatenate([points[index] for points, _ in layers]), FACE_MARGIN, aspect=1.0)
        if headings:
            axes.set_title(headings[index], fontsize=caption_size(tile), pad=2)
    _add_legend(figure, [colour for _, colour in layers])
    return figure


def before_and_after(
    images: Images,
    before: Keypoints,
    after: Keypoints,
    scheme: LandmarkScheme,
    titles: Sequence[str],
    title: str,
) -> Figure:
    """Two views for each face, zoomed on the points that changed: before (magenta), after (orange).

    Arrows run along the contour, each point bears its number, and the first point is the large one.
    images: (N, H, W) or (N, H, W, 3) uint8; before, after: (N, K, 2) in continuous pixels; N may be 0.
    """
    if not len(images):
        return notice(f"{title}: nothing to show")
    rows = math.ceil(len(images) / FACES_PER_ROW)
    panel_height = WIDTH / (2 * FACES_PER_ROW) * PANEL_ASPECT + TITLE_LINE
    figure = new_figure(rows * panel_height + 0.5, title)
    panels = figure.subplots(rows, 2 * FACES_PER_ROW, squeeze=False).reshape(-1, 2)
    for axes in panels.flat:
        axes.set_axis_off()
    for index, pair in enumerate(panels[: len(images)]):
        contours = _changed_contours(before[index], after[index], scheme)
        shown = [point for contour in contours for point in contour.points]
        versions = ((before[index], REPLACED, "before"), (after[index], TRUTH, "after"))
        for axes, (points, colour, name) in zip(pair, versions, strict=True):
            show_image(axes, images[index])
            _zoom(axes, np.concatenate([before[index][shown], after[index][shown]]), REPAIR_MARGIN, PANEL_ASPECT)
            for contour in contours:
                _draw_order(axes, points, contour, colour)
            axes.set_title(f"{titles[index]}, {name}", fontsize=9, pad=3, color=colour)
    return figure


def show_image(axes: Axes, image: np.ndarray) -> None:
    """Draw a picture so that the data coordinates are its continuous pixels; the view stays on the picture."""
    height, width = image.shape[:2]
    axes.imshow(image, cmap="gray", vmin=0, vmax=255, extent=(0, width, height, 0))
    axes.autoscale(False)


def draw_keypoints(axes: Axes, points: np.ndarray, colour: str, scheme: LandmarkScheme | None, tile: float) -> None:
    """Draw (K, 2) points, and the contours between them if the scheme has K points.  tile: its width in inches."""
    if scheme is not None and len(points) == scheme.size:
        for contour in scheme.contours:
            line = points[[*contour.points, contour.points[0]] if contour.closed else list(contour.points)]
            axes.plot(line[:, 0], line[:, 1], color=colour, linewidth=max(0.5, 0.5 * tile), alpha=0.8)
    size = _dot_size(len(points), tile)
    (dots,) = axes.plot(points[:, 0], points[:, 1], linestyle="", marker="o", color=colour, markersize=size)
    dots.set_markeredgewidth(0)
    if len(points) == 1 and colour == TRUTH:  # a ring, so that a good prediction does not hide it
        dots.set(markerfacecolor="none", markersize=2 * size, markeredgewidth=size / 3)


def _check_one_for_each_image(name: str, given: Sequence | np.ndarray | None, images: Images) -> None:
    if given is not None and len(given) != len(images):
        found = f"{len(given)} {name} for {len(images)} images"
        raise ShapeError(f"{found}, expected as many. Select the same faces in both.")


def _tiles(
    images: Images, columns: int, title: str, headings: Sequence[str], *, square: bool
) -> tuple[Figure, list[Axes]]:
    """A figure of empty tiles, as high as the tallest picture asks for, and the axes of each picture."""
    rows = max(1, math.ceil(len(images) / columns))
    tallest = 1.0 if square else max((image.shape[0] / image.shape[1] for image in images), default=1.0)
    lines = max((heading.count("\n") + 1 for heading in headings), default=0)
    tile_height = WIDTH / columns * min(tallest, HIGHEST_TILE) + TITLE_LINE * lines
    figure = new_figure(rows * tile_height + MARGIN_HEIGHT, title)
    grid = list(figure.subplots(rows, columns, squeeze=False).flat)
    for axes in grid:
        axes.set_axis_off()
    return figure, grid[: len(images)]


def _dot_size(count: int, tile: float) -> float:
    """A dot's diameter in typographic points: a single keypoint is to be seen, many are to leave the face visible."""
    share, smallest, largest = (1 / 30, 3.0, 7.0) if count == 1 else (1 / 75, 1.2, 5.0)
    return float(np.clip(share * tile * POINTS_PER_INCH, smallest, largest))


def _add_legend(figure: Figure, colours: Sequence[str]) -> None:
    names = {TRUTH: "truth", PREDICTION: "prediction"}
    marks = [Line2D([], [], color=colour, marker="o", markersize=5, label=names[colour]) for colour in colours]
    if marks:
        figure.legend(handles=marks, loc="outside lower center", ncols=2, frameon=False, fontsize=9)


def _changed_contours(before: np.ndarray, after: np.ndarray, scheme: LandmarkScheme) -> list[Contour]:
    """The contours with a point that moved; all of them if none did."""
    changed = (before != after).any(axis=1)
    return [contour for contour in scheme.contours if changed[list(contour.points)].any()] or list(scheme.contours)


def _zoom(axes: Axes, points: np.ndarray, margin: float, aspect: float) -> None:
    """Set the view to the points and a margin; y runs down.  aspect: height / width of the view."""
    low, high = points.min(axis=0), points.max(axis=0)
    centre, extent = (low + high) / 2, (high - low) * (1 + 2 * margin)
    width = max(extent[0], extent[1] / aspect)
    axes.set_xlim(centre[0] - width / 2, centre[0] + width / 2)
    axes.set_ylim(centre[1] + width * aspect / 2, centre[1] - width * aspect / 2)


def _draw_order(axes: Axes, points: np.ndarray, contour: Contour, colour: str) -> None:
    order = list(contour.points)
    line = points[[*order, order[0]]] if contour.closed else points[order]
    steps = np.diff(line, axis=0)
    axes.quiver(*line[:-1].T, *steps.T, color=colour, angles="xy", scale_units="xy", scale=1, width=0.008, headwidth=5)
    axes.plot(*points[order].T, linestyle="", marker="o", markersize=3, color=colour)
    axes.plot(*points[order[:1]].T, linestyle="", marker="o", markersize=8, color=colour, markeredgecolor="white")
    outwards = points[order] - points[order].mean(axis=0)
    outwards /= np.maximum(np.linalg.norm(outwards, axis=1, keepdims=True), 1e-9)
    for number, point, direction in zip(order, points[order], outwards, strict=True):
        axes.annotate(
            str(number),
            point,
            xytext=direction * [LABEL_DISTANCE, -LABEL_DISTANCE],
            textcoords="offset points",
            ha="center",
            va="center",
            fontsize=8,
            color=colour,
            path_effects=[withStroke(linewidth=2, foreground="white")],
        )
