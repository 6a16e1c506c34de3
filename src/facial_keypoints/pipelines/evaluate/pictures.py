"""Pictures of predictions: of single faces, and of all errors of a task."""

from pathlib import PurePosixPath

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from facial_keypoints.baselines import BASELINES
from facial_keypoints.evaluated_boxes import boxed
from facial_keypoints.evaluation import each_variant_and_split, landmark_errors, one_protocol, protocol_of
from facial_keypoints.faces import TEST, UNLABELLED, FaceSet
from facial_keypoints.failure_reasons import failure_reasons
from facial_keypoints.figures import ced, errors_by_turn
from facial_keypoints.figures import landmark_errors as landmark_figure
from facial_keypoints.figures.faces import contact_sheet
from facial_keypoints.figures.notice import notice
from facial_keypoints.geometry import inverse, transform_points
from facial_keypoints.landmarks import LandmarkScheme
from facial_keypoints.norms import norm_lengths
from facial_keypoints.options import EvaluateOptions
from facial_keypoints.predictions import joined, of_task, predicted_indices, predicted_points
from facial_keypoints.procrustes import aligned_shapes

NOTHING = "Nothing to draw: no variant is trained yet, or there are no test faces."


def draw_good(predictions: pd.DataFrame, faces: FaceSet | None, options: EvaluateOptions) -> Figure:
    """The test faces with the lowest errors, prediction and truth."""
    best = test_of(predictions).nsmallest(options.pictures, "nme")
    return draw_predictions(best, predictions, faces, "the best")


