"""Predictions of every variant and peer, and what can be said of their errors."""

import logging

import numpy as np
import pandas as pd

from facial_keypoints.baselines import MEAN_SHAPE, MEAN_SHAPE_IN_BOX
from facial_keypoints.checkpoints import Checkpoint
from facial_keypoints.contenders import Contender, conditions, fits, of_checkpoint, peers_for, warn_of_training
from facial_keypoints.devices import pick_device
from facial_keypoints.errors import MissingInputError
from facial_keypoints.evaluated_boxes import COLUMNS, boxed, boxes_table
from facial_keypoints.evaluation import error_breakdown, leaderboard, paired_tests
from facial_keypoints.examples import Examples
from facial_keypoints.faces import TEST, TRAIN, FaceSet
from facial_keypoints.options import EvaluateOptions
from facial_keypoints.predictions import OF_RUN, Predictor, joined, no_predictions, predictions_table

logger = logging.getLogger(__name__)

RUN_DIGITS = 8  # of an MLflow run's id, in a variant's name


def find_boxes(faces: FaceSet | None, options: EvaluateOptions) -> pd.DataFrame:
    """The box of each face that is to be predicted, in pixels of its photograph, and where the boxes come from."""
    return pd.DataFrame(columns=COLUMNS) if faces is None else boxes_table(faces, options)


def predict_variant(
    checkpoint: Checkpoint | None, faces: FaceSet | None, boxes: pd.DataFrame, options: EvaluateOptions
) -> pd.DataFrame:
    """The predictions of one variant for the faces that it was not trained on.

    None without a checkpoint or faces, or if the faces have other points than those that it was trained on.
    """
    if checkpoint is None or faces is None or not fits(checkpoint, faces):
        return no_predictions()
    return predictions_of(checkpoint, of_checkpoint(checkpoint, faces.data_set), faces, boxes, options)


def predict_run(
    checkpoint: Checkpoint, options: EvaluateOptions, *faces_and_boxes: FaceSet | pd.DataFrame | None, run: str
) -> pd.DataFrame:
    """The predictions of the checkpoint of an MLflow run, on whichever of the data sets it learnt from.

    faces_and_boxes: of each data set that is there, one after the other. run: its id.
    """
    training = checkpoint.training
    for faces, boxes in zip(faces_and_boxes[::2], faces_and_boxes[1::2], strict=True):
        if not isinstance(faces, FaceSet) or not isinstance(boxes, pd.DataFrame):
            continue
        if faces.data_set == training.data_set and fits(checkpoint, faces):
            contender = of_checkpoint(checkpoint, faces.data_set, f"{training.variant}{OF_RUN}{run[:RUN_DIGITS]})")
            return predictions_of(checkpoint, contender, faces, boxes, options)
    logger.warning("run %s: no faces of %s with its points are evaluated here: left out", run, training.data_set)
    return no_predictions()


def predictions_of(
    checkpoint: Checkpoint, contender: Contender, faces: FaceSet, boxes: pd.DataFrame, options: EvaluateOptions
) -> pd.DataFrame:
    """Its predictions, and warnings of what makes them say less."""
    chosen, own_boxes = boxed(faces, boxes, options)
    warn_of_training(checkpoint.training, chosen)
    return contender.predict(chosen, own_boxes, options)


def predict_peers(
    faces: FaceSet | None, boxes: pd.DataFrame, options: EvaluateOptions, *, pipeline: str
) -> pd.DataFrame:
    """The predictions of all peers that are there, as variants of the pipeline whose task is theirs."""
    if faces is None:
        return no_predictions()
    chosen = boxed(faces, boxes, options)
    return joined([peer.predict(*chosen, options) for peer in peers_for(faces, options, pipeline)])


