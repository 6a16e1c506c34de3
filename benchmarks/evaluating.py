"""How long the tables of an evaluation take: leaderboard, errors broken down, and pairs of models, together.

    python benchmarks/evaluating.py [--repeats 3]

Made-up predictions of 10 000 test faces of 9 000 photographs, 68 points each, by one model and by three; the two are
interleaved and medians printed. The aim: under 2 s on one core for one model (OMP_NUM_THREADS=1).
"""

import argparse
import statistics
import time

import click
import numpy as np
import pandas as pd

from facial_keypoints.evaluation import error_breakdown, leaderboard, paired_tests
from facial_keypoints.head_turn import head_turn
from facial_keypoints.landmarks import IBUG_68
from facial_keypoints.metrics import axis_errors, nme, point_errors
from facial_keypoints.norms import norm_lengths
from facial_keypoints.point_table import keypoint_columns
from facial_keypoints.predictions import TRUE, joined, part_columns
from facial_keypoints.protocol import FULL, Protocol

FACES, GROUPS = 10_000, 9_000
MODELS = (1, 3)
PROTOCOL = Protocol(
    data_set="ibug",
    manifest="0" * 12,
    split="test",
    subset=FULL,
    faces=FACES,
    points="ibug_68, all 68",
    norm="outer_eye_corners",
    boxes="boxes from the label files",
    test_time_augmentation="none",
    pictures="336 x 336 px",
    crop="1.5 sides of the box",
    weights="made up",
    code="made up",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=3)
    repeats = parser.parse_args().repeats
    rng = np.random.default_rng(0)
    truth = made_up_faces(rng)
    tables = [predictions(truth, f"model_{number}", rng) for number in range(max(MODELS))]
    given = {count: joined(tables[:count]) for count in MODELS}
    runs = [{count: seconds(table) for count, table in given.items()} for _ in range(repeats)]
    for count in MODELS:
        median = {step: statistics.median(run[count][step] for run in runs) for step in runs[0][count]}
        steps = ", ".join(f"{step} {took:.2f}" for step, took in median.items())
        click.echo(f"{FACES} faces, {count} model{'s'[: count > 1]}: {sum(median.values()):.2f} s ({steps})")


def made_up_faces(rng: np.random.Generator) -> np.ndarray:
    """(N, 68, 2) in pixels: one shape whose outer eye corners lie 1 apart, each face at a size and place of its own."""
    shape = rng.uniform(-1, 1, (IBUG_68.size, 2))
    shape[list(IBUG_68.outer_eye_corners)] = [(-0.5, -0.3), (0.5, -0.3)]
    sizes, places = rng.uniform(30, 300, (FACES, 1, 1)), rng.uniform(100, 900, (FACES, 1, 2))
    return places + sizes * (shape + rng.normal(0, 0.05, (FACES, IBUG_68.size, 2)))


def predictions(truth: np.ndarray, variant: str, rng: np.random.Generator) -> pd.DataFrame:
    """A variant's table, as `predictions.predictions_table` lays it out."""
    norm = norm_lengths(truth, IBUG_68, "outer_eye_corners")
    predicted = truth + rng.normal(0, 0.04, truth.shape) * norm[:, None, None]
    errors = point_errors(predicted, truth)
    along_x, along_y = axis_errors(predicted, truth).T
    indices = range(IBUG_68.size)
    true = {TRUE + name: values for name, values in keypoint_columns(truth, indices).items()}
    columns = {
        "name": [f"face{row:05d}" for row in range(FACES)],
        "group": [f"photograph{row % GROUPS:04d}" for row in range(FACES)],
        "split": "test",
        "subset": np.where(np.arange(FACES) % 4, "common", "challenging"),
        "type": np.nan,
        "source": np.array(["AFW", "HELEN", "IBUG", "LFPW"])[np.arange(FACES) % 4],
        "turn": head_turn(truth, IBUG_68),
        "face_size": norm_lengths(truth, IBUG_68, "face_size"),
        **{"pipeline": "finetune_resnet", "variant": variant, "data_set": "ibug", "training_id": variant},
        **{"mse": np.square(errors / norm[:, None]).mean(axis=1), "px": errors.mean(axis=1)},
        **{"px_x": along_x, "px_y": along_y, "norm": norm, "nme": nme(errors, norm)},
        **part_columns(errors, norm, indices, IBUG_68),
        "protocol": PROTOCOL.to_json(),
        **keypoint_columns(predicted, indices),
        **true,
    }
    return pd.DataFrame(columns)


def seconds(table: pd.DataFrame) -> dict[str, float]:
    """Of each step."""
    took = {}
    for step in (leaderboard, error_breakdown, paired_tests):
        began = time.perf_counter()
        step(table)
        took[step.__name__] = time.perf_counter() - began
    return took


if __name__ == "__main__":
    main()
