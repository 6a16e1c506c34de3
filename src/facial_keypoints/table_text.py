"""A table of numbers as a table of text: digits that suit each column, and intervals beside what they belong to."""

import math

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype

DIGITS = 3  # significant ones of a column's lower quartile
MOST_DECIMALS = 6
SHARE_DECIMALS = 1  # of AUC and failure rate, the columns `auc_...` and `fr_...`: in percent of some hundred faces
P_DECIMALS = 4  # of p values, the columns `p` and `p_...`: smaller ones than 0.0001 decide nothing more
NOTHING = "\N{EN DASH}"  # NaN or None
LOW, HIGH = "_low", "_high"  # how the columns of an interval end


def table_as_text(table: pd.DataFrame) -> pd.DataFrame:
    """The table with a text in each cell; where NAME, NAME_low and NAME_high are columns, NAME is "5.11 (4.80–5.45)".

    The columns NAME_low and NAME_high are then left out, and so is the index.  All numbers of a column have the same
    number of decimals, so that they can be compared down the column: see `decimals`.
    """
    with_interval = [name for name in table if {f"{name}{LOW}", f"{name}{HIGH}"} <= set(table.columns)]
    bounds = {f"{name}{end}" for name in with_interval for end in (LOW, HIGH)}
    texts = {}
    for name in table:
        if name in bounds:
            continue
        if name in with_interval:
            texts[name] = _with_interval(
                table[name], table[f"{name}{LOW}"], table[f"{name}{HIGH}"], _places(table[name])
            )
        elif holds_numbers(table[name]):
            texts[name] = [number_text(value, _places(table[name])) for value in table[name]]
        else:
            texts[name] = [NOTHING if pd.isna(value) else str(value) for value in table[name]]
    return pd.DataFrame(texts, index=range(len(table)), dtype=str)


def holds_numbers(column: pd.Series) -> bool:
    """Whether a column is one of numbers; truth values are none."""
    return is_numeric_dtype(column) and not is_bool_dtype(column)


def decimals(column: pd.Series) -> int:
    """How many decimals show three digits of a column's lower quartile (of absolute values other than 0), at most six.

    None for whole numbers.  The quartile, so that large errors of a few baselines take no digits from the others.
    """
    values = np.abs(column.dropna().to_numpy(dtype=float))
    values = values[np.isfinite(values) & (values > 0)]
    if not len(values) or (values == np.round(values)).all():
        return 0
    return int(np.clip(DIGITS - 1 - math.floor(math.log10(np.quantile(values, 0.25))), 0, MOST_DECIMALS))


def number_text(value: float, places: int) -> str:
    """A number with so many decimals; one that they would make 0 is "<0.01", and NaN is a dash."""
    if pd.isna(value):
        return NOTHING
    text = f"{value:.{places}f}"
    if value != 0 and float(text) == 0:
        return f"<{10**-places:.{places}f}" if value > 0 else f">-{10**-places:.{places}f}"
    return text


def interval_text(value: float, low: float, high: float, places: int) -> str:
    """ "5.11 (4.80–5.45)", "-0.31 (-0.52 to 0.10)" where a dash could be taken for a sign, "5.11" without bounds."""
    if pd.isna(value) or pd.isna(low) or pd.isna(high):
        return number_text(value, places)
    between = " to " if low < 0 else "\N{EN DASH}"
    return f"{value:.{places}f} ({low:.{places}f}{between}{high:.{places}f})"


def _places(column: pd.Series) -> int:
    """The decimals of a column, which some have by their name."""
    name = str(column.name)
    fixed = {"p": P_DECIMALS, "auc": SHARE_DECIMALS, "fr": SHARE_DECIMALS}
    return fixed.get(name.split("_")[0], decimals(column))


def _with_interval(column: pd.Series, low: pd.Series, high: pd.Series, places: int) -> list[str]:
    return [interval_text(*row, places) for row in zip(column, low, high, strict=True)]
