"""Where points of a face are from frame to frame: as the network saw them, and filtered."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from facial_keypoints.figures.style import PREDICTION, TRAINING, new_figure
from facial_keypoints.jitter import beside_smooth_way, steps
from facial_keypoints.landmarks import LandmarkScheme
from facial_keypoints.norms import outer_eye_corners

HEIGHT = 6.0  # inches
SHOWN = 2.5  # times what nine of ten frames stay below: where a face starts or stops, more is cut off
GAP = 1.5  # usual steps between frames, above which the line is broken

Course = NDArray[np.floating]


def course_figure(seconds: Course, seen: Course, filtered: Course, scheme: LandmarkScheme, title: str) -> Figure:
    """Two points of one face: their way, and beside it what is left of that less its smooth part, the jitter.

    seconds: (F,), of the frames with the face. seen, filtered: (F, K, 2) in pixels.
    """
    figure = new_figure(HEIGHT, title)
    panels = figure.subplots(3, 2, sharex=True)
    breaks = _breaks(seconds)
    pieces = [np.split(course, breaks) for course in (seen, filtered)]
    left = [np.concatenate([beside_smooth_way(piece) for piece in courses]) for courses in pieces]
    for (whole, beside), (name, place) in zip(panels, _shown(scheme).items(), strict=True):
        _draw(whole, breaks, seconds, seen[:, *place], filtered[:, *place])
        _draw(beside, breaks, seconds, *(course[:, *place] for course in left))
        beside.set_ylim(*(np.array([-1, 1]) * max(1e-3, SHOWN * np.quantile(np.abs(left[0][:, *place]), 0.9))))
        whole.set_title(name, fontsize=10)
        beside.set_title("the same, less its smooth way", fontsize=10)
    for axes in panels[-1]:
        axes.set_xlabel("seconds")
    norm = outer_eye_corners(seen, scheme)
    jitter = [100 * float(np.median(steps(course, norm))) if len(course) > 1 else 0.0 for course in left]
    figure.legend(
        panels[0, 0].get_legend_handles_labels()[0],
        [f"{how}: {part:.2f} %" for how, part in zip(("as seen", "filtered"), jitter, strict=True)],
        loc="outside lower center",
        ncols=2,
        fontsize=9,
        frameon=False,
        title="jitter from frame to frame, less the smooth way: median, in percent of the outer eye corners' distance",
        title_fontsize=9,
    )
    return figure


def _shown(scheme: LandmarkScheme) -> dict[str, tuple[int, int]]:
    """What is drawn: a point and one of its coordinates."""
    middle = "tip of the nose" if scheme.nose_tip is not None else f"point {scheme.names[0]}"
    tip, corner = scheme.nose_tip or 0, scheme.outer_eye_corners[0]
    return {
        f"{middle}, pixels from the left": (tip, 0),
        f"{middle}, pixels from the top": (tip, 1),
        "outer corner of an eye, pixels from the left": (corner, 0),
    }


def _breaks(seconds: Course) -> NDArray[np.intp]:
    """Places of the frames that come after a gap."""
    waits = np.diff(seconds)
    return np.flatnonzero(waits > GAP * np.median(waits)) + 1 if len(waits) else np.empty(0, np.intp)


def _draw(axes: Axes, breaks: NDArray[np.intp], seconds: Course, seen: Course, filtered: Course) -> None:
    times, seen, filtered = (np.insert(values.astype(float), breaks, np.nan) for values in (seconds, seen, filtered))
    axes.plot(times, seen, color=TRAINING, alpha=0.45, linewidth=1, label="as seen")
    axes.plot(times, filtered, color=PREDICTION, linewidth=1.5, label="filtered")
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
