"""Boxes that somebody gives for pictures, in place of a detector's: imglab XML, CSV or COCO files."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facial_keypoints.errors import DataError, MissingInputError
from facial_keypoints.landmarks import LandmarkScheme, iter_imglab, load_coco, load_point_csv

Boxes = NDArray[np.float64]
SUFFIXES = (".xml", ".csv", ".json")


def given_boxes(place: Path, scheme: LandmarkScheme) -> dict[str, Boxes]:
    """The boxes of each picture, by its path: (M, 5), left, top, width, height in its pixels, and NaN for a score.

    place: a file, or a folder with such files. scheme: of the points that a CSV or COCO file may hold beside its boxes.
    Raises MissingInputError if there is no such file, DataError for a broken one and one without boxes.
    """
    found: dict[str, list[Boxes]] = {}
    for path in box_files(place):
        for file, box in boxes_in(path, scheme):
            found.setdefault(file, []).append(box)
    if not found:
        raise DataError(f"{place}: found no box, expected at least one. Correct predict.boxes.")
    return {file: np.array([[*box, np.nan] for box in boxes]) for file, boxes in found.items()}


def box_files(place: Path) -> list[Path]:
    """The file, or all such files of a folder.  Raises MissingInputError, DataError for another kind of file."""
    if place.is_dir():
        return sorted(path for path in place.iterdir() if path.suffix.lower() in SUFFIXES)
    if not place.is_file():
        raise MissingInputError(f"{place}: no such file, expected boxes. Correct predict.boxes.")
    if place.suffix.lower() not in SUFFIXES:
        raise DataError(
            f"{place}: found {place.suffix!r}, expected boxes in a file that ends in {', '.join(SUFFIXES)}."
        )
    return [place]


def boxes_in(path: Path, scheme: LandmarkScheme) -> list[tuple[str, Boxes]]:
    """Pictures and boxes (4,) of one file, those left out that are to be ignored."""
    if path.suffix.lower() == ".xml":
        return [
            (image.file, np.array([box.left, box.top, box.width, box.height]))
            for image in iter_imglab(path, names=None)
            for box in image.boxes
            if not box.ignore
        ]
    faces = (load_coco if path.suffix.lower() == ".json" else load_point_csv)(path, scheme)
    return [(face.file, face.box) for face in faces if face.box is not None]
