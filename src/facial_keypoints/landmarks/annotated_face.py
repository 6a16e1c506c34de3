"""A face of somebody's own data, whatever format it was read from."""

from dataclasses import dataclass

import numpy as np

from facial_keypoints.errors import ShapeError

PICTURE_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff")  # in upper case too


@dataclass(frozen=True, eq=False)
class AnnotatedFace:
    """One face in one picture.

    file: as written, relative to the annotation file or folder.
    points: (K, 2) float64, continuous pixels of the picture; None if it has no landmarks.
    box: (4,) float64, left, top, width, height in continuous pixels; None if not given.
    where: the place in the annotation file, for messages.
    fault: why it cannot be used for training though it is annotated somehow; points is None then.
    split: "train", "validation" or "test", and group: whose face it is, where the file says so.
    Raises ShapeError for other shapes, or points beside a fault.
    """

    file: str
    points: np.ndarray | None
    box: np.ndarray | None
    where: str
    fault: str | None = None
    split: str | None = None
    group: str | None = None

    def __post_init__(self) -> None:
        if self.points is not None and (self.points.ndim != 2 or self.points.shape[1] != 2):
            raise ShapeError(f"points are {self.points.shape}, expected (K, 2). Give an x and a y for each point.")
        if self.box is not None and self.box.shape != (4,):
            raise ShapeError(f"box is {self.box.shape}, expected (4,): left, top, width, height.")
        if self.points is not None and self.fault is not None:
            raise ShapeError(f"points beside the fault {self.fault!r}, expected None: give no points that are no use.")
