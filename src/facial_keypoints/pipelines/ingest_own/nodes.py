"""From somebody's own pictures and annotations to a table and a FaceSet."""

import logging
from collections import Counter
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from facial_keypoints.box_fit import BOX
from facial_keypoints.datasets.archive import Archive
from facial_keypoints.errors import ConfigurationError, DataError, MissingInputError
from facial_keypoints.faces import UNLABELLED, FaceSet
from facial_keypoints.landmarks import (
    SCHEMES,
    AnnotatedFace,
    LandmarkScheme,
    imglab_faces,
    load_coco,
    load_point_csv,
    load_scheme,
    pts_faces,
)
from facial_keypoints.options import FilesBySplit, IngestOwnOptions
from facial_keypoints.outliers import REJECTED
from facial_keypoints.pipelines.ingest_nodes import cut_crops, noted, with_picture_sizes
from facial_keypoints.point_table import table_of_faces
from facial_keypoints.splits import completed_splits

logger = logging.getLogger(__name__)

READERS = {".csv": load_point_csv, ".xml": imglab_faces, ".json": load_coco}
AUTO, PTS = "auto", "pts"  # values of `annotations` that are no file names


def scheme_of(options: IngestOwnOptions) -> LandmarkScheme:
    """What the points are: a scheme of this project, or one described in a YAML file.

    Raises ConfigurationError if it is neither.
    """
    if options.scheme in SCHEMES:
        return SCHEMES[options.scheme]
    path = Path(options.scheme)
    if not path.is_file():
        raise ConfigurationError(
            f"ingest_own.scheme: found {path.name}, expected one of {', '.join(SCHEMES)}, or the path of a YAML file "
            f"(there is none at {path}). docs/own_data.md says what it holds."
        )
    return load_scheme(path)


def read_annotations(archive: Archive, options: IngestOwnOptions) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One row a face: name, file, its size, box and where that is from, group, split, points; and what is rejected.

    Points and boxes are in pixels of the photograph. Faces that have a box but no landmarks are of the split
    "unlabelled". Raises DataError for a broken annotation file, a missing picture, or if nothing can be used.
    """
    scheme = scheme_of(options)
    faces, notes = [], []
    for face in read_faces(archive, options, scheme):
        fault = fault_of(face, scheme)
        if fault:
            notes.append((face.file, REJECTED, fault))
        else:
            faces.append(face)
    if not faces:
        found = f"{len(notes)} faces that cannot be used, such as {notes[0][0]}: {notes[0][2]}" if notes else "no face"
        raise DataError(f"{archive.folder}: found {found}; expected landmarks or boxes. See docs/own_data.md.")
    if notes:
        logger.warning("%d faces are rejected, such as %s: %s", len(notes), notes[0][0], notes[0][2])
    unknown = np.full((scheme.size, 2), np.nan)
    table = table_of_faces(
        (about(face, number, options.crop.shift_down), unknown if face.points is None else face.points)
        for face, number in numbered(faces)
    )
    table["split"] = splits_of(table, options)
    if (table["box_from"] == "landmarks").any():
        logger.warning(
            "%d of %d faces have no box: boxes were made from their landmarks. A detector's boxes scatter more, so a "
            "network trained on these may be less tolerant of them",
            (table["box_from"] == "landmarks").sum(),
            len(table),
        )
    return with_picture_sizes(table, archive), noted(notes)


def read_faces(archive: Archive, options: IngestOwnOptions, scheme: LandmarkScheme) -> list[AnnotatedFace]:
    """All faces of the annotation files, pictures relative to the archive.  Raises DataError for missing ones."""
    faces = []
    for split, name in annotation_files(archive, options.annotations):
        if name == PTS:
            found, folder = pts_faces(archive.folder, scheme), PurePosixPath()
        else:
            found, folder = READERS[Path(name).suffix.lower()](archive / name, scheme), PurePosixPath(name).parent
        faces += [replace(face, file=str(folder / face.file), split=split or face.split) for face in found]
        logger.info("%s: %d faces", name, len(found))
    missing = sorted({face.file for face in faces if not (archive / face.file).is_file()})
    if missing:
        raise DataError(
            f"{archive.folder}: found no picture {', '.join(missing[:5])}{' ...' if len(missing) > 5 else ''} "
            f"({len(missing)} are missing), but the annotations name them. Put them there, or remove their entries."
        )
    return faces


def annotation_files(archive: Archive, given: FilesBySplit) -> FilesBySplit:
    """The annotation files, with the split that each states by its place, None where it does not.

    "auto" finds the only .csv, .xml or .json of the folder, else takes the .pts beside the pictures ("pts").
    Raises DataError if there are several, MissingInputError if a named one is not there.
    """
    if given == [(None, AUTO)]:
        given = [(None, only_annotation_file(archive))]
    for _, name in given:
        if name != PTS and not (archive / name).is_file():
            raise MissingInputError(
                f"{archive / name}: no such file, expected annotations. Correct ingest_own.annotations."
            )
        if name != PTS and Path(name).suffix.lower() not in READERS:
            raise DataError(
                f"ingest_own.annotations: found {name}, expected a file that ends in {', '.join(READERS)}, or {PTS}."
            )
    return given


def only_annotation_file(archive: Archive) -> str:
    """The one annotation file of a folder, "pts" if there is none.  Raises DataError if there are several."""
    files = sorted(path.name for path in archive.folder.iterdir() if not path.name.startswith("."))
    found = [name for name in files if Path(name).suffix.lower() in READERS]
    if len(found) > 1:
        raise DataError(
            f"{archive.folder}: found {', '.join(found)}, expected one annotation file. "
            f"Say which to read: --params ingest_own.annotations={found[0]}"
        )
    return found[0] if found else PTS


def fault_of(face: AnnotatedFace, scheme: LandmarkScheme) -> str | None:
    """Why a face cannot be used, None if it can."""
    if face.fault:
        return face.fault
    if face.points is None:
        return "neither landmarks nor a box" if face.box is None else None
    first, second = scheme.outer_eye_corners
    if (face.points[first] == face.points[second]).all():
        return "the outer eye corners coincide"
    return None


def numbered(faces: list[AnnotatedFace]) -> list[tuple[AnnotatedFace, int | None]]:
    """Each face with its number among those of one name, None where it is the only one."""
    of_name, seen = Counter(stem(face.file) for face in faces), Counter[str]()
    result: list[tuple[AnnotatedFace, int | None]] = []
    for face in faces:
        name = stem(face.file)
        result.append((face, seen[name] if of_name[name] > 1 else None))
        seen[name] += 1
    return result


def stem(file: str) -> str:
    """A picture's path without its ending; a.png and a.jpg have the same."""
    return str(PurePosixPath(file).with_suffix(""))


