"""Where points of a face are from frame to frame: as the network saw them, and filtered."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from facial_keypoints.figures.style import PREDICTION, TRAINING, new_figure
from facial_keypoints.jitter import frame_to_frame
from facial_keypoints.landmarks import LandmarkScheme
from facial_keypoints.norms import outer_eye_corners

HEIGHT = 6.0  # inches
ENLARGED = 1.0  # seconds
GAP = 1.5  # usual steps between frames, above which the line is broken

Course = NDArray[np.floating]


def course_figure(seconds: Course, seen: Course, filtered: Course, scheme: LandmarkScheme, title: str) -> Figure:
    """Two points of one face: all the way, and the second in which it moves least, enlarged.

    seconds: (F,), of the frames with the face. seen, filtered: (F, K, 2) in pixels.
    """
    figure = new_figure(HEIGHT, title)
    still = stillest(seconds, filtered)
    panels = figure.subplots(3, 2, width_ratios=(3, 2))
    for row, (name, place) in zip(panels, _shown(scheme).items(), strict=True):
        for axes, part in zip(row, (slice(None), still), strict=True):
            _draw(axes, seconds[part], seen[part][:, *place], filtered[part][:, *place])
        row[0].set_title(name, fontsize=10)
        row[1].set_title("where it moves least, enlarged", fontsize=10)
    for axes in panels[-1]:
        axes.set_xlabel("seconds")
    norm = outer_eye_corners(seen, scheme)
    motion = [100 * frame_to_frame(course, norm) for course in (seen, filtered)]
    figure.legend(
        panels[0, 0].get_legend_handles_labels()[0],
        [f"{how}: {part:.2f} % from frame to frame" for how, part in zip(("as seen", "filtered"), motion, strict=True)],
        loc="outside lower center",
        ncols=2,
        fontsize=9,
        frameon=False,
        title="root mean square of all points' motion, in percent of the outer eye corners' distance",
        title_fontsize=9,
    )
    return figure


def stillest(seconds: Course, course: Course) -> slice:
    """The frames of the second in which the points (F, K, 2) move least; all if there is less."""
    ends = np.searchsorted(seconds, seconds + ENLARGED, side="right")
    starts = np.flatnonzero(seconds + ENLARGED <= seconds[-1])
    if not len(starts):
        return slice(0, len(seconds))
    spans = [np.ptp(course[start : ends[start]], axis=0).max() for start in starts]
    start = int(starts[int(np.argmin(spans))])
    return slice(start, int(ends[start]))


def _shown(scheme: LandmarkScheme) -> dict[str, tuple[int, int]]:
    """What is drawn: a point and one of its coordinates."""
    middle = "tip of the nose" if scheme.nose_tip is not None else f"point {scheme.names[0]}"
    tip, corner = scheme.nose_tip or 0, scheme.outer_eye_corners[0]
    return {
        f"{middle}, pixels from the left": (tip, 0),
        f"{middle}, pixels from the top": (tip, 1),
        "outer corner of an eye, pixels from the left": (corner, 0),
    }


def _draw(axes: Axes, seconds: Course, seen: Course, filtered: Course) -> None:
    steps = np.diff(seconds)
    breaks = np.flatnonzero(steps > GAP * np.median(steps)) + 1 if len(steps) else np.empty(0, np.intp)
    times, seen, filtered = (np.insert(values.astype(float), breaks, np.nan) for values in (seconds, seen, filtered))
    axes.plot(times, seen, color=TRAINING, alpha=0.45, linewidth=1, label="as seen")
    axes.plot(times, filtered, color=PREDICTION, linewidth=1.5, label="filtered")
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
