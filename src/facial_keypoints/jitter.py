"""How restless points are from frame to frame."""

import numpy as np
from numpy.typing import NDArray
from scipy.signal import savgol_filter

WINDOW = 9  # frames: along so many, a way that somebody moves is about a parabola

Points = NDArray[np.floating]


def frame_to_frame(course: Points, norm: Points | float = 1.0) -> float:
    """Root mean square of the points' motion from one frame to the next, in units of the norm; NaN for one frame.

    course: (F, K, 2), a face in F frames. norm: a length, or one for each frame (F,).
    """
    return _root_mean(np.square(steps(course, norm)))


def steps(course: Points, norm: Points | float = 1.0) -> Points:
    """The same for each step, root mean square over the points only, (F - 1,)."""
    lengths: Points = np.sqrt(np.square(np.diff(course, axis=0)).sum(axis=-1).mean(axis=-1))
    return lengths / np.broadcast_to(norm, len(course))[1:]


def scatter(course: Points, norm: float = 1.0) -> float:
    """Root mean square of the points' distance from their mean place, in units of the norm: of a face that rests."""
    return _root_mean(np.square(course - course.mean(axis=0)).sum(axis=-1) / norm**2)


def beside_smooth_way(course: Points) -> Points:
    """What is left of a course (F, ...) less its smooth way: its jitter, also where it moves.

    A. Savitzky, M. J. E. Golay, "Smoothing and differentiation of data by simplified least squares procedures"
    (Analytical Chemistry 36(8), 1964): a parabola through each frame and its neighbours.
    """
    window = min(WINDOW, len(course) - 1 + len(course) % 2)
    left: Points = course - savgol_filter(course, window, min(2, window - 1), axis=0)
    return left


def _root_mean(squares: Points) -> float:
    return float(np.sqrt(squares.mean())) if squares.size else float("nan")