def about(face: AnnotatedFace, number: int | None, shift_down: float) -> dict[str, Any]:
    """What the table says of a face, its points apart.  shift_down: of the crop below the box."""
    box = face.box if face.box is not None or face.points is None else box_around(face.points, shift_down)
    assert box is not None  # a face with neither is rejected
    return {
        "name": stem(face.file) + ("" if number is None else f"#{number}"),
        "file": face.file,
        **dict(zip(BOX, box, strict=True)),
        "box_from": "landmarks" if face.box is None else "file",
        "group": face.group or face.file,
        "split": UNLABELLED if face.points is None else face.split,
        "subset": "full",
    }


def box_around(points: NDArray[np.floating], rise: float) -> NDArray[np.float64]:
    """A square box (4,) as dlib's detector draws it: as wide as the landmarks' larger extent, its centre above theirs.

    rise: by how many sides of the box. ingest_ibug's report says how dlib's boxes lie around the landmarks.
    """
    low, high = points.min(axis=0), points.max(axis=0)
    side = float((high - low).max())
    centre = (low + high) / 2 - (0, rise * side)
    return np.array([*(centre - side / 2), side, side])


def splits_of(table: pd.DataFrame, options: IngestOwnOptions) -> pd.Series:
    """The split of each face; unlabelled ones stay so."""
    labelled = table["split"] != UNLABELLED
    splits = table["split"].copy()
    if labelled.any():
        drawn = completed_splits(table[labelled], options.validation_fraction, options.test_fraction, options.seed)
        splits[labelled] = drawn
    return splits


def cut_faces(archive: Archive, annotations: pd.DataFrame, options: IngestOwnOptions) -> FaceSet:
    """Colour crops around the boxes."""
    return cut_crops(archive, annotations, options.crop, scheme_of(options), "own")
