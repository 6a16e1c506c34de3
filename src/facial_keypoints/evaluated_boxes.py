"""The boxes that faces are evaluated with: those of the labels, or a detector's."""

import logging
from dataclasses import replace
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
from facial_keypoints.options import DetectorOptions, EvaluateOptions, LikeLabelsOptions
from facial_keypoints.predictions import BOXES_FROM
from facial_keypoints.protocol import DIGITS

logger = logging.getLogger(__name__)

ANEW = "Find the boxes anew and evaluate all: kedro run --pipelines evaluate"
NEAR = "near the boxes of the labels"  # where a detector looks
COLUMNS = [*BOX, "name", BOXES_FROM]


def boxes_table(faces: FaceSet, options: EvaluateOptions) -> pd.DataFrame:
    """A row for each face that is not for training: its name, its box (`box_fit.BOX`), and where that comes from.

    In pixels of the photograph; NaN for whole photographs, and where the detector finds no face, which is told loudly.
    Raises MissingInputError if the detector or OpenCV is not there.
    """
    faces = faces.select((faces.table["split"] != TRAIN).to_numpy())
    if options.boxes == "detector" and faces.crop is not None:
        boxes = like_those_of_labels(nearest_boxes(faces, options.detector.file), options.detector)
    else:
        boxes = boxes_of_labels(faces)
    table = pd.DataFrame(boxes, columns=BOX)
    table["name"] = faces.table["name"].to_numpy()
    missed = table["name"][table[BOX[0]].isna()]
    if faces.crop is not None and len(missed):
        logger.warning(
            "%s: the detector missed %d of %d faces, such as %s: they are left out of the evaluation",
            faces.data_set,
            len(missed),
            len(faces),
            missed.iloc[0],
        )
    return table.assign(**{BOXES_FROM: origins(faces, boxes, options)})


def boxes_of_labels(faces: FaceSet) -> NDArray[np.floating]:
    """The boxes (N, 4) that the faces were cut around; NaN for whole photographs."""
    return np.full((len(faces), 4), np.nan) if faces.crop is None else crop_boxes(faces.to_source, faces.crop)


def origins(faces: FaceSet, boxes: NDArray[np.floating], options: EvaluateOptions) -> NDArray[np.object_]:
    """Where the boxes (N, 4) of each face's split come from, in words, (N,)."""
    splits = faces.table["split"].to_numpy()
    words = np.empty(len(faces), dtype=object)
    for split in np.unique(splits):
        rows = splits == split
        if faces.crop is None:
            words[rows] = NO_BOXES
        elif options.boxes == "labels":
            words[rows] = box_origin(faces.table[rows])
        else:
            found = np.isfinite(boxes[rows]).all(axis=1)
            words[rows] = f"{detector_in_words(options.detector)}, {found.sum()} of {len(found)} found"
    return words


def like_those_of_labels(boxes: NDArray[np.floating], detector: LikeLabelsOptions) -> NDArray[np.floating]:
    """Squares (N, 4) that lie to the faces as the labels' boxes do, made of a detector's boxes (N, 4)."""
    found = np.sqrt(boxes[:, 2] * boxes[:, 3])
    side = detector.side * found
    left = boxes[:, 0] + (boxes[:, 2] - side) / 2
    top = boxes[:, 1] + (boxes[:, 3] - side) / 2 + detector.shift_down * found
    return np.stack([left, top, side, side], axis=-1)


def detector_in_words(detector: DetectorOptions) -> str:
    """ "yunet.onnx (sha256 0123456789ab), times 0.93, 0.07 down, near the boxes of the labels" """
    digest = sha256(Path(detector.file).read_bytes()).hexdigest()[:DIGITS]
    made_alike = f"times {detector.side:g}, {detector.shift_down:g} down"
    return f"{Path(detector.file).name} (sha256 {digest}), {made_alike}, {NEAR}"


def boxed(faces: FaceSet, boxes: pd.DataFrame, options: EvaluateOptions) -> tuple[FaceSet, NDArray[np.floating] | None]:
    """The faces that have a box, each with its origin in the column BOXES_FROM, and these boxes (N, 4).

    None for whole photographs. Faces that a detector missed are left out: the protocol counts the others.
    Raises MissingInputError if these are not the boxes of the present faces that the options ask for.
    """
    chosen = faces.select((faces.table["split"] != TRAIN).to_numpy())
    of_name = boxes.set_index("name")
    require_same_faces(chosen, of_name)
    of_name = of_name.loc[chosen.table["name"]]
    own = of_name[BOX].to_numpy(dtype=np.float64)
    require_asked_boxes(chosen, own, of_name[BOXES_FROM], options)
    chosen = replace(chosen, table=chosen.table.assign(**{BOXES_FROM: of_name[BOXES_FROM].to_numpy()}))
    if chosen.crop is None:
        return chosen, None
    found = np.isfinite(own).all(axis=1)
    return chosen.select(found), own[found]


def require_same_faces(chosen: FaceSet, of_name: pd.DataFrame) -> None:
    """Raises MissingInputError unless the boxes are those of these faces."""
    if others := sorted(set(chosen.table["name"]) ^ set(of_name.index)):
        raise MissingInputError(
            f"{chosen.data_set}_boxes are not those of {chosen.data_set}_faces as they are now: found boxes of "
            f"{len(of_name)} faces, expected those of the {len(chosen)} that are not for training; {others[0]} is one "
            f"that only one of the two has. {ANEW}"
        )


def require_asked_boxes(
    chosen: FaceSet, own: NDArray[np.floating], boxes_from: pd.Series, options: EvaluateOptions
) -> None:
    """Raises MissingInputError if the boxes are others than `evaluate.boxes` asks for, or of earlier labels."""
    if options.boxes == "labels" or chosen.crop is None:
        as_asked = np.allclose(own, boxes_of_labels(chosen), equal_nan=True) and not boxes_from.str.contains(NEAR).any()
        asked = "those of the labels as they are now"
    else:
        asked = detector_in_words(options.detector)
        as_asked = bool(boxes_from.str.startswith(asked).all())
    if not as_asked:
        raise MissingInputError(f"{chosen.data_set}_boxes: found {boxes_from.iloc[0]!r}, expected {asked}. {ANEW}")
