"""Predictions of every trained variant, their errors, the leaderboard, and pictures of good and failed ones."""

import logging
from pathlib import PurePosixPath

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from facial_keypoints.checkpoints import Checkpoint, Training
from facial_keypoints.danes import TYPES
from facial_keypoints.devices import pick_device
from facial_keypoints.errors import MissingInputError
from facial_keypoints.evaluation import (
    MEAN_SHAPE,
    joined,
    leaderboard,
    mean_errors,
    no_predictions,
    part_errors,
    predictions_table,
)
from facial_keypoints.examples import Examples
from facial_keypoints.faces import TEST, TRAIN, UNLABELLED, VALIDATION, FaceSet
from facial_keypoints.figures.faces import contact_sheet
from facial_keypoints.figures.notice import notice
from facial_keypoints.geometry import inverse, transform_points
from facial_keypoints.inference import predict_unit_points
from facial_keypoints.options import EvaluateOptions
from facial_keypoints.point_table import keypoints_of

logger = logging.getLogger(__name__)


def predict_variant(checkpoint: Checkpoint | None, faces: FaceSet | None, options: EvaluateOptions) -> pd.DataFrame:
    """The predictions of one variant for the faces that it was not trained on.

    None without a checkpoint or faces, or if the faces have other points than those that it was trained on.
    """
    if checkpoint is None or faces is None:
        return no_predictions()
    training = checkpoint.training
    if checkpoint.scheme != faces.scheme:
        logger.warning(
            "%s predicts the points of %s, but the faces of %s have those of %s: left out. %s",
            training.name,
            checkpoint.scheme.name,
            faces.data_set,
            faces.scheme.name,
            "Ingest with the scheme that it was trained with, or train it again."
            if training.data_set == faces.data_set
            else f"Name the data set that it was trained on: --params {training.name}.data_set={training.data_set}",
        )
        return no_predictions()
    if not training.is_finished:
        logger.warning(
            "%s was trained for %d of %d epochs only: evaluating the best of them, epoch %d",
            training.name,
            training.epochs_done,
            training.epochs_planned,
            training.epoch,
        )
    chosen = evaluated_faces(faces)
    warn_of_learnt_faces(training, chosen)
    examples = Examples(chosen, checkpoint.frame, pick_device(options.device), checkpoint.indices)
    model = checkpoint.model().to(examples.device)
    points = predict_unit_points(model, examples, batch_size=options.batch_size)
    # What a network makes of another data set is no result of the run that trained it.
    training_id = training.id if faces.data_set == training.data_set else ""
    return predictions_table(points, examples, chosen, training.pipeline, training.variant, training_id)


def predict_mean_shape(faces: FaceSet | None, *checkpoints: Checkpoint | None) -> pd.DataFrame:
    """The predictions of the baseline that looks at no picture: the mean of the training faces' points.

    The first checkpoint there is says which points, and in which frame the mean is taken.
    """
    if faces is None:
        return no_predictions()
    of_these_points = (one for one in checkpoints if one is not None and one.scheme == faces.scheme)
    checkpoint = next(of_these_points, None)
    if checkpoint is None or not (faces.table["split"] == TRAIN).any():
        return no_predictions()
    chosen = evaluated_faces(faces)
    train, examples = (
        Examples(part, checkpoint.frame, pick_device("cpu"), checkpoint.indices)
        for part in (faces.split(TRAIN), chosen)
    )
    points = np.repeat(train.mean_shape.numpy()[None], len(examples), axis=0)
    return predictions_table(points, examples, chosen, checkpoint.training.pipeline, MEAN_SHAPE, training_id="")


def warn_of_learnt_faces(training: Training, chosen: FaceSet) -> None:
    """Say it loudly if a network has learnt from what it is evaluated on, as after another choice of splits."""
    learnt = set(training.groups) & set(chosen.table["group"]) if training.data_set == chosen.data_set else set()
    if learnt:
        logger.warning(
            "%s has learnt from %d of the groups that it is evaluated on, such as %s: its errors say nothing. Train it "
            "again on the present splits.",
            training.name,
            len(learnt),
            min(learnt),
        )


def evaluated_faces(faces: FaceSet) -> FaceSet:
    """The faces that no network was trained on: validation, test, and those without landmarks."""
    return faces.select(faces.table["split"].isin([VALIDATION, TEST, UNLABELLED]).to_numpy())


