"""How sure a mean over faces is: intervals and tests that resample whole groups.

Faces of one person or photograph err alike, so that they say less than as many faces of different people. What is drawn
with replacement, or has its sign flipped, is therefore a group with all its faces.

Sources: B. Efron and R. Tibshirani, "An Introduction to the Bootstrap", 1993 (percentile intervals); C. Field and
A. Welsh, "Bootstrapping clustered data", JRSS B 69, 2007 (whole groups); P. Good, "Permutation, Parametric and
Bootstrap Tests of Hypotheses", 3rd edition, 2005; B. Phipson and G. Smyth, "Permutation p-values should never be zero",
Stat. Appl. Genet. Mol. Biol. 9, 2010; S. Holm, "A simple sequentially rejective multiple test procedure", Scand. J.
Statist. 6, 1979.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from facial_keypoints.errors import ConfigurationError, DataError, ShapeError

Floats = NDArray[np.floating]
Array = NDArray[np.float64]

RESAMPLES = 2000
PERMUTATIONS = 9999
MOST_ENUMERATED = 14  # groups whose 2^14 combinations of signs are gone through one by one
BATCH = 2**21  # numbers at a time: 16 MiB
CACHED = 2**15  # numbers drawn at a time, which the processor's cache holds until they are counted: 256 KiB
ROUNDING = 1e-9  # of the sum of magnitudes: two sums of the same numbers in another order are the same


@dataclass(frozen=True)
class PairedTest:
    """How two predictors' errors on the same faces differ.

    difference: mean of first - second over faces. low, high: the interval of it, NaN for fewer than 2 groups.
    p: two-sided. faces, groups: how many there were.
    """

    difference: float
    low: float
    high: float
    p: float
    faces: int
    groups: int


def bootstrap_intervals(
    values: Floats, groups: ArrayLike, *, resamples: int = RESAMPLES, level: float = 0.95, seed: int = 0
) -> Array:
    """Percentile intervals (M, 2), low and high, of the means of the columns of `values` (N, M), a row a face.

    groups: (N,), the person or photograph of each face. As many groups as there are are drawn with replacement, the
    same ones for all columns; a mean is over the faces drawn.
    An NME, an AUC (`metrics.curve_areas`) and a failure rate (`metrics.failures`) are all such means.
    NaN for fewer than 2 groups, and for a column with NaN. Intervals from a dozen groups or less are too narrow.
    Raises ShapeError, DataError for a face without a group, ConfigurationError for an impossible level.
    """
    if not 0 < level < 1:
        raise ConfigurationError(f"the level of an interval is {level}, expected a number between 0 and 1, as 0.95.")
    if values.ndim != 2 or np.shape(groups) != values.shape[:1]:
        raise ShapeError(f"values are {values.shape} and groups {np.shape(groups)}; expected (N, M) and (N,).")
    sums, faces = _group_sums(values, groups)
    if len(faces) < 2:
        return np.full((values.shape[1], 2), np.nan)
    table = np.column_stack([sums, faces])
    totals = np.concatenate([times @ table for times in _times_drawn(len(faces), resamples, seed)])
    means = totals[:, :-1] / totals[:, -1:]
    return np.quantile(means, [(1 - level) / 2, (1 + level) / 2], axis=0).T


def paired_test(
    first: Floats,
    second: Floats,
    groups: ArrayLike,
    *,
    resamples: int = RESAMPLES,
    permutations: int = PERMUTATIONS,
    level: float = 0.95,
    seed: int = 0,
) -> PairedTest:
    """Whether two predictors' errors (N,) on the same faces differ, and by how much; positive if `second` errs less.

    groups: (N,), the person or photograph of each face.
    The interval is that of `bootstrap_intervals`. The p value is of the hypothesis that it makes no difference which of
    the two predicted the faces of a group: the share of the ways to swap them group by group that give a mean at least
    as far from 0, exact for up to 14 groups that differ, else from so many random `permutations`.
    NaN errors make all of it NaN. Raises as `bootstrap_intervals`.
    """
    if first.ndim != 1 or first.shape != second.shape:
        raise ShapeError(f"errors are {first.shape} and {second.shape}; expected (N,) twice.")
    differences = (first.astype(np.float64) - second)[:, None]
    ((low, high),) = bootstrap_intervals(differences, groups, resamples=resamples, level=level, seed=seed)
    sums, faces = _group_sums(differences, groups)
    mean = float(differences.mean()) if len(first) else math.nan
    p = sign_flip_p(sums[:, 0], permutations, seed)
    return PairedTest(mean, float(low), float(high), p, len(first), len(faces))


def sign_flip_p(sums: Floats, permutations: int = PERMUTATIONS, seed: int = 0) -> float:
    """Two-sided p value of the sum of groups' sums (G,), each as likely to have the other sign.

    Exact for up to 14 sums other than 0, of which all combinations of signs are tried; else (k + 1) / (n + 1) where k
    of n random combinations are at least as far from 0 (Phipson & Smyth). NaN for no sums or a NaN among them.
    """
    if not len(sums) or np.isnan(sums).any():
        return math.nan
    sums = sums[sums != 0]  # whatever their sign, they change nothing
    reached = abs(sums.sum()) - ROUNDING * np.abs(sums).sum()
    if len(sums) <= MOST_ENUMERATED:
        every = np.arange(2 ** len(sums))[:, None] >> np.arange(len(sums)) & 1
        return float(np.mean(_flipped(sums, every) >= reached))
    as_far = sum(int((_flipped(sums, bits) >= reached).sum()) for bits in _coins(len(sums), permutations, seed))
    return (as_far + 1) / (permutations + 1)


def holm(p: Floats) -> Array:
    """P values (T,) of several tests, adjusted so that the chance of any false one among them stays below the level.

    The smallest is multiplied by T, the next by T - 1, ..., none comes out below a smaller one's or above 1.
    NaN, of tests that could not be made, stays NaN and does not count.
    """
    adjusted = np.full(p.shape, np.nan)
    made = np.flatnonzero(~np.isnan(p))
    order = made[np.argsort(p[made], kind="stable")]
    adjusted[order] = np.minimum(1, np.maximum.accumulate(p[order] * np.arange(len(order), 0, -1)))
    return adjusted


def _group_sums(values: Floats, groups: ArrayLike) -> tuple[Array, NDArray[np.integer]]:
    """Of each group the sums of the columns, (G, M), and its number of faces, (G,), in the order of their names."""
    codes, names = pd.factorize(np.asarray(groups), sort=True)
    if (codes < 0).any():
        missing = np.flatnonzero(codes < 0)
        raise DataError(
            f"{len(missing)} of {len(codes)} faces have no group, the first at row {missing[0]}; expected a person or "
            "photograph for each. Name it in the column group."
        )
    sums = np.zeros((len(names), values.shape[1]))
    np.add.at(sums, codes, values)
    return sums, np.bincount(codes, minlength=len(names))


def _times_drawn(groups: int, resamples: int, seed: int) -> Iterator[Array]:
    """How often each group is drawn in each resample, (B, G), in batches of B that together are all resamples."""
    generator = np.random.default_rng(seed)
    for count in _batches(resamples, groups):
        times = np.empty((count, groups))
        rows = iter(times)
        for few in _batches(count, groups, CACHED):
            for drawn in generator.integers(groups, size=(few, groups)):
                next(rows)[:] = np.bincount(drawn, minlength=groups)
        yield times


def _coins(groups: int, permutations: int, seed: int) -> Iterator[NDArray[np.integer]]:
    """0 or 1 for each group in each permutation, (B, G), in batches of B that together are all permutations."""
    generator = np.random.default_rng(seed)
    for count in _batches(permutations, groups):
        packed = np.frombuffer(generator.bytes(count * (-(-groups // 8))), np.uint8).reshape(count, -1)
        yield np.unpackbits(packed, axis=1, count=groups)


def _batches(total: int, width: int, numbers: int = BATCH) -> Iterator[int]:
    """The rows of each batch: `total` rows of `width` numbers, about so many numbers at a time."""
    rows = max(1, numbers // width)
    for start in range(0, total, rows):
        yield min(rows, total - start)


def _flipped(sums: Floats, bits: NDArray[np.integer]) -> Array:
    """How far from 0 the sum of (G,) is with the signs flipped where bits (B, G) are 1, (B,)."""
    return np.abs(sums.sum() - 2 * (bits.astype(np.float64) @ sums))
