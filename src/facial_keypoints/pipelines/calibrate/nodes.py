"""What a network's doubts have come to on validation faces, and how well that holds for faces it is not made from."""

import logging
from functools import partial
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from facial_keypoints.calibration_cases import Cases, face_cases, no_face_cases
from facial_keypoints.checkpoints import Checkpoint
from facial_keypoints.confidence import Calibration, fitted, threshold_that_keeps
from facial_keypoints.contenders import fits, warn_of_training
from facial_keypoints.faces import VALIDATION, FaceSet
from facial_keypoints.figures.confidence import confidence_figure
from facial_keypoints.figures.notice import notice
from facial_keypoints.looking import Looker, Seen, looker
from facial_keypoints.metrics import FAILURE
from facial_keypoints.options import PredictOptions
from facial_keypoints.training import require_split

logger = logging.getLogger(__name__)

FOLDS = 5  # over groups, for the picture: what is shown of a face comes from a calibration without it
HARDLY_ANY = 0.1  # of the validation faces, as they are and made harder: so few are kept only by a poor network
KEPT = 0.95  # of the good ones, where the share of the others that are caught is told
NOT_TRAINED = "not trained"  # in place of a calibration; kept in memory only


def calibrate(
    checkpoint: Checkpoint | None, faces: FaceSet, options: PredictOptions
) -> tuple[Calibration | str, Figure]:
    """The calibration of one network from the validation faces, and a picture of it.

    Without the network, or if the faces have other points, neither.  Raises DataError without validation faces.
    """
    if checkpoint is None or not fits(checkpoint, faces):
        return NOT_TRAINED, notice("Nothing to calibrate: the variant is not trained yet.")
    require_split(faces, VALIDATION)
    validation = faces.split(VALIDATION)
    warn_of_training(checkpoint.training, validation)
    looks = looker(checkpoint, options.rounds, options.flip_average, options.device)
    cases = face_cases(validation, looks, checkpoint.frame.label_shift, options.yunet)
    others = no_face_cases(validation, looks)
    fit = partial(fit_on, checkpoint, faces.data_set, looks)
    calibration = fit(cases, others)
    warn_of_useless(checkpoint, calibration.chances(cases.seen), cases, options.least_confidence)
    return calibration, draw(checkpoint, fit, cases, others)


def warn_of_useless(checkpoint: Checkpoint, chances: Any, cases: Cases, least_confidence: float) -> None:
    """Say it if `predict` would leave out nearly all faces.  chances: of the cases."""
    kept = int((chances >= least_confidence).sum())
    if kept < HARDLY_ANY * len(chances):
        logger.warning(
            "%s: of %d looks at validation faces, some made harder, only %d come out with a confidence from %g: "
            "predict will leave out nearly everything. Half of their errors are above %.1f %%; a face below %g %% is "
            "found well. Train longer, or another variant, and calibrate again. To see all that is found: "
            "--params predict.least_confidence=0",
            *(checkpoint.training.name, len(chances), kept, least_confidence),
            *(np.median(cases.errors.mean(axis=1)), FAILURE),
        )


def fit_on(checkpoint: Checkpoint, data_set: str, looks: Looker, cases: Cases, others: Seen) -> Calibration:
    return fitted(
        training_id=checkpoint.training.id,
        data_set=data_set,
        rounds=looks.rounds,
        flip_average=looks.flip_average,
        scheme=looks.scheme,
        faces=cases.seen,
        errors=cases.errors,
        truth=cases.truth,
        no_faces=others,
    )


def draw(checkpoint: Checkpoint, fit: Any, cases: Cases, others: Seen) -> Figure:
    """Estimated and true errors of faces that the estimates are not made from."""
    errors = cases.errors.mean(axis=1)
    estimated, chances = np.empty(len(errors)), np.empty(len(errors))
    of_others = np.empty(len(others.points))
    groups = np.unique(cases.groups)
    other_folds = np.arange(len(others.points)) % FOLDS
    for fold in range(min(FOLDS, len(groups))):
        held = np.isin(cases.groups, groups[fold::FOLDS])
        if held.all():  # one group: nothing is left to fit on
            calibration = fit(cases, others)
        else:
            calibration = fit(_rows(cases, ~held), _seen_rows(others, other_folds != fold))
        seen = _seen_rows(cases.seen, held)
        estimated[held], chances[held] = calibration.face_errors(seen), calibration.chances(seen)
        of_others[other_folds == fold] = calibration.chances(_seen_rows(others, other_folds == fold))
    of_others = np.nan_to_num(of_others)
    is_good = np.concatenate([errors < FAILURE, np.zeros(len(of_others), bool)])
    goodness = np.concatenate([chances, of_others])
    report(errors, estimated, goodness, checkpoint)
    title = (
        f"{checkpoint.training.name}, {len(errors)} looks at validation faces of {checkpoint.training.data_set}, "
        f"some made harder, and {len(of_others)} places without a face: estimates by folds"
    )
    return confidence_figure(errors, estimated, goodness, is_good, title=title)


def report(errors: Any, estimated: Any, goodness: Any, checkpoint: Checkpoint) -> None:
    """One line of how good the estimates are.  goodness: of the faces, then of places without one."""
    is_good, of_faces, of_others = errors < FAILURE, goodness[: len(errors)], goodness[len(errors) :]
    if not is_good.any() or is_good.all():
        return
    threshold = threshold_that_keeps(of_faces, is_good, KEPT)
    logger.info(
        "%s: estimated and true errors correlate by %.2f (ranks). Where %.0f %% of the good faces are kept (confidence "
        "from %.2f), %.0f %% of the %d bad ones are caught, and %.0f %% of the %d places without a face",
        checkpoint.training.name,
        rank_correlation(errors, estimated),
        100 * KEPT,
        threshold,
        100 * (of_faces[~is_good] < threshold).mean(),
        (~is_good).sum(),
        100 * (of_others < threshold).mean(),
        len(of_others),
    )


def rank_correlation(one: Any, other: Any) -> float:
    from scipy.stats import spearmanr

    return float(spearmanr(one, other).statistic)


def _rows(cases: Cases, rows: Any) -> Cases:
    return Cases(_seen_rows(cases.seen, rows), cases.errors[rows], cases.truth[rows], cases.groups[rows])


def _seen_rows(seen: Seen, rows: Any) -> Seen:
    return Seen(*(values[rows] for values in seen))
