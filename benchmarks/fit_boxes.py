"""How a detector's boxes lie to those of the labels, over training faces: `evaluate.detector` in conf/base holds it.

    python benchmarks/fit_boxes.py <the detector's file>

Reads the ingested faces of 300-W; needs `pip install 'facial-keypoints[peers]'`.
"""

import argparse
from pathlib import Path

import click
import numpy as np
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project

from facial_keypoints.detection import nearest_boxes
from facial_keypoints.faces import TRAIN
from facial_keypoints.geometry import crop_boxes

PROJECT = Path(__file__).parents[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("detector", help="YuNet's file")
    detector = parser.parse_args().detector
    bootstrap_project(PROJECT)
    with KedroSession.create(project_path=PROJECT) as session:
        faces = session.load_context().catalog.load("ibug_faces").split(TRAIN)
    found, labelled = nearest_boxes(faces, detector), crop_boxes(faces.to_source, faces.crop)
    side = np.sqrt(found[:, 2] * found[:, 3])
    off = (labelled[:, :2] + labelled[:, 2:] / 2 - found[:, :2] - found[:, 2:] / 2) / side[:, None]
    right, down = np.nanmedian(off, axis=0)
    times = np.nanmedian(labelled[:, 2] / side)
    click.echo(f"{len(faces)} training faces, {np.isnan(side).sum()} missed by {Path(detector).name}")
    click.echo(f"side: {times:.3f} of the detector's, shift_down: {down:.3f}, to the right: {right:.3f}")


if __name__ == "__main__":
    main()
