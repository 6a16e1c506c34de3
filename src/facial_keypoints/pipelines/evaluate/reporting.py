"""All results of `evaluate` on one page."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pandas as pd
from matplotlib.figure import Figure

from facial_keypoints.code_version import code_version
from facial_keypoints.evaluation import protocol_of_row
from facial_keypoints.faces import TEST
from facial_keypoints.options import EvaluateOptions
from facial_keypoints.pipelines.tasks import Task
from facial_keypoints.predictions import of_task
from facial_keypoints.protocol import FULL, MEASURED, require_one_protocol
from facial_keypoints.report import Section, evaluation_report

TITLES = {
    "train_nose": "Nose tip",
    "train_face": "All points of the face",
    "finetune_resnet": "All points of the face, ResNet-18",
}
SETS = {"danes": "the Danes (IMM)", "ibug": "iBUG 300-W", "own": "your own faces"}
RANKED = [
    *("variant", "split", "subset", "faces", "nme", "nme_low", "nme_high", "nme_p95"),
    *("auc_8", "auc_8_low", "auc_8_high", "fr_8", "fr_8_low", "fr_8_high", "px", "px_low", "px_high"),
]
MORE = [
    *("variant", "split", "subset", "nme_p90", "nme_p99", "auc_10", "auc_10_low", "auc_10_high"),
    *("fr_10", "fr_10_low", "fr_10_high", "px_median", "px_x", "px_y", "mse"),
]
KINDS = {
    "part": "NME (%) by facial part",
    "landmark": "NME (%) by landmark",
    "type": "NME (%) by type of photograph",
    "source": "NME (%) by source",
    "subset": "NME (%) by subset",
    "turn": "NME (%) by turn of the head (estimated; negative: nose to the picture's left)",
    "face_size": "NME (%) by size of the face in its photograph",
}
SAID_BY_ALL = [name for name in MEASURED if name not in ("subset", "faces")]  # those of a row are not the protocol's
PAIRS = "Pairs of networks on the same test faces: NME of the first less that of the second"
CAPTIONS = {
    "ced": "Cumulative error distributions on the test faces.",
    "landmark_errors": "Mean error of each point on the mean face.",
    "errors_by_turn": "Errors by the turn of the head.",
    "good_predictions": "The best test faces of {}: prediction blue, truth orange.",
    "typical_predictions": "Test faces of {} around the median error.",
    "failed_predictions": "The worst test faces of {}, with what the data tell of them.",
}
INTERVALS = (
    "Intervals are 95 % bootstrap intervals over whole groups (persons, photographs); with few groups, such as eight "
    "persons, they are too narrow. p values are of a sign-flip test over groups; p (Holm) allows for their number. "
    "MSE is on [0, 1] of each network's own input, and no measure across inputs."
)


def write_report(
    leaderboard: pd.DataFrame,
    breakdown: pd.DataFrame,
    pairs: pd.DataFrame,
    options: EvaluateOptions,
    **figures: bytes | Figure,
) -> str:
    """One page of HTML: for each task the protocol, the leaderboard, tables and figures.

    figures: PNGs by name, `<task>__<figure>` for a task and `<pipeline>__<variant>__<figure>` for a variant. What is no
        PNG is a notice of a variant that is not there, and left out.
    Raises ProtocolError if a task's tables were not measured alike; a PNG does not tell how it was.
    """
    pngs = {name: figure for name, figure in figures.items() if isinstance(figure, bytes)}
    sections = [
        section(str(pipeline), str(data_set), board, breakdown, pairs, pngs)
        for (pipeline, data_set), board in leaderboard.groupby(["pipeline", "data_set"], sort=False)
    ]
    made = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, version {code_version()}"
    return evaluation_report(sections, made=made, heading=options.heading)


def section(
    pipeline: str,
    data_set: str,
    board: pd.DataFrame,
    breakdown: pd.DataFrame,
    pairs: pd.DataFrame,
    figures: Mapping[str, bytes],
) -> Section:
    """All results of one pipeline on one data set, under the protocol of the leaderboard's test faces.

    Raises ProtocolError if another table was measured otherwise.
    """
    test = board[(board["split"] == TEST) & (board["subset"] == FULL)]
    headline = (test if len(test) else board).iloc[0]
    details = of_task(breakdown, pipeline, data_set)
    details = details[details["split"] == headline["split"]]
    compared = of_task(pairs, pipeline, data_set)
    require_same_protocol(headline, error_breakdown=details, paired_tests=compared)
    tables = {
        title: errors_of_kind(kind)
        for by, title in KINDS.items()
        if (kind := details[details["by"] == by])["value"].nunique() > 1
    }
    if len(compared):
        shown = compared[["first", "second", "difference", "low", "high", "p", "p_holm", "faces", "groups"]]
        names = {"low": "difference_low", "high": "difference_high"}
        tables = {PAIRS: shown.rename(columns=names)} | tables
    tables = {"More measures": board[MORE]} | tables
    tables["What each row saw, and where its weights come from"] = board[
        ["variant", "crop", "weights", "code"]
    ].drop_duplicates()
    return Section(
        title=f"{TITLES[pipeline]}: {SETS[data_set]}",
        protocol={name.replace("_", " "): headline[name] for name in MEASURED if name != "subset"},
        leaderboard=board[RANKED],
        tables=tables,
        figures=chosen_figures(pipeline, data_set, board, figures),
        notes=[INTERVALS],
    )


def require_same_protocol(headline: pd.Series, **tables: pd.DataFrame) -> None:
    """Raises ProtocolError unless all rows of the tables were measured as a row of the leaderboard was."""
    own = protocol_of_row(headline)
    protocols = [("leaderboard", own)]
    for name, table in tables.items():
        for said in table[SAID_BY_ALL].drop_duplicates().to_dict("records"):
            protocols.append((name, replace(own, **{str(field): value for field, value in said.items()})))
    require_one_protocol(protocols)


def errors_of_kind(kind: pd.DataFrame) -> pd.DataFrame:
    """NME by what the faces or points have in common, a column for each variant, with its interval."""
    words = kind.assign(value=kind["value"].str.replace("_", " "))
    measures = ["nme", "nme_low", "nme_high"]
    table = words.pivot_table(index=["value", "faces"], columns="variant", values=measures, sort=False)
    # "lr, %" and "lr, %_low": a variant may be called lr_low, and none has a comma.
    table.columns = table.columns.map(lambda column: f"{column[1]}, %{column[0].removeprefix('nme')}")
    return table.reset_index()


def chosen_figures(
    pipeline: str, data_set: str, board: pd.DataFrame, figures: Mapping[str, bytes]
) -> list[tuple[str, bytes]]:
    """The figures of the task, then of the variant that ranks first of those that have figures, which are ours."""
    test = board[(board["split"] == TEST) & (board["subset"] == FULL)]
    of_variants = [name for name in test["variant"] if any(key.startswith(f"{pipeline}__{name}__") for key in figures)]
    best = of_variants[0] if of_variants else ""
    prefixes = [Task(pipeline, data_set, []).name, f"{pipeline}__{best}"]
    return [
        (caption.format(best), figures[f"{prefix}__{name}"])
        for name, caption in CAPTIONS.items()
        for prefix in prefixes
        if f"{prefix}__{name}" in figures
    ]
