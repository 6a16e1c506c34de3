"""Predictions as a table: a row a face, with what is known of the face, of the prediction, and its errors."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from facial_keypoints.box_fit import NO_BOXES, box_origin
from facial_keypoints.code_version import code_version
from facial_keypoints.examples import Examples
from facial_keypoints.faces import FaceSet
from facial_keypoints.head_turn import head_turn
from facial_keypoints.landmarks import LandmarkScheme
from facial_keypoints.metrics import axis_errors, nme, point_errors
from facial_keypoints.norms import face_size, norm_lengths
from facial_keypoints.point_table import keypoint_columns
from facial_keypoints.protocol import FULL, Protocol, manifest

BOXES_FROM = "boxes_from"  # column of a face set's table: where the face's box comes from, in words
OF_RUN = " (run "  # in the variant's name of a checkpoint that an MLflow run holds
TRUE = "true_"  # before the names of the true points' columns
PART = "nme/"  # before a part's name: its NME
PART_PX = "px/"
PREDICTOR = ["pipeline", "variant", "data_set", "training_id"]
ERRORS = ["mse", "px", "px_x", "px_y", "norm", "nme"]
ABOUT_FACE = ["name", "split", "subset", "group", "type", "source", "turn", "face_size"]
TEXT = ["name", "split", "subset", "group", "source", *PREDICTOR, "protocol"]


@dataclass(frozen=True)
class Predictor:
    """Who predicts.

    training_id: "" where no run of ours is to hear of the result.
    crop, weights: in words, for the protocol.
    """

    pipeline: str
    variant: str
    training_id: str
    crop: str
    weights: str


@dataclass(frozen=True)
class Conditions:
    """Under which conditions: a norm of `norms.NORMS`, the test-time augmentation."""

    norm: str
    test_time_augmentation: str


def predictions_table(
    points: NDArray[np.floating], examples: Examples, faces: FaceSet, predictor: Predictor, conditions: Conditions
) -> pd.DataFrame:
    """One row a face: who predicted, which face, its errors, and its points x00, y00, ... in pixels of the photograph.

    points: (N, K, 2) on [0, 1] of the network's input; examples and faces: the same N faces.
    `mse` is on [0, 1] of that input; `px`, `px_x` and `px_y` are the points' mean distance from the truth, in all and
    along each axis, in pixels of the photograph; `nme` is in percent of `norm`, which is in such pixels.
    `px/<part>` and `nme/<part>` are those of one facial part.  The true points are true_x00, true_y00, ...
    """
    predicted = examples.to_source_points(points)
    truth = examples.source_keypoints[:, examples.indices]
    errors = point_errors(predicted, truth)
    norm = norm_lengths(examples.source_keypoints, faces.scheme, conditions.norm)
    along_x, along_y = axis_errors(predicted, truth).T
    columns = {
        "pipeline": predictor.pipeline,
        "variant": predictor.variant,
        "data_set": faces.data_set,
        "training_id": predictor.training_id,
        "mse": np.square(points - examples.unit_keypoints).mean(axis=(1, 2)),
        "px": errors.mean(axis=1),
        "px_x": along_x,
        "px_y": along_y,
        "norm": norm,
        "nme": nme(errors, norm),
        **part_columns(errors, norm, examples.indices, faces.scheme),
        "protocol": protocols(faces, examples, predictor, conditions),
        **keypoint_columns(predicted, examples.indices),
        **{TRUE + name: values for name, values in keypoint_columns(truth, examples.indices).items()},
    }
    return pd.concat([about_faces(faces), pd.DataFrame(columns)], axis=1)


def about_faces(faces: FaceSet) -> pd.DataFrame:
    """What errors are broken down by: a row a face, `turn` in degrees, `face_size` in pixels of the photograph."""
    points = faces.source_keypoints
    measures = {"turn": head_turn(points, faces.scheme), "face_size": face_size(points, faces.scheme)}
    return faces.table.reset_index(drop=True).assign(**measures).reindex(columns=ABOUT_FACE)


def part_columns(
    errors: NDArray[np.floating], norm: NDArray[np.floating], indices: Sequence[int], scheme: LandmarkScheme
) -> dict[str, NDArray[np.floating]]:
    """px and NME of each part that has predicted points.  errors: (N, K) of the points at `indices`."""
    columns = {}
    for part, points in scheme.parts.items():
        in_part = np.isin(indices, points)
        if in_part.any():
            columns[PART_PX + part] = errors[:, in_part].mean(axis=1)
            columns[PART + part] = nme(errors[:, in_part], norm)
    return columns


def protocols(faces: FaceSet, examples: Examples, predictor: Predictor, conditions: Conditions) -> NDArray[np.object_]:
    """The protocol of each face's split, (N,), as JSON."""
    scheme, indices = faces.scheme, examples.indices
    which = f"all {scheme.size}" if len(indices) == scheme.size else ", ".join(scheme.names[index] for index in indices)
    splits = faces.table["split"].to_numpy()
    texts = np.empty(len(faces), dtype=object)
    for split in np.unique(splits):
        rows = splits == split
        texts[rows] = Protocol(
            data_set=faces.data_set,
            manifest=manifest(faces, examples.boxes, rows),
            split=split,
            subset=FULL,
            faces=int(rows.sum()),
            points=f"{scheme.name}, {which}",
            norm=conditions.norm,
            boxes=boxes_in_words(faces, rows),
            test_time_augmentation=conditions.test_time_augmentation,
            pictures=pictures_in_words(faces),
            crop=predictor.crop,
            weights=predictor.weights,
            code=code_version(),
        ).to_json()
    return texts


