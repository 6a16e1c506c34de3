"""From dlib's release of iBUG 300-W to a table of annotations and a FaceSet."""

import logging
import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from facial_keypoints.datasets.archive import Archive
from facial_keypoints.errors import DataError
from facial_keypoints.faces import SPLITS, TEST, TRAIN, VALIDATION, FaceSet
from facial_keypoints.figures.faces import contact_sheet
from facial_keypoints.geometry import Crop, crop_matrix, cut, inverse, transform_points
from facial_keypoints.landmarks import IBUG_68, ImglabImage, load_imglab, load_pts
from facial_keypoints.options import IngestIbugOptions
from facial_keypoints.photographs import read_photograph
from facial_keypoints.point_table import keypoint_columns, keypoints_of
from facial_keypoints.progress import progress

logger = logging.getLogger(__name__)

LABELS = {TRAIN: "labels_ibug_300W_train.xml", TEST: "labels_ibug_300W_test.xml"}
MIRROR_COPY = "_mirror"
BOX = ["box_left", "box_top", "box_width", "box_height"]
FACE_NUMBER = re.compile(r"_\d{1,2}$")  # NAME_1.jpg, NAME_2.jpg are one photograph; LFPW's image_0001.png is a name
SAMPLES = 18


def read_annotations(archive: Archive, options: IngestIbugOptions) -> pd.DataFrame:
    """One row a face: name, file, box, group, split, source, subset and 68 points in pixels of the photograph.

    Mirrored copies and boxes without points are left out. `split` is train, validation (whole photographs out of
    train.xml) or test (test.xml). Raises DataError for broken XML, a wrong number of parts or a missing picture.
    """
    rows = []
    for split, labels in LABELS.items():
        images = load_imglab(archive / labels)
        originals = [image for image in images if not PurePosixPath(image.file).stem.endswith(MIRROR_COPY)]
        faces = [row | {"split": split} for image in originals for row in faces_of(archive, image, options)]
        logger.info(
            "%s: %d pictures, %d mirrored copies left out, %d boxes without points left out, %d faces",
            labels,
            len(images),
            len(images) - len(originals),
            sum(len(image.boxes) for image in originals) - len(faces),
            len(faces),
        )
        rows += faces
    if not rows:
        raise DataError(f"{archive.folder}: found no face with points in {', '.join(LABELS.values())}.")
    table = pd.DataFrame(rows)
    table = without_photographs_of_test(table)
    table.loc[validation_rows(table, options), "split"] = VALIDATION
    return table


def faces_of(archive: Archive, image: ImglabImage, options: IngestIbugOptions) -> Iterator[dict[str, Any]]:
    """A row for each box with points of one picture."""
    path = PurePosixPath(image.file)
    if not (archive / image.file).is_file():
        raise DataError(
            f"{archive / image.file} is missing, but a label file names it. "
            "Unpack the whole archive, or remove the entry."
        )
    annotated = [box for box in image.boxes if len(box.points) and not box.ignore]
    exact = None
    if options.points_from == "pts" and (archive / path.with_suffix(".pts").as_posix()).is_file():
        exact = load_pts(archive / path.with_suffix(".pts").as_posix(), expected_points=IBUG_68.size)
    for number, box in enumerate(annotated):
        # The XML's points are those of the .pts rounded; a .pts that says something else belongs to another face.
        is_exact = exact is not None and bool(np.abs(exact - box.points).max() <= 1)
        row: dict[str, Any] = {
            "name": str(path.with_suffix("")) + (f"#{number}" if len(annotated) > 1 else ""),
            "file": image.file,
            **dict(zip(BOX, (box.left, box.top, box.width, box.height), strict=True)),
            "group": str(path.with_name(FACE_NUMBER.sub("", path.stem))),
            "source": path.parts[0],
            # The academic protocol: ibug is the challenging part of the test set, HELEN's and LFPW's the common one.
            "subset": "challenging" if path.parts[0] == "ibug" else "common",
            "points_from": "pts" if is_exact else "xml",
        }
        yield row | keypoint_columns(exact if is_exact and exact is not None else box.points)


def without_photographs_of_test(table: pd.DataFrame) -> pd.DataFrame:
    """The table less the training faces on photographs that the test labels show too."""
    test_groups = set(table.loc[table["split"] == TEST, "group"])
    shared = (table["split"] == TRAIN) & table["group"].isin(test_groups)
    if shared.any():
        logger.warning("%d training faces are on photographs of the test set: left out", shared.sum())
    return table[~shared].reset_index(drop=True)


def validation_rows(table: pd.DataFrame, options: IngestIbugOptions) -> pd.Series:
    """Which faces are for validation: groups of train drawn at random until their faces make up the fraction."""
    faces_by_group = table.loc[table["split"] == TRAIN, "group"].value_counts().sort_index()
    shuffled = faces_by_group.sample(frac=1, random_state=options.seed)
    wanted = max(1, round(options.validation_fraction * shuffled.sum()))
    chosen = shuffled.index[shuffled.cumsum() <= wanted]
    return table["group"].isin(chosen)


def cut_faces(archive: Archive, annotations: pd.DataFrame, options: IngestIbugOptions) -> FaceSet:
    """Colour crops around the boxes; where a crop leaves the photograph, its border is repeated."""
    crop = Crop(options.crop.scale, options.crop.shift_down, options.crop.size)
    to_source = np.stack([crop_matrix(box, crop) for box in annotations[BOX].to_numpy()])
    images = np.empty((len(annotations), crop.size, crop.size, 3), np.uint8)
    for row, file in progress(list(enumerate(annotations["file"])), "cutting faces"):
        images[row] = cut(read_photograph(archive / file), to_source[row], (crop.size, crop.size))
    points = transform_points(inverse(to_source), keypoints_of(annotations, IBUG_68))
    faces = FaceSet(
        images=images,
        keypoints=points.astype(np.float32),
        to_source=to_source,
        table=annotations[["name", "file", *BOX, "group", "source", "subset", "split", "points_from"]],
        scheme=IBUG_68,
        crop=crop,
    )
    logger.info("%d faces: %s", len(faces), faces.table["split"].value_counts().reindex(SPLITS).to_dict())
    return faces


def draw_samples(faces: FaceSet) -> Figure:
    """Faces from all over the set, as they were cut, with their points."""
    rows = np.linspace(0, len(faces) - 1, min(SAMPLES, len(faces))).astype(int)
    chosen = faces.select(rows)
    return contact_sheet(
        chosen.images,
        truth=chosen.keypoints,
        scheme=IBUG_68,
        titles=[
            f"{PurePosixPath(row['name']).name}\n{row['source']}, {row['split']}" for _, row in chosen.table.iterrows()
        ],
        title="iBUG 300-W: faces as cut around their boxes, with their 68 points",
    )
