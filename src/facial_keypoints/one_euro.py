"""A filter against jitter that hardly lags behind motion.

G. Casiez, N. Roussel, D. Vogel, "1 Euro filter: a simple speed-based low-pass filter for noisy input in interactive
systems" (CHI 2012): exponential smoothing whose cutoff frequency rises with the speed. What hardly moves is smoothed
much, for there jitter shows; what moves fast is smoothed little, for there lag shows.

Other than in the paper, where each coordinate has a speed of its own, all points of a face have one: their root mean
square.  Noise counts less in it, and faces move as a whole.
"""

import numpy as np
from numpy.typing import NDArray

SPEED_CUTOFF = 1.0  # Hz: the speeds are smoothed too, always alike, as in the paper

Points = NDArray[np.floating]


class OneEuro:
    """The filter of one face's points.

    min_cutoff: in Hz, of what rests: the lower, the less jitter.
    beta: by how many Hz the cutoff rises with a speed of one size a second: the higher, the less lag.
    """

    def __init__(self, min_cutoff: float, beta: float) -> None:
        self._min_cutoff, self._beta = min_cutoff, beta
        self._before: tuple[float, Points, Points, Points] | None = None  # seconds, points, filtered, speeds

    def __call__(self, points: Points, seconds: float, size: float = 1.0) -> NDArray[np.float64]:
        """The points (K, 2) filtered; the first ones are as they are.

        seconds: when they were seen, later than those before; steps may vary.
        size: what speeds are measured in, in the unit of the points, so that near and far faces are filtered alike.
        Raises ValueError if the time does not advance.
        """
        seen: NDArray[np.float64] = np.asarray(points, np.float64)
        if self._before is None:
            self._before = seconds, seen, seen, np.zeros_like(seen)
            return seen
        last_seconds, last_seen, last_filtered, last_speeds = self._before
        step = seconds - last_seconds
        if not step > 0:
            raise ValueError(f"found {seconds} s after {last_seconds} s, expected a later time.")
        speeds = last_speeds + smoothing(SPEED_CUTOFF, step) * ((seen - last_seen) / size / step - last_speeds)
        speed = float(np.sqrt(np.square(speeds).sum(axis=-1).mean()))
        share = smoothing(self._min_cutoff + self._beta * speed, step)
        filtered: NDArray[np.float64] = last_filtered + share * (seen - last_filtered)
        self._before = seconds, seen, filtered, speeds
        return filtered


def smoothing(cutoff: float, step: float) -> float:
    """The share of a new value in exponential smoothing.

    cutoff: the frequency whose power it halves, in Hz. step: seconds since the value before.
    """
    turned = 2 * np.pi * cutoff * step
    return turned / (turned + 1)
