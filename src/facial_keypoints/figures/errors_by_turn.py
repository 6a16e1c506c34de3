"""Errors by the turn of the head: are faces from the side harder, and from which side."""

from collections.abc import Mapping
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from facial_keypoints.errors import ShapeError
from facial_keypoints.figures.model_styles import MOST_MODELS, ModelStyle, model_styles
from facial_keypoints.figures.notice import notice
from facial_keypoints.figures.style import new_figure
from facial_keypoints.head_turn import TURN_EDGES
from facial_keypoints.resampling import bootstrap_intervals

WIDEST_TURN = 60.0  # degrees: where the open bins end at least, as drawn
DODGE = 1.7  # degrees between the intervals of two models
SEEN = 0.98  # share of the dots that lie in view at least; the others are marked at the upper edge
HEIGHT = 4.2  # inches, without the legend
LEGEND_LINE = 0.19  # inches

Values = NDArray[np.floating]
Groups = NDArray[Any]
Table = tuple[Values, Values, Groups]


class BinMeans(NamedTuple):
    """Of the faces in each bin, (7,): number, mean error (NaN of none) and its interval (NaN below two groups)."""

    faces: NDArray[np.int64]
    mean: Values
    low: Values
    high: Values


def errors_by_turn(tables: Mapping[str, Table], *, title: str) -> Figure:
    """The error of each face by the turn of its head, faint, and the mean of each bin with its 95 % interval.

    tables: by the model's name, the turn of each face in degrees, (N,), positive towards the picture's right and NaN
    if unknown, its NME in percent, (N,), without NaN, and its person or photograph, (N,).  The first six models are
    drawn.
    Raises ShapeError if a model has other arrays.
    """
    for name, table in tables.items():
        _check(name, *table)
    shown = dict(islice(tables.items(), MOST_MODELS))
    known = {name: _of_known_turn(*table) for name, table in shown.items()}
    if not any(len(turn) for turn, *_ in known.values()):
        return notice(f"{title}: the turn of no head is known")
    figure = new_figure(HEIGHT + LEGEND_LINE * (len(shown) + 1), title)
    axes = figure.subplots()
    means = {name: bin_means(*table) for name, table in known.items()}
    top = _upper_end(known, means)
    for name, style in model_styles(shown).items():
        turn, nme, _ = known[name]
        _draw_dots(axes, turn, nme, style, top)
    end = max(np.abs(turn).max(initial=WIDEST_TURN) for turn, *_ in known.values())
    for place, (name, style) in enumerate(model_styles(shown).items()):
        _draw_means(axes, means[name], _centres(end) + DODGE * (place - (len(shown) - 1) / 2), name, style)
    _frame(axes, end, top, _note(shown, len(tables)))
    _write_counts(axes, _centres(end), means)
    figure.legend(loc="outside lower center", frameon=False, fontsize=9, ncols=2)
    return figure


def bin_means(turn: Values, nme: Values, groups: Groups) -> BinMeans:
    """The mean error of the faces in each bin of turn, lower edges inclusive, and its 95 % interval.

    turn: degrees, (N,), finite; nme: percent, (N,); groups: (N,), of which the intervals draw whole ones.
    """
    bins = np.digitize(turn, TURN_EDGES)
    inside = [bins == place for place in range(len(TURN_EDGES) + 1)]
    means = [nme[chosen].mean() if chosen.any() else np.nan for chosen in inside]
    intervals = [bootstrap_intervals(nme[chosen, None], groups[chosen])[0] for chosen in inside]
    low, high = np.transpose(intervals)
    return BinMeans(np.array([chosen.sum() for chosen in inside]), np.array(means), low, high)


def _of_known_turn(turn: Values, nme: Values, groups: Groups) -> Table:
    known = np.isfinite(turn)
    return turn[known], nme[known], groups[known]