def draw_typical(predictions: pd.DataFrame, faces: FaceSet | None, options: EvaluateOptions) -> Figure:
    """The test faces around the median error, prediction and truth."""
    ranked = test_of(predictions).sort_values("nme")
    first = max(0, (len(ranked) - options.pictures) // 2)
    middle = ranked.iloc[first : first + options.pictures]
    return draw_predictions(middle, predictions, faces, "around the median:")


def draw_failed(
    predictions: pd.DataFrame, faces: FaceSet | None, boxes: pd.DataFrame, options: EvaluateOptions
) -> Figure:
    """The test faces with the highest errors, prediction and truth, each with the reason that the data tell."""
    worst = test_of(predictions).nlargest(options.pictures, "nme")
    if faces is None or worst.empty:
        return notice(NOTHING)
    chosen, own_boxes = boxed(faces, boxes, options)
    row_of = {name: row for row, name in enumerate(chosen.table["name"])}
    reasons = failure_reasons(chosen, own_boxes, np.array([row_of[name] for name in worst["name"]]))
    return draw_predictions(worst, predictions, faces, "the worst", reasons)


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
    return drawn, predicted_indices(chosen), transform_points(inverse(drawn.to_source), predicted_points(chosen))


def draw_predictions(
    chosen: pd.DataFrame, predictions: pd.DataFrame, faces: FaceSet | None, which: str, notes: list[str] | None = None
) -> Figure:
    """Faces with their predicted points in blue and the true ones in orange.  notes: below the errors of each."""
    if faces is None or chosen.empty:
        return notice(NOTHING)
    drawn, indices, predicted = predicted_faces(chosen, faces)
    pipeline, variant = chosen[["pipeline", "variant"]].iloc[0]
    test = test_of(predictions)
    protocol = protocol_of(test.reset_index(drop=True))
    norm = protocol.norm.replace("_", " ") + ("" if protocol.test_time_augmentation == "none" else ", flip-averaged")
    errors = f"mean {test['px'].mean():.1f} px, NME {test['nme'].mean():.2f} % of {norm}"
    titles = [
        f"{PurePosixPath(name).name}\n{px:.1f} px, {nme:.1f} %"
        for name, px, nme in chosen[["name", "px", "nme"]].to_numpy()
    ]
    return contact_sheet(
        drawn.images,
        truth=drawn.keypoints[:, indices],
        predicted=predicted,
        scheme=faces.scheme,
        titles=[f"{title}\n{note}" for title, note in zip(titles, notes, strict=True)] if notes else titles,
        title=f"{pipeline}.{variant}: {which} {len(chosen)} of {len(test)} test faces ({errors})",
        columns=4,
        zoom=len(indices) > 1,
    )


def draw_ced(*predictions: pd.DataFrame | None, pipeline: str, data_set: str) -> Figure:
    """The cumulative error distributions of all variants of a task, over the test faces."""
    rivals = by_variant(predictions, pipeline, data_set)
    if not rivals:
        return notice(NOTHING)
    errors = {name: test["nme"].to_numpy() for name, test in rivals.items()}
    return ced.ced_curves(errors, title=title_of(rivals, "cumulative error distribution"))


def draw_landmark_errors(
    faces: FaceSet | None, *predictions: pd.DataFrame | None, pipeline: str, data_set: str
) -> Figure:
    """The mean error of each point, drawn on the mean face of the test faces: the best networks of a task."""
    rivals = networks(by_variant(predictions, pipeline, data_set))
    if faces is None or not rivals:
        return notice(NOTHING)
    errors = {}
    for name, test in rivals.items():
        errors[name] = np.full(faces.scheme.size, np.nan)
        errors[name][predicted_indices(test)] = landmark_errors(test).mean(axis=0)
    mean_face = mean_face_in_norms(faces.split(TEST).source_keypoints, faces.scheme, next(iter(rivals.values())))
    return landmark_figure.landmark_errors(
        errors, mean_face, faces.scheme, title=title_of(rivals, "error of each point")
    )


def mean_face_in_norms(
    points: NDArray[np.floating], scheme: LandmarkScheme, test: pd.DataFrame
) -> NDArray[np.floating]:
    """The mean of aligned shapes (N, K, 2), in units of the norm that the errors of the test faces are relative to."""
    _, mean = aligned_shapes(points)
    return mean / norm_lengths(mean[None].astype(np.float64), scheme, protocol_of(test).norm)[0]


def draw_errors_by_turn(*predictions: pd.DataFrame | None, pipeline: str, data_set: str) -> Figure:
    """The error of each test face by the turn of its head: the best networks of a task."""
    rivals = networks(by_variant(predictions, pipeline, data_set))
    if not rivals:
        return notice(NOTHING)
    tables = {
        name: (test["turn"].to_numpy(dtype=float), test["nme"].to_numpy(), test["group"].to_numpy())
        for name, test in rivals.items()
    }
    return errors_by_turn.errors_by_turn(tables, title=title_of(rivals, "error by the turn of the head"))


def by_variant(predictions: tuple[pd.DataFrame | None, ...], pipeline: str, data_set: str) -> dict[str, pd.DataFrame]:
    """The test faces' predictions of each variant of a task by its name, the lowest mean error first.

    Raises ProtocolError if they were not measured alike.
    """
    tables = list(each_variant_and_split(test_of(of_task(joined(predictions), pipeline, data_set))))
    if tables:
        one_protocol(tables)
    return {test["variant"].iloc[0]: test for test in sorted(tables, key=lambda test: test["nme"].mean())}


def networks(rivals: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Those that look at pictures: beside a mean shape, networks could not be told from each other."""
    return {name: test for name, test in rivals.items() if name not in BASELINES} or rivals


def title_of(rivals: dict[str, pd.DataFrame], what: str) -> str:
    """What is drawn, and what the rivals have in common."""
    test = next(iter(rivals.values()))
    protocol = protocol_of(test)
    norm = protocol.norm.replace("_", " ")
    return f"{test['pipeline'].iloc[0]}, {len(test)} test faces of {protocol.data_set}, norm {norm}: {what}"


def test_of(predictions: pd.DataFrame) -> pd.DataFrame:
    """The rows of the test faces."""
    return predictions[predictions["split"] == TEST]
