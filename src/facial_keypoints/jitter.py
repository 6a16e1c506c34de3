"""How restless points are from frame to frame."""

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.floating]


def frame_to_frame(course: Points, norm: Points | float = 1.0) -> float:
    """Root mean square of the points' motion from one frame to the next, in units of the norm; NaN for one frame.

    course: (F, K, 2), a face in F frames. norm: a length, or one for each frame (F,).
    """
    steps = np.square(np.diff(course, axis=0)).sum(axis=-1)  # (F - 1, K)
    lengths = np.broadcast_to(norm, len(course))[1:, None]
    return _root_mean(steps / lengths**2)


def scatter(course: Points, norm: float = 1.0) -> float:
    """Root mean square of the points' distance from their mean place, in units of the norm: of a face that rests."""
    return _root_mean(np.square(course - course.mean(axis=0)).sum(axis=-1) / norm**2)


def _root_mean(squares: Points) -> float:
    return float(np.sqrt(squares.mean())) if squares.size else float("nan")
