"""How errors grow as faces are made harder: every network of a task on the same perturbed test faces."""

from dataclasses import asdict
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from facial_keypoints.checkpoints import Checkpoint
from facial_keypoints.contenders import Contender, fits, of_checkpoint, peers_for, warn_of_training
from facial_keypoints.evaluation import ON_RECORD, protocol_of
from facial_keypoints.faces import TEST, FaceSet
from facial_keypoints.figures.notice import notice
from facial_keypoints.figures.robustness import perturbed_faces, robustness_curves
from facial_keypoints.metrics import FAILURE, failures
from facial_keypoints.norms import norm_lengths
from facial_keypoints.options import EvaluateOptions
from facial_keypoints.perturbations import Perturbation, example_views, perturbations_for, perturbed
from facial_keypoints.progress import progress
from facial_keypoints.protocol import manifest
from facial_keypoints.resampling import bootstrap_intervals

COLUMNS = [
    *("pipeline", "variant", "data_set", "split", "perturbation", "level", "faces"),
    *("nme", "nme_low", "nme_high", f"fr_{FAILURE}", "px", *ON_RECORD),
]


def sweep(
    faces: FaceSet | None, options: EvaluateOptions, *checkpoints: Checkpoint | None, pipeline: str
) -> pd.DataFrame:
    """A row for each network, perturbation and level: mean error over the test faces, its 95 % interval, failure rate.

    Networks are those of the checkpoints and all peers. The boxes are the labels', whatever `evaluate.boxes` says:
    errors of the box are measured from there.
    """
    if faces is None or not (faces.table["split"] == TEST).any():
        return pd.DataFrame(columns=COLUMNS)
    test = faces.split(TEST)
    fitting = [one for one in checkpoints if one is not None and fits(one, faces)]
    for checkpoint in fitting:
        warn_of_training(checkpoint.training, test)
    contenders = [of_checkpoint(one, faces.data_set) for one in fitting] + peers_for(faces, options, pipeline)
    if not contenders:
        return pd.DataFrame(columns=COLUMNS)
    steps = [(each, level) for each in perturbations_for(test) for level in each.levels]
    rows = []
    for perturbation, level in progress(steps, f"robustness of {pipeline}"):
        rows += measured(test, perturbation, level, contenders, options)
    return pd.DataFrame(rows, columns=COLUMNS).assign(manifest=manifest(test))  # that of plain faces


def measured(
    test: FaceSet, perturbation: Perturbation, level: float, contenders: list[Contender], options: EvaluateOptions
) -> list[dict[str, Any]]:
    """A row for each network, on the test faces at one level of a perturbation."""
    given = perturbed(test, perturbation, level, options.seed)
    norm = norm_lengths(test.source_keypoints, test.scheme, options.norm)  # a turned face's rectangle is larger
    rows = []
    for contender in contenders:
        predictions = contender.predict(given.faces, given.boxes, options)
        errors = 100 * predictions["px"].to_numpy() / norm
        (low, high), *_ = bootstrap_intervals(errors[:, None], predictions["group"].to_numpy())
        rows.append(
            asdict(protocol_of(predictions))
            | {"pipeline": contender.predictor.pipeline, "variant": contender.predictor.variant}
            | {"perturbation": perturbation.name, "level": level}
            | {"nme": errors.mean(), "nme_low": low, "nme_high": high, "px": predictions["px"].mean()}
            | {f"fr_{FAILURE}": failures(errors, FAILURE).mean()}
        )
    return rows


def draw_robustness(table: pd.DataFrame) -> Figure:
    """A panel for each perturbation, a line for each network."""
    if table.empty:
        return notice("Nothing to draw: no variant is trained yet, or there are no test faces.")
    pipeline, data_set, faces, norm = table[["pipeline", "data_set", "faces", "norm"]].iloc[0]
    title = f"{pipeline}, {faces} test faces of {data_set}, norm {norm.replace('_', ' ')}: errors on harder faces"
    return robustness_curves(table, title=title)


def draw_perturbed_faces(faces: FaceSet | None, options: EvaluateOptions) -> Figure:
    """One test face under each perturbation at each level, to see what a level means."""
    if faces is None or not (faces.table["split"] == TEST).any():
        return notice("Nothing to draw: there are no test faces.")
    test = faces.split(TEST)
    title = f"What the levels of the perturbations mean: a test face of {faces.data_set}, its landmarks in orange"
    return perturbed_faces(example_views(test, row=len(test) // 2, seed=options.seed), title=title)
