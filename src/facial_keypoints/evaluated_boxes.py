"""The boxes that faces are evaluated with: those of the labels, or a detector's."""

import logging
from hashlib import sha256
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from facial_keypoints.box_fit import BOX, NO_BOXES, box_origin
from facial_keypoints.detection import nearest_boxes
from facial_keypoints.errors import MissingInputError
from facial_keypoints.faces import TRAIN, FaceSet
from facial_keypoints.geometry import crop_boxes
from facial_keypoints.options import DetectorOptions, EvaluateOptions
from facial_keypoints.protocol import DIGITS

logger = logging.getLogger(__name__)

BOXES_FROM = "boxes_from"  # column: in words
COLUMNS = [*BOX, BOXES_FROM, "name"]


def boxes_table(faces: FaceSet, options: EvaluateOptions) -> pd.DataFrame:
    """A row for each face that is not for training: name, left, top, width, height, boxes_from.

    In pixels of the photograph; NaN for whole photographs, and where the detector finds no face.
    Raises MissingInputError if the detector or OpenCV is not there.
    """
    faces = faces.select((faces.table["split"] != TRAIN).to_numpy())
    if faces.crop is None:
        boxes, origin = np.full((len(faces), 4), np.nan), NO_BOXES
    elif options.boxes == "labels":
        boxes, origin = crop_boxes(faces.to_source, faces.crop), box_origin(faces.table)
    else:
        boxes = like_those_of_labels(nearest_boxes(faces, options.detector.file), options.detector)
        origin = detector_in_words(options.detector)
    return pd.DataFrame(boxes, columns=BOX).assign(**{BOXES_FROM: origin}).assign(name=faces.table["name"].to_numpy())


def like_those_of_labels(boxes: NDArray[np.floating], detector: DetectorOptions) -> NDArray[np.floating]:
    """Squares (N, 4) that lie to the faces as the labels' boxes do, made of a detector's boxes (N, 4)."""
    found = np.sqrt(boxes[:, 2] * boxes[:, 3])
    side = detector.side * found
    left = boxes[:, 0] + (boxes[:, 2] - side) / 2
    top = boxes[:, 1] + (boxes[:, 3] - side) / 2 + detector.shift_down * found
    return np.stack([left, top, side, side], axis=-1)


def detector_in_words(detector: DetectorOptions) -> str:
    """ "detected by yunet.onnx (sha256 0123456789ab), times 0.94, 0.03 down" """
    digest = sha256(Path(detector.file).read_bytes()).hexdigest()[:DIGITS]
    name = Path(detector.file).name
    return f"detected by {name} (sha256 {digest}), times {detector.side:g}, {detector.shift_down:g} down"


def boxed(faces: FaceSet, boxes: pd.DataFrame) -> tuple[FaceSet, NDArray[np.floating] | None, str]:
    """The faces that have a box, these boxes (N, 4), None for whole photographs, and where they come from.

    Faces that a detector missed are left out, loudly: the protocol counts the others.
    Raises MissingInputError if the boxes are those of other faces, as after another choice of splits.
    """
    of_name = boxes.set_index("name")
    chosen = faces.select((faces.table["split"] != TRAIN).to_numpy())
    if others := sorted(set(chosen.table["name"]) ^ set(of_name.index)):
        raise MissingInputError(
            f"{faces.data_set}_boxes are not those of {faces.data_set}_faces as they are now: found boxes of "
            f"{len(of_name)} faces, expected those of the {len(chosen)} that are not for training; {others[0]} is one "
            "that only one of the two has. Find the boxes anew and evaluate all: kedro run --pipelines evaluate"
        )
    origin = str(boxes[BOXES_FROM].iloc[0]) if len(boxes) else NO_BOXES
    if chosen.crop is None:
        return chosen, None, origin
    own = of_name.loc[chosen.table["name"], BOX].to_numpy(dtype=np.float64)
    found = np.isfinite(own).all(axis=1)
    if not found.all():
        logger.warning(
            "%s: the detector missed %d of %d faces, such as %s: they are left out of the evaluation",
            faces.data_set,
            (~found).sum(),
            len(found),
            chosen.table["name"][~found].iloc[0],
        )
    return chosen.select(found), own[found], origin
