"""From predictions to what can be said of them: the leaderboard, errors broken down, pairs of models compared."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from itertools import combinations, pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from facial_keypoints.baselines import BASELINES
from facial_keypoints.danes import TYPES
from facial_keypoints.faces import SPLITS, TEST, UNLABELLED
from facial_keypoints.head_turn import TURN_EDGES
from facial_keypoints.metrics import FAILURE, PERCENTILES, curve_areas, error_percentiles, failures, point_errors
from facial_keypoints.predictions import PART, PART_PX, PREDICTOR, predicted_indices, predicted_points, true_points
from facial_keypoints.protocol import FIELDS, FULL, MEASURED, Protocol, require_one_protocol
from facial_keypoints.resampling import bootstrap_intervals, holm, paired_test

THRESHOLDS = (FAILURE, 10)  # percent NME: of AUC and failure rate
SIZE_EDGES = (64, 128, 256, 512)  # pixels
SUMMARY = [
    *("nme", "nme_low", "nme_high", "nme_p90", "nme_p95", "nme_p99"),
    *(
        f"{name}_{threshold}{end}"
        for threshold in THRESHOLDS
        for name in ("auc", "fr")
        for end in ("", "_low", "_high")
    ),
    *("px", "px_low", "px_high", "px_median", "px_x", "px_y", "mse"),
]
# What a row of any table says of its protocol, besides the columns that it has anyway.
ON_RECORD = [name for name in FIELDS if name not in ("data_set", "split", "subset", "faces")]
LEADERBOARD = ["pipeline", "variant", "data_set", "split", "subset", "faces", *SUMMARY, "training_id", *ON_RECORD]
BREAKDOWN = ["pipeline", "variant", "data_set", "split", "by", "value", "faces", "px", "nme", "nme_low", "nme_high"]
PAIRS = [
    "pipeline",
    "data_set",
    "split",
    "first",
    "second",
    "difference",
    "low",
    "high",
    "p",
    "p_holm",
    "faces",
    "groups",
]
Column = NDArray[np.floating]


def leaderboard(predictions: pd.DataFrame) -> pd.DataFrame:
    """Errors of each variant, split and subset, the lowest NME first within pipeline, data set, split and subset.

    Columns: `LEADERBOARD`; `..._low` and `..._high` bound 95 % intervals (bootstrap over groups: persons, photographs).
    The subset `full` holds all faces; others have rows of their own where a split has several.  Faces without landmarks
    have no errors and no row.
    Raises ProtocolError if rows that stand beside each other were not measured alike.
    """
    rows = [summary_row(faces, subset) for faces in each_variant_and_split(predictions) for subset in subsets(faces)]
    table = pd.DataFrame(rows, columns=LEADERBOARD)
    for _, rivals in table.groupby(["pipeline", "data_set", "split", "subset"], sort=False):
        require_one_protocol([(name_of(row), protocol_of_row(row)) for _, row in rivals.iterrows()])
    table["split"] = pd.Categorical(table["split"], SPLITS[::-1])
    table = table.sort_values(["data_set", "pipeline", "split", "subset", "nme"], ignore_index=True)
    return table.astype({"split": str})


def each_variant_and_split(predictions: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """The predictions of each variant for the labelled faces of one split."""
    labelled = predictions[predictions["split"] != UNLABELLED]
    for _, faces in labelled.groupby([*PREDICTOR, "split"], sort=False):
        yield faces.reset_index(drop=True)


def subsets(faces: pd.DataFrame) -> list[str]:
    """Full, and each subset if there are several."""
    names = sorted(faces["subset"].unique())
    return [FULL, *names] if len(names) > 1 else [FULL]


def protocol_of(faces: pd.DataFrame, subset: str = FULL) -> Protocol:
    """That of one variant's predictions for one split.  Raises ProtocolError if they hold several."""
    texts = faces["protocol"].unique()
    name = name_of(faces.iloc[0])
    require_one_protocol([(name, Protocol.from_json(text)) for text in texts])
    count = len(faces) if subset == FULL else int((faces["subset"] == subset).sum())
    return replace(Protocol.from_json(texts[0]), subset=subset, faces=count)


