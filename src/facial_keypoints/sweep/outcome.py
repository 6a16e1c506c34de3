"""How a sweep ended, in words: for a terminal, and for its page in MLflow."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from facial_keypoints.figures.comparison import best_variant
from facial_keypoints.figures.curves import best_epoch, best_error
from facial_keypoints.sweep.plan import Sweep
from facial_keypoints.table_text import table_as_text

COMPLETE, TRAINED = "complete before", "trained now"


@dataclass(frozen=True)
class Outcome:
    """What became of a sweep.

    states: COMPLETE, TRAINED or what went wrong, by the variants' full names. histories: of those that did not fail.
    overlay: the figure of all their curves; None where there are not two of them.
    """

    sweep: Sweep
    states: dict[str, str]
    histories: dict[str, pd.DataFrame]
    overlay: Path | None

    @property
    def best(self) -> str | None:
        """The variant with the lowest validation error."""
        return best_variant(self.histories)


def as_table(outcome: Outcome) -> pd.DataFrame:
    """A row for each rate: texts."""
    rows = []
    for rate, variant in zip(outcome.sweep.rates, outcome.sweep.variants, strict=True):
        row = {"learning rate": f"{rate:g}", "NME, %": None, "px": None, "epoch": None}
        best = best_epoch(outcome.histories[variant]) if variant in outcome.histories else None
        if best is not None:
            row |= {"NME, %": best["val/nme"], "px": best["val/px"]}
            row |= {"epoch": f"{best['epoch']:.0f} of {len(outcome.histories[variant])}"}
        state = outcome.states[variant] + (", the best" if variant == outcome.best else "")
        rows.append(row | {"": state})
    return table_as_text(pd.DataFrame(rows).astype({"NME, %": float, "px": float}))


def best_in_words(outcome: Outcome) -> str:
    """Names the best rate by validation, and says so if it is the lowest or highest of all."""
    if outcome.best is None:
        return "No rate has led anywhere: try lower ones."
    rates = dict(zip(outcome.sweep.variants, outcome.sweep.rates, strict=True))
    rate = rates[outcome.best]
    words = (
        f"Best by validation: learning rate {rate:g} ({outcome.best}), {best_error(outcome.histories[outcome.best])}."
    )
    lowest, highest = min(rates.values()), max(rates.values())
    if lowest < highest and rate in (lowest, highest):
        words += f" A {'higher' if rate == highest else 'lower'} one may be better still."
    return words


def as_text(outcome: Outcome) -> str:
    """The table and the best, for a terminal."""
    table = as_table(outcome)
    lines = [list(table.columns), *table.to_numpy().tolist()]
    widths = [max(len(line[column]) for line in lines) for column in range(table.shape[1] - 1)]
    rows = ["  ".join([*map(str.rjust, line[:-1], widths), line[-1]]).rstrip() for line in lines]
    return "\n".join([*rows, "", best_in_words(outcome)])


def as_markdown(outcome: Outcome) -> str:
    """The same for MLflow's page of the sweep, which shows but the first lines unasked."""
    table = as_table(outcome)
    lines = [list(table.columns), ["---"] * table.shape[1], *table.to_numpy().tolist()]
    rows = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f"{best_in_words(outcome)}\n\n{rows}"
