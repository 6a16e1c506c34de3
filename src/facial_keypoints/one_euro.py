"""A filter against jitter that hardly lags behind motion.

G. Casiez, N. Roussel, D. Vogel, "1 Euro filter: a simple speed-based low-pass filter for noisy input in interactive
systems" (CHI 2012): exponential smoothing whose cutoff frequency rises with the speed. What hardly moves is smoothed
much, for there jitter shows; what moves fast is smoothed little, for there lag shows.
"""

import numpy as np
from numpy.typing import NDArray

SPEED_CUTOFF = 1.0  # Hz: the speed is smoothed too, always alike, as in the paper

Values = NDArray[np.floating]


class OneEuro:
    """The filter of one course of values of any shape, each for itself.

    min_cutoff: in Hz, of what rests: the lower, the less jitter.
    beta: by how many Hz the cutoff rises with a speed of one size a second: the higher, the less lag.
    """

    def __init__(self, min_cutoff: float, beta: float) -> None:
        self._min_cutoff, self._beta = min_cutoff, beta
        self._before: tuple[float, Values, Values, Values] | None = None  # seconds, values, filtered, speed

    def __call__(self, values: Values, seconds: float, size: float = 1.0) -> NDArray[np.float64]:
        """The values filtered; the first ones are as they are.

        seconds: when they were taken, later than those before; steps may vary.
        size: what speeds are measured in, in the unit of the values, so that near and far faces are filtered alike.
        Raises ValueError if the time does not advance.
        """
        new: NDArray[np.float64] = np.asarray(values, np.float64)
        if self._before is None:
            self._before = seconds, new, new, np.zeros_like(new)
            return new
        last_seconds, last, last_filtered, last_speed = self._before
        step = seconds - last_seconds
        if not step > 0:
            raise ValueError(f"found {seconds} s after {last_seconds} s, expected a later time.")
        speed = last_speed + smoothing(SPEED_CUTOFF, step) * ((new - last) / size / step - last_speed)
        share = smoothing(self._min_cutoff + self._beta * np.abs(speed), step)
        filtered: NDArray[np.float64] = last_filtered + share * (new - last_filtered)
        self._before = seconds, new, filtered, speed
        return filtered


def smoothing(cutoff: float | Values, step: float) -> NDArray[np.float64]:
    """The share of a new value in exponential smoothing, which halves the power of that frequency.

    cutoff: in Hz. step: seconds since the value before.
    """
    turned = 2 * np.pi * np.asarray(cutoff, np.float64) * step
    return turned / (turned + 1)