def rank_variants(*predictions: pd.DataFrame) -> pd.DataFrame:
    """The leaderboard, also logged.  Raises MissingInputError if no variant has predictions."""
    predicted = joined(predictions)
    table = leaderboard(predicted)
    if predicted.empty:
        raise MissingInputError("There are no predictions, so there is nothing to rank: the log names what is missing.")
    test = table[(table["split"] == TEST)].drop(columns=["training_id", "split"])
    if test.empty:
        logger.info("no test face has landmarks: nothing to rank")
    else:
        logger.info("leaderboard, test faces:\n%s", test.to_string(index=False, float_format="{:.4g}".format))
    return table


def errors_by_part(*predictions: pd.DataFrame) -> pd.DataFrame:
    """Mean errors of each facial part, by variant and split."""
    return part_errors(joined(predictions))


def errors_by_type(*predictions: pd.DataFrame) -> pd.DataFrame:
    """Mean errors of each of the Danes' six types of photographs, by variant and split."""
    danes = joined(predictions)
    danes = danes[danes["data_set"] == "danes"]
    table = mean_errors(danes, ["pipeline", "variant", "split", "type"])
    table["description"] = table["type"].map(TYPES)
    return table.sort_values(["pipeline", "variant", "split", "type"], ignore_index=True)


def draw_good(predictions: pd.DataFrame, faces: FaceSet | None, options: EvaluateOptions) -> Figure:
    """The test faces with the lowest errors, prediction and truth."""
    best = predictions[predictions["split"] == TEST].nsmallest(options.pictures, "nme")
    return draw_predictions(best, predictions, faces, "the best")


def draw_failed(predictions: pd.DataFrame, faces: FaceSet | None, options: EvaluateOptions) -> Figure:
    """The test faces with the highest errors, prediction and truth."""
    worst = predictions[predictions["split"] == TEST].nlargest(options.pictures, "nme")
    return draw_predictions(worst, predictions, faces, "the worst")


def draw_unlabelled(predictions: pd.DataFrame, faces: FaceSet | None, options: EvaluateOptions) -> Figure:
    """The first faces without landmarks, with what is predicted for them."""
    unlabelled = predictions[predictions["split"] == UNLABELLED]
    chosen = unlabelled.head(options.pictures)
    if faces is None or chosen.empty:
        return notice("No face without landmarks, or this variant is not trained yet.")
    drawn, indices, predicted = predicted_faces(chosen, faces)
    pipeline, variant = chosen[["pipeline", "variant"]].iloc[0]
    return contact_sheet(
        drawn.images,
        predicted=predicted,
        scheme=faces.scheme,
        titles=[PurePosixPath(name).name for name in chosen["name"]],
        title=f"{pipeline}.{variant}: predictions for {len(chosen)} of {len(unlabelled)} faces without landmarks",
        columns=4,
        zoom=len(indices) > 1,
    )


def predicted_faces(chosen: pd.DataFrame, faces: FaceSet) -> tuple[FaceSet, list[int], NDArray[np.floating]]:
    """The faces of some predictions, which points are predicted, and these in pixels of the faces' images (N, K, 2)."""
    row_of = {name: row for row, name in enumerate(faces.table["name"])}
    drawn = faces.select(np.array([row_of[name] for name in chosen["name"]]))
    indices = sorted(int(column[1:]) for column in chosen.columns if column[0] == "x" and column[1:].isdigit())
    return drawn, indices, transform_points(inverse(drawn.to_source), keypoints_of(chosen, faces.scheme, indices))


def draw_predictions(chosen: pd.DataFrame, predictions: pd.DataFrame, faces: FaceSet | None, which: str) -> Figure:
    """Faces with their predicted points in blue and the true ones in orange."""
    if faces is None or chosen.empty:
        return notice("No prediction to draw: this variant is not trained yet, or there are no test faces.")
    drawn, indices, predicted = predicted_faces(chosen, faces)
    pipeline, variant = chosen[["pipeline", "variant"]].iloc[0]
    test = predictions[predictions["split"] == TEST]
    errors = f"mean error of all {test['px'].mean():.1f} px, NME {test['nme'].mean():.2f} %"
    return contact_sheet(
        drawn.images,
        truth=drawn.keypoints[:, indices],
        predicted=predicted,
        scheme=faces.scheme,
        titles=[
            f"{PurePosixPath(row['name']).name}\n{row['px']:.1f} px, {row['nme']:.1f} %" for _, row in chosen.iterrows()
        ],
        title=f"{pipeline}.{variant}: {which} {len(chosen)} of {len(test)} test faces ({errors})",
        columns=4,
        zoom=len(indices) > 1,
    )