def protocol_of_row(row: pd.Series) -> Protocol:
    """That of one row of a leaderboard."""
    return Protocol(**{name: row[name] for name in FIELDS})


def name_of(row: pd.Series) -> str:
    """The full name of a row's variant."""
    return f"{row['pipeline']}.{row['variant']}"


def summary_row(faces: pd.DataFrame, subset: str) -> dict[str, Any]:
    """One row of the leaderboard: one variant, one split, one subset."""
    about = {name: faces[name].iloc[0] for name in PREDICTOR}
    protocol = asdict(protocol_of(faces, subset))
    chosen = faces if subset == FULL else faces[faces["subset"] == subset]
    return about | protocol | summary(chosen)


def summary(faces: pd.DataFrame) -> dict[str, float]:
    """All of `SUMMARY` over some faces: means, their intervals, percentiles, AUC and failure rate."""
    errors = faces["nme"].to_numpy()
    means = {"nme": errors, "px": faces["px"].to_numpy()}
    for threshold in THRESHOLDS:  # both are means over faces, so that one bootstrap serves all
        means[f"auc_{threshold}"] = curve_areas(errors, threshold)
        means[f"fr_{threshold}"] = failures(errors, threshold)
    intervals = bootstrap_intervals(np.stack(list(means.values()), axis=1), faces["group"].to_numpy())
    values = {
        f"nme_p{share}": float(value) for share, value in zip(PERCENTILES, error_percentiles(errors), strict=True)
    }
    for (name, column), (low, high) in zip(means.items(), intervals, strict=True):
        values |= {name: float(column.mean()), f"{name}_low": float(low), f"{name}_high": float(high)}
    values |= {name: float(faces[name].mean()) for name in ("px_x", "px_y", "mse")}
    return values | {"px_median": float(faces["px"].median())}


def error_breakdown(predictions: pd.DataFrame) -> pd.DataFrame:
    """Mean errors of each variant and split by facial part, landmark, type, source, subset, head turn and face size.

    Columns: `BREAKDOWN` and the protocol.  `px` and `nme` are means over the `faces` that have the `value` (of a part
    or a landmark: all faces); nme_low and nme_high bound the 95 % interval.
    Raises ProtocolError as `leaderboard`.
    """
    tables = []
    labelled = predictions[predictions["split"] != UNLABELLED]
    for _, rivals in labelled.groupby(["pipeline", "data_set", "split"], sort=False):
        one_protocol(list(each_variant_and_split(rivals)))
    for faces in each_variant_and_split(predictions):
        about = {name: faces[name].iloc[0] for name in ("pipeline", "variant", "data_set", "split")}
        rows = pd.DataFrame([*points_broken_down(faces), *faces_broken_down(faces)])
        protocol = asdict(protocol_of(faces))
        tables.append(rows.assign(**about, **{name: protocol[name] for name in ON_RECORD}))
    columns = [*BREAKDOWN, *ON_RECORD]
    return pd.concat(tables, ignore_index=True)[columns] if tables else pd.DataFrame(columns=columns)