def _check(name: str, turn: Values, nme: Values, groups: Groups) -> None:
    if turn.ndim != 1 or not turn.shape == nme.shape == groups.shape:
        found = f"turns of {name} are {turn.shape}, errors {nme.shape} and groups {groups.shape}"
        raise ShapeError(f"{found}, expected (N,) three times.")
    if np.isnan(nme).any():
        found = f"{np.isnan(nme).sum()} of {len(nme)} errors of {name} are NaN"
        raise ShapeError(f"{found}, expected numbers. Leave out faces without landmarks.")


def _upper_end(known: Mapping[str, Table], means: Mapping[str, BinMeans]) -> float:
    """Of the vertical axis: all means and nearly all dots are seen, and a few lost faces flatten nothing.

    The interval of two or three groups may be so wide that it runs out of view.
    """
    dots = np.quantile(np.concatenate([nme for _, nme, _ in known.values()]), SEEN)
    highest_mean = max(np.nanmax(of_model.mean, initial=0) for of_model in means.values())
    return float(max(1.05 * dots, 1.2 * highest_mean)) or 1.0


def _draw_dots(axes: Axes, turn: Values, nme: Values, style: ModelStyle, top: float) -> None:
    outside = nme > top
    for shown, height, marker in ((~outside, nme[~outside], "o"), (outside, np.full(outside.sum(), 0.98 * top), "^")):
        dots = axes.plot(turn[shown], height, marker, color=style.color, markersize=3.5, markeredgewidth=0, zorder=1)
        dots[0].set_alpha(0.22)


def _draw_means(axes: Axes, means: BinMeans, centres: Values, name: str, style: ModelStyle) -> None:
    known = means.faces > 0
    # Of one group there is no interval; of equal errors it may miss their mean by a rounding error.
    reach = np.nan_to_num(np.maximum(0, [means.mean - means.low, means.high - means.mean]))
    axes.errorbar(
        centres[known],
        means.mean[known],
        yerr=reach[:, known],
        color=style.color,
        linestyle=style.linestyle,
        linewidth=1,
        elinewidth=1.6,
        marker="o",
        markersize=6,
        markeredgecolor="white",
        capsize=3,
        label=name,
        zorder=3,
    )


def _centres(end: float) -> Values:
    edges = np.array([-end, *TURN_EDGES, end])
    return (edges[:-1] + edges[1:]) / 2


def _frame(axes: Axes, end: float, top: float, note: str) -> None:
    for edge in TURN_EDGES:
        axes.axvline(edge, color="0.8", linewidth=0.8, zorder=0)
    axes.set(xlim=(-end, end), ylim=(0, top), ylabel="NME, %")
    turn = "turn of the head, degrees, estimated from the landmarks: nose to the picture's left (-), right (+)"
    axes.set_xlabel(f"{turn}\n{note}", fontsize=9)
    axes.set_xticks(TURN_EDGES)
    axes.grid(axis="y", alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)


def _write_counts(axes: Axes, centres: Values, means: Mapping[str, BinMeans]) -> None:
    """Above each bin, how many faces it has; from the fewest to the most where models differ."""
    counts = np.stack([of_model.faces for of_model in means.values()])
    for centre, fewest, most in zip(centres, counts.min(axis=0), counts.max(axis=0), strict=True):
        text = f"{most}" if fewest == most else f"{fewest} to {most}"
        place = axes.get_xaxis_transform()  # x in degrees, y a share of the panel
        axes.text(centre, 1.01, f"{text} faces", ha="center", va="bottom", fontsize=8, transform=place)


def _note(tables: Mapping[str, Table], models: int) -> str:
    """What the picture cannot show: faces of unknown turn, the intervals, models left out."""
    unknown = [int(np.isnan(turn).sum()) for turn, *_ in tables.values()]
    fewest, most = min(unknown), max(unknown)
    note = "Bars: mean of a bin, 95% interval; triangles: faces beyond the axis."
    if most:
        note += f" Not shown, turn unknown: {most if fewest == most else f'{fewest} to {most}'} faces."
    return note if len(tables) == models else f"{note} The first {len(tables)} of {models} models."
