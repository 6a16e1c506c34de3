"""Which learning rates a range test tries, and what rate their losses propose. Functions of arrays.

L. N. Smith, "Cyclical learning rates for training neural networks" (WACV 2017): train a few hundred steps while the
rate rises from far too low to far too high. The loss stands still, falls, and at last grows.
"""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from facial_keypoints.options import LrFindOptions

LEARNT = 0.9  # of the untrained network's loss: a smoothed share that stays above has learnt next to nothing
FALLEN = 0.75  # of the way from the untrained network's loss to the lowest: where the proposal is
COLUMNS = ["step", "learning_rate", "loss", "untrained", "smoothed"]


def rising_rates(options: LrFindOptions) -> NDArray[np.float64]:
    """The rate of each step, (steps,): every one is the same multiple of the one before."""
    return np.geomspace(options.lowest, options.highest, options.steps)


def smoothed(at: ArrayLike, rates: ArrayLike, values: ArrayLike, width: float) -> NDArray[np.float64]:
    """At each of some rates (M,) the geometric mean of the values (N,) of rates (N,) around it, weighted by a Gaussian.

    width: its standard deviation in decades.
    From both sides, since a mean of the past lags behind: it would propose too high a rate. Geometric, since losses
    scatter in proportion to their size, and one that has grown a thousandfold does not drown those before it.
    Values have to be above 0.
    """
    weights = np.exp(-np.square(np.subtract.outer(np.log10(np.asarray(at)), np.log10(np.asarray(rates))) / width) / 2)
    mean: NDArray[np.float64] = np.exp(weights @ np.log(values) / weights.sum(axis=1))
    return mean


def range_table(rates: ArrayLike, losses: ArrayLike, untrained: ArrayLike, options: LrFindOptions) -> pd.DataFrame:
    """A row a step: step (from 1), learning_rate, loss, untrained, smoothed.

    rates, losses, untrained: (N,), the last the loss on the same pictures of the network before its first step. How
    hard a batch is differs more from step to step than what a step learns, but is the same for both networks: so what
    is smoothed is the share, loss / untrained.
    """
    shares = smoothed(rates, rates, np.divide(losses, untrained), options.smoothing)
    steps = np.arange(1, len(shares) + 1)
    return pd.DataFrame(dict(zip(COLUMNS, (steps, rates, losses, untrained, shares), strict=True)))


def latest_smoothed(rates: ArrayLike, values: ArrayLike, width: float) -> float:
    """The last of the values (N,), smoothed with those before it: there are none behind it yet."""
    return float(smoothed(np.asarray(rates)[-1:], rates, values, width)[0])


def proposed_rate(table: pd.DataFrame) -> float | None:
    """The rate at which the smoothed loss has done three quarters of its fall, on a logarithmic scale.

    There it falls still, so that the rate is far from too high, and has long done so, so that it is far from too low.
    table: as `range_table` makes it.  None if the loss hardly falls at all.
    """
    falls = -np.log(table["smoothed"].to_numpy())
    if falls.max() < -np.log(LEARNT):
        return None
    return float(table["learning_rate"].iloc[int((falls >= FALLEN * falls.max()).argmax())])