def points_broken_down(faces: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """A row for each facial part and each landmark, over all faces of one variant and split."""
    columns = [name for name in faces.columns.astype(str) if name.startswith(PART)]
    parts = [name.removeprefix(PART) for name in columns if faces[name].notna().any()]
    px = {("part", part): faces[PART_PX + part].to_numpy() for part in parts}
    relative = {("part", part): faces[PART + part].to_numpy() for part in parts}
    for index, errors in zip(predicted_indices(faces), landmark_errors(faces).T, strict=True):
        px["landmark", f"{index:02d}"] = errors * faces["norm"].to_numpy() / 100
        relative["landmark", f"{index:02d}"] = errors
    intervals = bootstrap_intervals(np.stack(list(relative.values()), axis=1), faces["group"].to_numpy())
    for (by, value), interval in zip(relative, intervals, strict=True):
        errors = relative[by, value]
        yield broken_down(by, value, px[by, value], errors, interval)


def landmark_errors(faces: pd.DataFrame) -> NDArray[np.float64]:
    """The error of each point in percent of the face's norm, (N, K), of one variant."""
    return 100 * point_errors(predicted_points(faces), true_points(faces)) / faces["norm"].to_numpy()[:, None]


def faces_broken_down(faces: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """A row for each kind of face, over the faces of one variant and split that are of that kind."""
    for by, values in kinds_of_faces(faces).items():
        for value, kind in faces.groupby(values, observed=True):
            interval = bootstrap_intervals(kind[["nme"]].to_numpy(), kind["group"].to_numpy())[0]
            yield broken_down(by, str(value), kind["px"].to_numpy(), kind["nme"].to_numpy(), interval)


def kinds_of_faces(faces: pd.DataFrame) -> dict[str, pd.Series]:
    """What kinds of faces there are, by what tells them apart: type, source, subset, turn, face_size."""
    kinds = {
        "type": faces["type"].map(lambda number: f"{number:.0f}: {TYPES[int(number)]}", na_action="ignore"),
        "source": faces["source"],
        "subset": faces["subset"],
        "turn": between(faces["turn"], TURN_EDGES, "degrees"),
        "face_size": between(faces["face_size"], SIZE_EDGES, "px"),
    }
    return {by: values for by, values in kinds.items() if values.notna().any()}


def between(values: pd.Series, edges: tuple[float, ...], unit: str) -> pd.Series:
    """In words, between which edges each value lies: "below 64 px", "64 to 128 px", ...; NaN where it is no number."""
    ends = [f"below {edges[0]:g} {unit}", *(f"{low:g} to {high:g} {unit}" for low, high in pairwise(edges))]
    ends.append(f"from {edges[-1]:g} {unit}")
    return pd.cut(values.astype(float), [-np.inf, *edges, np.inf], right=False, labels=ends)


def broken_down(by: str, value: str, px: Column, errors: Column, interval: Column) -> dict[str, Any]:
    """One row of the breakdown."""
    low, high = interval
    row = {"by": by, "value": value, "faces": len(errors), "px": px.mean(), "nme": errors.mean()}
    return row | {"nme_low": low, "nme_high": high}


def paired_tests(predictions: pd.DataFrame) -> pd.DataFrame:
    """Every two networks of a task compared on the same test faces: columns `PAIRS` and the protocol.

    difference: mean NME of the first less that of the second, in percent of the norm, low and high its 95 % interval;
    p: of a difference at least as large if the two were alike; p_holm: allowing for the number of pairs of the task.
    Raises ProtocolError if the two were not measured alike.
    """
    test = predictions[(predictions["split"] == TEST) & ~predictions["variant"].isin(BASELINES)]
    on_record = [name for name in ON_RECORD if name in MEASURED or name == "code"]
    tables = []
    for (pipeline, data_set), task in test.groupby(["pipeline", "data_set"], sort=False):
        rivals = list(each_variant_and_split(task))
        protocol = one_protocol(rivals)
        rows = [compared(*pair) for pair in combinations(rivals, 2)]
        if rows:
            said = {name: value for name, value in asdict(protocol).items() if name in (*on_record, "split")}
            table = pd.DataFrame(rows).assign(pipeline=str(pipeline), data_set=str(data_set), **said)
            tables.append(table.assign(p_holm=holm(table["p"].to_numpy())))
    columns = [*PAIRS, *on_record]
    return pd.concat(tables, ignore_index=True)[columns] if tables else pd.DataFrame(columns=columns)


def one_protocol(rivals: Sequence[pd.DataFrame]) -> Protocol:
    """That of several variants' predictions for one split.  Raises ProtocolError if they were not measured alike."""
    protocols = [(name_of(faces.iloc[0]), protocol_of(faces)) for faces in rivals]
    require_one_protocol(protocols)
    return protocols[0][1]


def compared(first: pd.DataFrame, second: pd.DataFrame) -> dict[str, Any]:
    """Two variants on the same faces, in whichever order their tables have them."""
    errors = first[["name", "group", "nme"]].merge(second[["name", "nme"]], on="name", suffixes=("", "_second"))
    test = paired_test(errors["nme"].to_numpy(), errors["nme_second"].to_numpy(), errors["group"].to_numpy())
    return {"first": first["variant"].iloc[0], "second": second["variant"].iloc[0], **asdict(test)}
