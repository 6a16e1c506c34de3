"""From dlib's release of iBUG 300-W to a table of annotations and a FaceSet."""

import logging
import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import pandas as pd

from facial_keypoints.box_fit import BOX
from facial_keypoints.datasets.archive import Archive
from facial_keypoints.errors import DataError
from facial_keypoints.faces import TEST, TRAIN, VALIDATION, FaceSet
from facial_keypoints.landmarks import IBUG_68, ImglabBox, ImglabImage, iter_imglab, load_pts
from facial_keypoints.options import IngestIbugOptions
from facial_keypoints.outliers import LEFT_OUT, REJECTED
from facial_keypoints.pipelines.ingest_nodes import cut_crops, noted, with_picture_sizes
from facial_keypoints.point_table import table_of_faces
from facial_keypoints.splits import drawn_groups

logger = logging.getLogger(__name__)

LABELS = {TRAIN: "labels_ibug_300W_train.xml", TEST: "labels_ibug_300W_test.xml"}
# Folders of the split that papers report on (Sagonas et al., "300 faces in-the-wild challenge", ICCV-W 2013).
FOLDERS = {"afw": TRAIN, "trainset": TRAIN, "testset": TEST, "ibug": TEST}
MIRROR_COPY = "_mirror"
FACE_NUMBER = re.compile(r"_\d{1,2}$")  # NAME_1.jpg, NAME_2.jpg are one photograph; LFPW's image_0001.png is a name


def read_annotations(archive: Archive, options: IngestIbugOptions) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One row a face: name, file, its size, box, group, split, source, subset and 68 points; and what was not taken.

    Points are in pixels of the photograph. Mirrored copies, boxes without points and training faces on photographs of
    the test set are left out, faces whose outer eye corners coincide are rejected: the second table has name, kind and
    reason of each. `split` is train, validation (whole photographs of those to train) or test.
    Raises DataError for broken XML, a wrong number of parts, a missing picture, or a folder that belongs to no split.
    """
    notes: list[tuple[str, str, str]] = []
    table = table_of_faces(
        (row | {"split": split_of(image.file) if options.split_by == "folders" else split}, points)
        for split, labels in LABELS.items()
        for image in iter_imglab(archive / labels, names=IBUG_68.names)
        for row, points in faces_of(archive, image, options, notes)
    )
    if table.empty:
        raise DataError(f"{archive.folder}: found no face with points in {', '.join(LABELS.values())}.")
    logger.info("%d faces, %d pictures or boxes not taken", len(table), len(notes))
    table = without_photographs_of_test(with_picture_sizes(table, archive), notes)
    training = table.loc[table["split"] == TRAIN, "group"]
    for_validation = drawn_groups(training, options.validation_fraction, options.seed)
    table.loc[table["group"].isin(for_validation), "split"] = VALIDATION
    return table, noted(notes)


def split_of(file: str) -> str:
    """train or test, by the folder that a picture lies in.  Raises DataError if it lies in none of 300-W's."""
    parent = PurePosixPath(file).parent
    if parent.name not in FOLDERS:
        raise DataError(
            f"{file}: found the folder {str(parent)!r}, expected one that ends in {', '.join(FOLDERS)}. For folders of "
            "your own let the label files split: --params ingest_ibug.split_by=files"
        )
    return FOLDERS[parent.name]


def faces_of(
    archive: Archive, image: ImglabImage, options: IngestIbugOptions, notes: list[tuple[str, str, str]]
) -> Iterator[tuple[dict[str, Any], np.ndarray]]:
    """What the table says of each face of one picture, and its points (68, 2); what is not taken goes to `notes`."""
    path = PurePosixPath(image.file)
    if path.stem.endswith(MIRROR_COPY):
        notes.append((image.file, LEFT_OUT, "mirrored copy"))
        return
    if not (archive / image.file).is_file():
        raise DataError(
            f"{archive / image.file} is missing, but a label file names it. "
            "Unpack the whole archive, or remove the entry."
        )
    exact = None
    if options.points_from == "pts" and (archive / path.with_suffix(".pts").as_posix()).is_file():
        exact = load_pts(archive / path.with_suffix(".pts").as_posix(), expected_points=IBUG_68.size)
    annotated = sum(bool(len(box.points)) and not box.ignore for box in image.boxes)
    number = 0
    for place, box in enumerate(image.boxes, start=1):
        fault = fault_of(box)
        if fault:
            notes.append((f"{image.file}, box {place}", *fault))
            continue
        # The XML's points are those of the .pts rounded; a .pts that says something else belongs to another face.
        is_exact = exact is not None and bool(np.abs(exact - box.points).max() <= 1)
        row: dict[str, Any] = {
            "name": str(path.with_suffix("")) + (f"#{number}" if annotated > 1 else ""),
            "file": image.file,
            **dict(zip(BOX, (box.left, box.top, box.width, box.height), strict=True)),
            "box_from": "file",
            "group": str(path.with_name(FACE_NUMBER.sub("", path.stem))),
            "source": path.parts[0],
            # The academic protocol: ibug is the challenging part of the test set, HELEN's and LFPW's the common one.
            "subset": "challenging" if path.parts[0] == "ibug" else "common",
            "points_from": "pts" if is_exact else "xml",
        }
        number += 1
        yield row, exact if is_exact and exact is not None else box.points


def fault_of(box: ImglabBox) -> tuple[str, str] | None:
    """Kind and reason for not taking a box, None if there is none."""
    if box.ignore:
        return LEFT_OUT, "marked ignore"
    if not len(box.points):
        return LEFT_OUT, "box without points"
    first, second = IBUG_68.outer_eye_corners
    if (box.points[first] == box.points[second]).all():
        return REJECTED, "the outer eye corners coincide"
    return None


def without_photographs_of_test(table: pd.DataFrame, notes: list[tuple[str, str, str]]) -> pd.DataFrame:
    """The table less the training faces on photographs that the test labels show too; these are appended to `notes`."""
    test_groups = set(table.loc[table["split"] == TEST, "group"])
    shared = (table["split"] == TRAIN) & table["group"].isin(test_groups)
    if not shared.any():
        return table
    logger.warning("%d training faces are on photographs of the test set: left out", shared.sum())
    notes += [(name, LEFT_OUT, "on a photograph of the test set") for name in table.loc[shared, "name"]]
    return table[~shared].reset_index(drop=True)


def cut_faces(archive: Archive, annotations: pd.DataFrame, options: IngestIbugOptions) -> FaceSet:
    """Colour crops around the boxes."""
    return cut_crops(archive, annotations, options.crop, IBUG_68, "ibug")