def boxes_in_words(faces: FaceSet, rows: NDArray[np.bool_]) -> str:
    """Where the boxes of the faces of one split, those at `rows` (N,), come from."""
    table = faces.table[rows]
    if BOXES_FROM in table:
        return str(table[BOXES_FROM].iloc[0])
    return NO_BOXES if faces.crop is None else box_origin(table)


def pictures_in_words(faces: FaceSet) -> str:
    """ "336 x 336 px, 2.25 sides of the box, 0.08 down", "640 x 480 px, whole photographs" """
    height, width = faces.image_size
    crop = faces.crop
    return f"{width} x {height} px, " + (
        "whole photographs" if crop is None else f"{crop.scale:g} sides of the box, {crop.shift_down:g} down"
    )


def no_predictions() -> pd.DataFrame:
    """The table of a variant that predicted nothing."""
    columns = list(dict.fromkeys([*ABOUT_FACE, *PREDICTOR, *ERRORS, "protocol"]))
    return pd.DataFrame(columns=columns).astype({name: str if name in TEXT else float for name in columns})


def joined(tables: Sequence[pd.DataFrame | None]) -> pd.DataFrame:
    """The predictions of all variants that have some, one below the other.  None: a table that was never made.

    An MLflow run whose checkpoint is on disk too is no second network: it is left out.
    """
    present = [table for table in tables if table is not None and len(table)]
    on_disk = {table["training_id"].iloc[0] for table in present if OF_RUN not in table["variant"].iloc[0]}
    present = [
        table
        for table in present
        if OF_RUN not in table["variant"].iloc[0] or table["training_id"].iloc[0] not in on_disk
    ]
    return pd.concat(present, ignore_index=True) if present else no_predictions()


def of_task(table: pd.DataFrame, pipeline: str, data_set: str) -> pd.DataFrame:
    """The rows of one pipeline on one data set."""
    return table[(table["pipeline"] == pipeline) & (table["data_set"] == data_set)]


def predicted_indices(predictions: pd.DataFrame) -> list[int]:
    """Which of the scheme's points one variant's table holds."""
    columns = predictions.columns[predictions.notna().any()]
    return sorted(int(name[1:]) for name in columns if name[0] == "x" and name[1:].isdigit())


def predicted_points(predictions: pd.DataFrame) -> NDArray[np.float64]:
    """(N, K, 2), in pixels of the photographs."""
    return _points(predictions, prefix="")


def true_points(predictions: pd.DataFrame) -> NDArray[np.float64]:
    """(N, K, 2), in pixels of the photographs."""
    return _points(predictions, prefix=TRUE)


def _points(predictions: pd.DataFrame, prefix: str) -> NDArray[np.float64]:
    names = [f"{prefix}{axis}{index:02d}" for index in predicted_indices(predictions) for axis in "xy"]
    return predictions[names].to_numpy(dtype=np.float64).reshape(len(predictions), -1, 2)
