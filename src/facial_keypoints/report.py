"""The evaluation as one HTML page that needs nothing else: no other file, no script, no network.

For each task the protocol stands on top, then the leaderboard, then what explains it.
"""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined

from facial_keypoints.table_text import holds_numbers, table_as_text

TEMPLATE = "report_template.html"
LONG_TABLE = 12  # rows; a longer one is folded
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
RANKED_BY = "nme"  # the lower, the better
CONTEST = ("data_set", "split", "subset")  # rows that differ in one of these are no rivals
HEADINGS = {
    "nme": "NME, %",
    "nme_p90": "p90, %",
    "nme_p95": "p95, %",
    "nme_p99": "p99, %",
    "auc_8": "AUC@8, %",
    "auc_10": "AUC@10, %",
    "fr_8": "FR@8, %",
    "fr_10": "FR@10, %",
    "px": "error, px",
    "px_median": "median, px",
    "px_x": "|dx|, px",
    "px_y": "|dy|, px",
    "mse": "MSE",
    "p_holm": "p (Holm)",
}  # of columns; the others, variants among them, go by their own names


@dataclass(frozen=True)
class Section:
    """What the report says of one task.

    protocol: how was measured, name by name; shown on top.
    leaderboard: as of `evaluation.leaderboard`; NAME_low and NAME_high beside NAME are shown as an interval. In each
    data set, split and subset the row of the lowest `nme` is bold.
    tables: by their titles; long ones are folded.
    figures: (caption, bytes of a PNG).
    notes: sentences that stand at the end.
    """

    title: str
    protocol: Mapping[str, object]
    leaderboard: pd.DataFrame
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    figures: Sequence[tuple[str, bytes]] = ()
    notes: Sequence[str] = ()


class Cell(NamedTuple):
    text: str
    is_number: bool


class Row(NamedTuple):
    cells: list[Cell]
    is_best: bool  # of its contest
    opens_contest: bool


class TableView(NamedTuple):
    """A table as the template takes it."""

    headings: list[Cell]
    rows: list[Row]

    @property
    def is_long(self) -> bool:
        return len(self.rows) > LONG_TABLE

    @property
    def has_best(self) -> bool:
        return any(row.is_best for row in self.rows)


def evaluation_report(sections: Sequence[Section], *, made: str, heading: str = "") -> str:
    """The whole page, in UTF-8 when written.  All text is escaped; pictures are within.

    made: when and by which version, as the reader sees it below the title. heading: added to the title.
    Raises ValueError if a figure is no PNG.
    """
    environment = Environment(
        loader=PackageLoader("facial_keypoints", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"leaderboard_view": leaderboard_view, "table_view": table_view, "data_uri": data_uri}
    return environment.get_template(TEMPLATE).render(sections=sections, made=made, heading=heading)


def leaderboard_view(leaderboard: pd.DataFrame) -> TableView:
    """The leaderboard, the best row of each contest set off, and a line between contests.

    A contest is a data set, split and subset; a row without a rival is not set off.
    """
    contests = _contests(leaderboard)
    opens = contests.ne(contests.shift()).tolist()
    if RANKED_BY not in leaderboard:
        return table_view(leaderboard, opens=opens)
    errors = leaderboard[RANKED_BY].reset_index(drop=True).groupby(contests)
    best = (errors.rank(method="min") == 1) & (errors.transform("count") > 1)
    return table_view(leaderboard, best=best.tolist(), opens=opens)


def table_view(
    table: pd.DataFrame, *, best: Sequence[bool] | None = None, opens: Sequence[bool] | None = None
) -> TableView:
    """The table in texts, numbers told from words.  best, opens: of each row, as in Row; none by default."""
    texts = table_as_text(table)
    numbers = [holds_numbers(table[name]) for name in texts]
    headings = [Cell(heading(str(name)), number) for name, number in zip(texts, numbers, strict=True)]
    none = [False] * len(table)
    rows = []
    for row, is_best, opens_contest in zip(texts.to_numpy(), best or none, opens or none, strict=True):
        rows.append(Row([Cell(*cell) for cell in zip(row, numbers, strict=True)], is_best, opens_contest))
    return TableView(headings, rows)


def _contests(leaderboard: pd.DataFrame) -> pd.Series:
    """Of each row, the number of its contest."""
    within = [name for name in CONTEST if name in leaderboard]
    if not within or leaderboard.empty:
        return pd.Series(0, index=range(len(leaderboard)))
    return leaderboard.reset_index(drop=True).groupby(within, dropna=False, sort=False).ngroup()


def heading(column: str) -> str:
    """What a column is called in the report."""
    return HEADINGS.get(column, column)


def data_uri(png: bytes, caption: str) -> str:
    """A picture as an address that holds it.  Raises ValueError, naming the caption, if it is no PNG."""
    if not png.startswith(PNG_SIGNATURE):
        raise ValueError(f"figure {caption!r} begins with {png[:8]!r}, expected a PNG. Save it with format='png'.")
    return f"data:image/png;base64,{b64encode(png).decode('ascii')}"
