"""From predicted points to tables: each face's errors, and their means over faces."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from facial_keypoints.examples import Examples
from facial_keypoints.faces import SPLITS, UNLABELLED, FaceSet
from facial_keypoints.metrics import nme, point_errors
from facial_keypoints.point_table import keypoint_columns

MEAN_SHAPE = "mean_shape"  # the baseline's variant
FULL = "full"  # the subset of all faces
VARIANT = ["pipeline", "variant", "data_set", "training_id"]
ERRORS = ["mse", "px", "nme"]
ABOUT_FACE = ["name", "split", "subset", "group", "type", "source"]


def predictions_table(
    points: NDArray[np.floating], examples: Examples, faces: FaceSet, pipeline: str, variant: str, training_id: str
) -> pd.DataFrame:
    """One row a face: who predicted, which face, its errors, and its points x00, y00, ... in pixels of the photograph.

    points: (N, K, 2) on [0, 1] of the network's input; examples and faces: the same N faces.
    `mse` is on [0, 1] of that input, `px` in pixels of the photograph, `nme` in percent of the distance of the outer
    eye corners; `px/<part>` and `nme/<part>` are those of one facial part.
    """
    predicted = examples.to_source_points(points)
    errors = point_errors(predicted, examples.source_keypoints[:, examples.indices])
    columns = {
        "pipeline": pipeline,
        "variant": variant,
        "data_set": faces.data_set,
        "training_id": training_id,
        "mse": np.square(points - examples.unit_keypoints).mean(axis=(1, 2)),
        "px": errors.mean(axis=1),
        "nme": nme(errors, examples.norm),
    }
    for part, indices in faces.scheme.parts.items():
        in_part = np.isin(examples.indices, indices)
        if in_part.any():
            columns[f"px/{part}"] = errors[:, in_part].mean(axis=1)
            columns[f"nme/{part}"] = nme(errors[:, in_part], examples.norm)
    about = faces.table.reindex(columns=ABOUT_FACE).reset_index(drop=True)
    return pd.concat([about, pd.DataFrame(columns | keypoint_columns(predicted, examples.indices))], axis=1)


def no_predictions() -> pd.DataFrame:
    """The table of a variant that predicted nothing."""
    text = dict.fromkeys([*ABOUT_FACE, *VARIANT], str)
    return pd.DataFrame(columns=[*text, *ERRORS]).astype(text | dict.fromkeys(ERRORS, float))


def joined(tables: tuple[pd.DataFrame, ...]) -> pd.DataFrame:
    """The predictions of all variants that have some, one below the other."""
    present = [table for table in tables if len(table)]
    return pd.concat(present, ignore_index=True) if present else no_predictions()


def leaderboard(predictions: pd.DataFrame) -> pd.DataFrame:
    """Mean errors of each variant, split and subset, the lowest NME first within pipeline, split and subset.

    Faces without landmarks have no errors and no row.

    The subset `full` holds all faces; others have rows of their own where a split has several.
    Columns: pipeline, variant, data_set, split, subset, faces, mse, px, nme, training_id.
    """
    predictions = predictions[predictions["split"] != UNLABELLED]
    several = predictions.groupby([*VARIANT, "split"])["subset"].transform("nunique") > 1
    rows = pd.concat([predictions.assign(subset=FULL), predictions[several]])
    table = mean_errors(rows, ["pipeline", "variant", "data_set", "split", "subset", "training_id"])
    table["split"] = pd.Categorical(table["split"], SPLITS[::-1])
    table = table.sort_values(["data_set", "pipeline", "split", "subset", "nme"], ignore_index=True)
    return table.astype({"split": str})[
        ["pipeline", "variant", "data_set", "split", "subset", "faces", *ERRORS, "training_id"]
    ]


def mean_errors(predictions: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """The number of faces and their mean errors for each combination of the columns `by`."""
    groups = predictions.groupby(by, sort=False)
    return groups.agg(faces=("nme", "size"), mse=("mse", "mean"), px=("px", "mean"), nme=("nme", "mean")).reset_index()


def part_errors(predictions: pd.DataFrame) -> pd.DataFrame:
    """Mean px and nme of each facial part: a row for each pipeline, variant, split and part."""
    by = ["pipeline", "variant", "split"]
    parts = [name.removeprefix("nme/") for name in predictions.columns.astype(str) if name.startswith("nme/")]
    tables = []
    for part in parts:
        predicted = predictions.dropna(subset=f"nme/{part}")
        means = predicted.groupby(by, sort=False)[[f"px/{part}", f"nme/{part}"]].mean().reset_index()
        tables.append(means.set_axis([*by, "px", "nme"], axis=1).assign(part=part))
    table = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=[*by, "px", "nme", "part"])
    return table.sort_values([*by, "nme"], ignore_index=True)[[*by, "part", "px", "nme"]]
