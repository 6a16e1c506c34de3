"""What later looks are worth in bad boxes: NME against the error of the box, for one, two and three looks.

    python benchmarks/refining.py [--faces 40] [--variant best] [--split validation]

Reads the ingested faces of 300-W and a checkpoint of finetune_resnet. Boxes are the labels', shifted in a direction of
their own for each face, scaled, or on turned photographs. NME by outer eye corners in percent; `averaged` is two looks,
averaged with the mirror image.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import click
import numpy as np
import pandas as pd
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project

from facial_keypoints.calibration_cases import errors_of, look_at
from facial_keypoints.evaluated_boxes import boxes_of_labels
from facial_keypoints.faces import FaceSet
from facial_keypoints.looking import Looker, looker
from facial_keypoints.perturbations import PERTURBATIONS, Perturbed, perturbed

PROJECT = Path(__file__).parents[1]
SEED = 0
LEVELS = {
    "box_shift": (0.0, 0.2, 0.4, 0.6),
    "box_scale": (-0.4, 0.4),
    "rotation": (45.0, 75.0),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faces", type=int, default=40, help="at most so many, evenly spread")
    parser.add_argument("--variant", default="best")
    parser.add_argument("--split", default="validation")
    arguments = parser.parse_args()
    bootstrap_project(PROJECT)
    with KedroSession.create(project_path=PROJECT) as session:
        catalog = session.load_context().catalog
        faces = catalog.load("ibug_faces").split(arguments.split)
        checkpoint = catalog.load(f"finetune_resnet.{arguments.variant}.checkpoint")
    faces = faces.select(np.linspace(0, len(faces) - 1, min(arguments.faces, len(faces))).astype(np.intp))
    ways = {
        "one look": looker(checkpoint, 1, False, "auto"),
        "two": looker(checkpoint, 2, False, "auto"),
        "three": looker(checkpoint, 3, False, "auto"),
        "averaged": looker(checkpoint, 2, True, "auto"),
    }
    click.echo(f"{len(faces)} {arguments.split} faces of {faces.data_set}, {checkpoint.training.name}")
    rows = [
        {"box": f"{name} {level:g}"}
        | {way: mean_nme(given, looks, checkpoint.frame.label_shift) for way, looks in ways.items()}
        for name, level, given in harder(faces)
    ]
    click.echo(pd.DataFrame(rows).to_string(index=False, float_format="{:.2f}".format))


def harder(faces: FaceSet) -> Iterator[tuple[str, float, Perturbed]]:
    for name, levels in LEVELS.items():
        for level in levels:
            yield name, level, perturbed(faces, PERTURBATIONS[name], level, SEED)


def mean_nme(given: Perturbed, looks: Looker, label_shift: float) -> float:
    boxes = boxes_of_labels(given.faces) if given.boxes is None else given.boxes
    return float(errors_of(look_at(given.faces, boxes, looks).points, given.faces, label_shift).mean())


if __name__ == "__main__":
    main()
