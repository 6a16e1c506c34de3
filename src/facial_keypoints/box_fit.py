"""How the boxes of faces lie to their landmarks: what a crop around the box has to allow for."""

import numpy as np
import pandas as pd

from facial_keypoints.landmarks import LandmarkScheme, point_csv
from facial_keypoints.outliers import NOTED, labelled_faces
from facial_keypoints.point_table import without_keypoints

BOX = list(point_csv.BOX)  # columns
FROM_LANDMARKS = "landmarks"  # in the column box_from: the box says nothing that the landmarks do not say
STRAY = "stray"
NO_BOXES = "no boxes: whole photographs"


def boxed_faces(annotations: pd.DataFrame) -> pd.DataFrame:
    """The rows that have a box, which is one of some width and height, less their points."""
    return without_keypoints(annotations)[_has_box(annotations)]


def _has_box(annotations: pd.DataFrame) -> pd.Series:
    box = annotations.reindex(columns=BOX)
    return box.notna().all(axis=1) & (box[BOX[2:]] > 0).all(axis=1)


def box_origin(annotations: pd.DataFrame) -> str:
    """Where the boxes come from, in words.  annotations: boxes in pixels, if any; box_from, "file" where it is absent.

    A face without a box is NaN in the box's columns.
    """
    boxed = boxed_faces(annotations)
    if boxed.empty:
        return NO_BOXES
    made = int(_made_from_landmarks(boxed).sum())
    if made == len(boxed):
        return "boxes made from the landmarks"
    return "boxes from the label files" + (f", {made} of {len(boxed)} made from the landmarks" if made else "")


def box_fit(annotations: pd.DataFrame, scheme: LandmarkScheme) -> pd.DataFrame:
    """How the landmarks lie in their box, a row for each face with both: side_ratio, centre_x, centre_y.

    side_ratio: the box's side / the landmarks' extent, each the square root of the area of an upright rectangle.
    centre_x, centre_y: centre of the landmarks' rectangle, in sides of the box from the box's centre; y is down and
    is what `geometry.Crop.shift_down` makes up for.  Boxes made from the landmarks are left out where others are there.
    Landmarks on one line along an axis have no ratio (NaN).
    """
    labelled, points = labelled_faces(annotations, scheme)
    has_box, made = _has_box(labelled), _made_from_landmarks(labelled)
    chosen = has_box & (~made if (has_box & ~made).any() else made)
    if not chosen.all():
        labelled, points = labelled[chosen], points[chosen.to_numpy()]
    box = labelled.reindex(columns=BOX).to_numpy(dtype=np.float64)
    side = np.sqrt(box[:, 2] * box[:, 3])
    low, high = points.min(axis=1), points.max(axis=1)
    extent = np.sqrt(np.prod(high - low, axis=1))
    ratio = np.divide(side, extent, out=np.full(len(side), np.nan), where=extent > 0)
    offset = ((low + high) / 2 - box[:, :2] - box[:, 2:] / 2) / side[:, None]
    return pd.DataFrame({"side_ratio": ratio, "centre_x": offset[:, 0], "centre_y": offset[:, 1]})


def stray_boxes(annotations: pd.DataFrame, scheme: LandmarkScheme) -> pd.DataFrame:
    """Faces whose landmarks' centre lies outside their box or picture: name, kind, reason.  A crop may miss them."""
    labelled, points = labelled_faces(annotations, scheme)
    box = labelled.reindex(columns=BOX).to_numpy(dtype=np.float64)
    centre = (points.min(axis=1) + points.max(axis=1)) / 2
    off_box = ((centre < box[:, :2]) | (centre > box[:, :2] + box[:, 2:])).any(axis=1)  # of no box: False
    off_picture = ((centre < 0) | (centre > labelled[["width", "height"]].to_numpy())).any(axis=1)
    reasons = {"the centre of its landmarks lies outside the picture": off_picture}
    reasons["the centre of its landmarks lies outside the box"] = off_box & ~off_picture
    rows = [(name, STRAY, reason) for reason, stray in reasons.items() for name in labelled["name"][stray]]
    return pd.DataFrame(rows, columns=NOTED)


def _made_from_landmarks(boxed: pd.DataFrame) -> pd.Series:
    origin = boxed["box_from"] if "box_from" in boxed else pd.Series("file", index=boxed.index)
    return origin == FROM_LANDMARKS