def predict_mean_shape(
    faces: FaceSet | None, boxes: pd.DataFrame, options: EvaluateOptions, *checkpoints: Checkpoint | None, pipeline: str
) -> pd.DataFrame:
    """The baseline that looks at nothing: the mean of the training faces' points, in widths and heights of photographs.

    The first checkpoint of the pipeline that is there says which points.
    """
    checkpoint = None if faces is None else first_that_fits(faces, checkpoints, pipeline)
    if faces is None or checkpoint is None or (faces.crop is not None and "width" not in faces.table):
        return no_predictions()
    train = faces.split(TRAIN)
    mean = (train.source_keypoints / photograph_sizes(train)).mean(axis=0)[checkpoint.indices]
    chosen, own_boxes = boxed(faces, boxes, options)
    examples = Examples(chosen, checkpoint.frame, pick_device("cpu"), checkpoint.indices, own_boxes)
    points = examples.from_source_points(mean * photograph_sizes(chosen))
    predictor = Predictor(pipeline, MEAN_SHAPE, "", "nothing", mean_in_words(train))
    return predictions_table(points, examples, chosen, predictor, conditions(options))


def predict_mean_shape_in_box(
    faces: FaceSet | None, boxes: pd.DataFrame, options: EvaluateOptions, *checkpoints: Checkpoint | None, pipeline: str
) -> pd.DataFrame:
    """The baseline that looks at the box only: the mean of the training faces' points, as they lie in their boxes.

    The first checkpoint of the pipeline that is there says which points, and in which frame the mean is taken.
    """
    checkpoint = None if faces is None else first_that_fits(faces, checkpoints, pipeline)
    if faces is None or checkpoint is None:
        return no_predictions()
    train = faces.split(TRAIN)
    mean = Examples(train, checkpoint.frame, pick_device("cpu")).mean_shape_of(checkpoint.indices)
    chosen, own_boxes = boxed(faces, boxes, options)
    examples = Examples(chosen, checkpoint.frame, pick_device("cpu"), checkpoint.indices, own_boxes)
    points = np.repeat(mean[None], len(examples), axis=0)
    predictor = Predictor(pipeline, MEAN_SHAPE_IN_BOX, "", "the box", mean_in_words(train))
    return predictions_table(points, examples, chosen, predictor, conditions(options))


def first_that_fits(faces: FaceSet, checkpoints: tuple[Checkpoint | None, ...], pipeline: str) -> Checkpoint | None:
    """The pipeline's first checkpoint for the faces' points; None if there is none, or no training face."""
    ours = (one for one in checkpoints if one is not None and one.training.pipeline == pipeline)
    of_these_points = (one for one in ours if one.scheme == faces.scheme)
    return next(of_these_points, None) if (faces.table["split"] == TRAIN).any() else None


def photograph_sizes(faces: FaceSet) -> np.ndarray:
    """(N, 1, 2), width and height in pixels."""
    if faces.crop is None:
        return np.broadcast_to(np.array(faces.image_size[::-1], np.float64), (len(faces), 1, 2))
    return faces.table[["width", "height"]].to_numpy(dtype=np.float64)[:, None]


def mean_in_words(train: FaceSet) -> str:
    return f"mean of {len(train)} training faces"


def rank_variants(*predictions: pd.DataFrame | None) -> pd.DataFrame:
    """The leaderboard.

    Raises MissingInputError if no variant has predictions, ProtocolError if some were not measured like others.
    """
    predicted = joined(predictions)
    if predicted.empty:
        raise MissingInputError("There are no predictions, so there is nothing to rank: the log names what is missing.")
    table = leaderboard(predicted)
    if not (table["split"] == TEST).any():
        logger.info("no test face has landmarks: nothing to rank")
    return table


def break_errors_down(*predictions: pd.DataFrame | None) -> pd.DataFrame:
    """Errors by facial part, landmark, type, source, subset, head turn and face size."""
    return error_breakdown(joined(predictions))


def compare_pairs(*predictions: pd.DataFrame | None) -> pd.DataFrame:
    """Every two networks of a task on the same test faces: difference, interval and p value."""
    return paired_tests(joined(predictions))
