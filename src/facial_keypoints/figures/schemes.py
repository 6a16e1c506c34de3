"""What a landmark scheme's points are: each with its number, on a mean face."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from facial_keypoints.errors import ShapeError
from facial_keypoints.figures.faces import draw_keypoints
from facial_keypoints.figures.style import REPLACED, TRUTH, WIDTH, new_figure
from facial_keypoints.landmarks import LandmarkScheme

MARGIN = 0.06  # of the face's height, around it
TITLE_HEIGHT = 0.8  # inches for the figure's title and the panels'


def numbered_points(
    faces: Mapping[str, tuple[np.ndarray, LandmarkScheme]],
    *,
    title: str,
    marked: Mapping[str, list[int]] | None = None,
) -> Figure:
    """A panel for each name: the scheme's points as numbers on its contours.

    faces: by name, points (K, 2) with y running down, in any unit, and their scheme.
    marked: by name, points that are to stand out.
    Raises ShapeError if there are not as many points as the scheme has.
    """
    figure = new_figure(WIDTH / len(faces) + TITLE_HEIGHT, title)
    panels = figure.subplots(1, len(faces), squeeze=False)[0]
    for axes, (name, (points, scheme)) in zip(panels, faces.items(), strict=True):
        if points.shape != (scheme.size, 2):
            raise ShapeError(f"{name}: points are {points.shape}, expected ({scheme.size}, 2), as {scheme.name} has.")
        axes.set_axis_off()
        axes.set_aspect("equal")
        axes.set_title(f"{name}: {scheme.size} points", fontsize=10)
        draw_keypoints(axes, points, TRUTH, scheme, WIDTH / len(faces))
        chosen = set((marked or {}).get(name, []))
        for number, point in enumerate(points):
            axes.annotate(
                str(number),
                point,
                ha="center",
                va="center",
                fontsize=7,
                color=REPLACED if number in chosen else "black",
                fontweight="bold" if number in chosen else "normal",
                path_effects=[withStroke(linewidth=2, foreground="white")],
            )
        room = MARGIN * np.ptp(points[:, 1])
        axes.set_xlim(points[:, 0].min() - room, points[:, 0].max() + room)
        axes.set_ylim(points[:, 1].max() + room, points[:, 1].min() - room)
    return figure
