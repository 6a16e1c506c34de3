"""Nodes that the ingest pipelines share: crops around boxes, what was read in a table and a figure."""

import logging
from pathlib import PurePosixPath

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from facial_keypoints.box_fit import BOX, stray_boxes
from facial_keypoints.data_report import noted_faces, report_table
from facial_keypoints.datasets.archive import Archive
from facial_keypoints.faces import SPLITS, UNLABELLED, FaceSet
from facial_keypoints.figures.data_report import draw_report
from facial_keypoints.figures.faces import contact_sheet
from facial_keypoints.geometry import Crop, crop_matrix, inverse, transform_points
from facial_keypoints.ingested_images import crops
from facial_keypoints.landmarks import LandmarkScheme
from facial_keypoints.options import CropOptions
from facial_keypoints.outliers import NOTED
from facial_keypoints.photographs import picture_facts
from facial_keypoints.point_table import BATCH, keypoints_of, without_keypoints

logger = logging.getLogger(__name__)

TITLES = {"danes": "The Danes", "ibug": "iBUG 300-W", "own": "Your own faces"}
SAMPLES = 18


def with_picture_sizes(annotations: pd.DataFrame, archive: Archive) -> pd.DataFrame:
    """The table with width and height of each face's photograph, in pixels as stored."""
    facts = {file: picture_facts(archive / file) for file in annotations["file"].drop_duplicates()}
    turned = [file for file, fact in facts.items() if fact.turned]
    if turned:
        logger.warning(
            "%d photographs ask viewers to turn them (EXIF), such as %s: their points and boxes are taken on the "
            "pixels as stored",
            len(turned),
            turned[0],
        )
    sizes = np.array([facts[file][:2] for file in annotations["file"]]).reshape(-1, 2)
    return annotations.assign(width=sizes[:, 0], height=sizes[:, 1])


def cut_crops(
    archive: Archive, annotations: pd.DataFrame, options: CropOptions, scheme: LandmarkScheme, data_set: str
) -> FaceSet:
    """Colour crops around the boxes; where a crop leaves the photograph, its border is repeated."""
    crop = Crop(options.scale, options.shift_down, options.size)
    to_source = np.stack([crop_matrix(box, crop) for box in annotations[BOX].to_numpy()])
    points = keypoints_of(annotations, scheme).astype(np.float32, copy=False)
    for some in np.array_split(np.arange(len(points)), len(points) // BATCH + 1):  # double precision, but not for all
        points[some] = transform_points(inverse(to_source[some]), points[some])
    faces = FaceSet(
        data_set=data_set,
        images=crops(archive, list(annotations["file"]), to_source, (crop.size, crop.size)),
        keypoints=points,
        to_source=to_source,
        table=without_keypoints(annotations),
        scheme=scheme,
        crop=crop,
    )
    counts = faces.table["split"].value_counts().reindex([*SPLITS, UNLABELLED]).dropna().astype(int)
    logger.info("%d faces: %s", len(faces), counts.to_dict())
    return faces


def draw_samples(faces: FaceSet) -> Figure:
    """Faces from all over the set, as they were cut, with their points."""
    rows = np.linspace(0, len(faces) - 1, min(SAMPLES, len(faces))).astype(int)
    chosen = faces.select(rows)
    return contact_sheet(
        chosen.images,
        truth=chosen.keypoints,
        scheme=faces.scheme,
        titles=[f"{PurePosixPath(name).name}\n{split}" for name, split in chosen.table[["name", "split"]].to_numpy()],
        title=f"{TITLES[faces.data_set]}: faces as cut around their boxes, with their points",
    )


def noted(rows: list[tuple[str, str, str]]) -> pd.DataFrame:
    """The table of what is told of single faces: name, kind, reason."""
    return pd.DataFrame(rows, columns=NOTED, dtype=str)


def report(faces: FaceSet, annotations: pd.DataFrame, noted: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, Figure]:
    """What was read: a table of counts and measures, one of single faces (rejected, outliers, ...), a figure."""
    noted = pd.concat([noted, stray_boxes(annotations, faces.scheme)], ignore_index=True)
    title = f"What was read: {TITLES[faces.data_set]}, {len(faces)} faces"
    return (
        report_table(annotations, noted, faces.scheme),
        noted_faces(annotations, noted, faces.scheme),
        draw_report(annotations, noted, faces.scheme, title),
    )
