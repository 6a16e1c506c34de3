"""How long an evaluation takes beside the networks: a model's table of predictions, the leaderboard, errors broken
down, and pairs of models, together.

    python benchmarks/evaluating.py [--repeats 3]

Made-up predictions of 10 000 test faces of 9 000 photographs, 68 points each, by one model and by three; the two are
interleaved, and medians printed of seconds and of seconds of the processor, which other programs disturb less. The
aim: under 2 s on one core for one model (OMP_NUM_THREADS=1).
"""

import argparse
import statistics
import time
import warnings
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import click
import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from facial_keypoints.evaluation import error_breakdown, leaderboard, paired_tests
from facial_keypoints.examples import Examples, InputFrame
from facial_keypoints.faces import TEST, FaceSet
from facial_keypoints.geometry import Crop, crop_matrix
from facial_keypoints.landmarks import IBUG_68
from facial_keypoints.predictions import Conditions, Predictor, joined, predictions_table

FACES, GROUPS = 10_000, 9_000
MODELS = (1, 3)
CUT = Crop(2.25, 0.08, 336)
FRAME = InputFrame(224, 224, 3, Crop(1.5, 0.08, 224))
CONDITIONS = Conditions("outer_eye_corners", "none")


class Took(NamedTuple):
    """Seconds, and those of the processor."""

    wall: float
    cpu: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=3)
    repeats = parser.parse_args().repeats
    warnings.filterwarnings("ignore", message="The given NumPy array is not writable")  # nothing writes to pictures
    rng = np.random.default_rng(0)
    faces = made_up_faces(rng)
    examples = Examples(faces, FRAME, torch.device("cpu"))
    truth = examples.unit_keypoints
    points = [truth + rng.normal(0, 0.01, truth.shape).astype(np.float32) for _ in range(max(MODELS))]
    runs = [{count: evaluation(points[:count], examples, faces) for count in MODELS} for _ in range(repeats)]
    for count in MODELS:
        medians = {step: median([run[count][step] for run in runs]) for step in runs[0][count]}
        steps = ", ".join(f"{step} {took.wall:.2f} ({took.cpu:.2f})" for step, took in medians.items())
        wall, cpu = (sum(column) for column in zip(*medians.values(), strict=True))
        click.echo(f"{FACES} faces, {count} model{'s'[: count > 1]}: {wall:.2f} s (processor {cpu:.2f} s): {steps}")


def median(times: Sequence[Took]) -> Took:
    """Of each kind of seconds."""
    return Took(*(statistics.median(kind) for kind in zip(*times, strict=True)))


def made_up_faces(rng: np.random.Generator) -> FaceSet:
    """One shape, each face at a size and place of its own in its photograph; all have the same black picture."""
    shape = rng.uniform(0.2, 0.8, (IBUG_68.size, 2))
    shape[list(IBUG_68.outer_eye_corners)] = [(0.25, 0.35), (0.75, 0.35)]
    sides, corners = rng.uniform(60, 600, (FACES, 1)), rng.uniform(100, 900, (FACES, 2))
    picture = np.zeros((CUT.size, CUT.size, 3), np.uint8)
    rows = np.arange(FACES)
    table = {
        "name": [f"photograph{row:05d}.png" for row in rows],
        "group": [f"photograph{row % GROUPS:04d}" for row in rows],
        "split": TEST,
        "subset": np.where(rows % 4, "common", "challenging"),
        "source": np.array(["AFW", "HELEN", "IBUG", "LFPW"])[rows % 4],
    }
    return FaceSet(
        data_set="ibug",
        images=np.broadcast_to(picture, (FACES, *picture.shape)),
        keypoints=(CUT.size * (shape + rng.normal(0, 0.03, (FACES, IBUG_68.size, 2)))).astype(np.float32),
        to_source=crop_matrix(np.hstack([corners, sides, sides]), CUT),
        table=pd.DataFrame(table),
        scheme=IBUG_68,
        crop=CUT,
    )


def evaluation(points: Sequence[NDArray[np.float32]], examples: Examples, faces: FaceSet) -> dict[str, Took]:
    """What each step took.  points: of each model, (N, 68, 2)."""
    took = {}

    def timed(step: Callable[..., Any], *given: Any) -> Any:
        wall, cpu = time.perf_counter(), time.process_time()
        result = step(*given)
        took[step.__name__] = Took(time.perf_counter() - wall, time.process_time() - cpu)
        return result

    def predictions_tables() -> pd.DataFrame:
        names = [Predictor("finetune_resnet", f"model_{number}", "", "", "") for number in range(len(points))]
        tables = [
            predictions_table(each, examples, faces, name, CONDITIONS) for each, name in zip(points, names, strict=True)
        ]
        return joined(tables)

    table = timed(predictions_tables)
    for step in (leaderboard, error_breakdown, paired_tests):
        timed(step, table)
    return took


if __name__ == "__main__":
    main()
