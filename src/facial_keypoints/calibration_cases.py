"""What doubts are calibrated on: validation faces in good boxes and bad, made harder, and places without a face."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from facial_keypoints.detection import nearest_boxes
from facial_keypoints.errors import MissingInputError
from facial_keypoints.evaluated_boxes import boxes_of_labels, like_those_of_labels
from facial_keypoints.faces import FaceSet
from facial_keypoints.geometry import compose, crop_matrix, inverse, transform_points
from facial_keypoints.looking import Looker, Seen
from facial_keypoints.metrics import point_errors
from facial_keypoints.norms import interocular
from facial_keypoints.options import DetectorOptions
from facial_keypoints.perturbations import PERTURBATIONS, perturbed
from facial_keypoints.progress import progress

logger = logging.getLogger(__name__)

SEED = 0
LEVELS = {  # of each perturbation: from what holiday photographs show to where the network begins to fail
    "box_shift": (0.4,),
    "rotation": (-30.0,),
    "blur": (3.0, 4.0, 5.0),
    "jpeg": (5.0,),
    "darkness": (0.9, 0.95),
    "occlusion": (40.0, 60.0),
}
EVERY = 3  # each of them is seen on one face of three, in turn
SMALLEST, LARGEST = 0.25, 0.5  # their boxes' sides, in sides of the face's box
APART = 0.6  # sides of the face's box, along one axis at least, from its centre to theirs
Boxes = NDArray[np.floating]


class Cases(NamedTuple):
    """What a network saw of faces, and the truth.

    errors: (N, K) in percent of the distance of the outer eye corners. truth: (N, K, 2) in pixels of the images.
    groups: (N,) whose faces they are.
    """

    seen: Seen
    errors: NDArray[np.float64]
    truth: NDArray[np.float64]
    groups: NDArray[np.object_]


def face_cases(faces: FaceSet, looker: Looker, label_shift: float, detector: DetectorOptions) -> Cases:
    """All faces, as they are and made harder.

    label_shift: how far right of what the network predicts labels lie, in pixels of the photographs.
    """
    looked_at = progress([*_harder(faces), *_detected(faces, detector)], "calibrating, groups of faces")
    parts = [_cases(given, boxes, looker, label_shift) for given, boxes in looked_at]
    seen = Seen(*(np.concatenate(values) for values in zip(*(part.seen for part in parts), strict=True)))
    errors, truth, groups = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("errors", "truth", "groups")
    )
    return Cases(seen, errors, truth, groups)


def look_at(faces: FaceSet, boxes: Boxes, looker: Looker) -> Seen:
    """What a network sees of faces in boxes (N, 4), in pixels of the photographs."""
    matrices = compose(inverse(faces.to_source), crop_matrix(boxes, looker.crop))
    return looker.look(np.asarray(faces.images), matrices)


def errors_of(points: NDArray[np.floating], faces: FaceSet, label_shift: float) -> NDArray[np.float64]:
    """Errors of points (N, K, 2) in pixels of the faces' images, (N, K), in percent of the distance of the outer eye
    corners.
    """
    in_photograph = transform_points(faces.to_source, points) + np.array([label_shift, 0.0])
    truth = faces.source_keypoints
    return 100 * point_errors(in_photograph, truth) / interocular(truth, faces.scheme)[:, None]


def no_face_boxes(faces: FaceSet) -> Boxes:
    """A box (N, 4) at an edge of each image, beside the face: it holds background, hair or clothes."""
    own = boxes_of_labels(faces)
    rng = np.random.default_rng(SEED)
    sides, centres = own[:, 2], own[:, :2] + own[:, 2:] / 2
    side = rng.uniform(SMALLEST, LARGEST, len(faces)) * sides
    off = rng.uniform(-1, 1, (len(faces), 2))
    rows, along = np.arange(len(faces)), rng.integers(0, 2, len(faces))
    off[rows, along] = np.where(off[rows, along] < 0, -1, 1)
    reach = np.maximum(APART * sides, faces_reach(faces) - side / 2)
    centre = centres + off * reach[:, None]
    return np.concatenate([centre - side[:, None] / 2, np.stack([side, side], axis=-1)], axis=1)


def faces_reach(faces: FaceSet) -> NDArray[np.float64]:
    """From the box's centre to the edge of the image, (N,), in pixels of the photographs."""
    assert faces.crop is not None
    return faces.to_source[:, 0, 0] * faces.crop.size / 2


def no_face_cases(faces: FaceSet, looker: Looker) -> Seen:
    """What a network makes of places without a face."""
    return look_at(faces, no_face_boxes(faces), looker)


def _cases(faces: FaceSet, boxes: Boxes, looker: Looker, label_shift: float) -> Cases:
    seen = look_at(faces, boxes, looker)
    errors = errors_of(seen.points, faces, label_shift)
    return Cases(seen, errors, faces.keypoints.astype(np.float64), faces.table["group"].to_numpy(object))


def _harder(faces: FaceSet) -> Iterator[tuple[FaceSet, Boxes]]:
    yield faces, boxes_of_labels(faces)
    harder = [(name, level) for name, levels in LEVELS.items() for level in levels]
    for number, (name, level) in enumerate(harder):
        rows = np.arange(number % EVERY, len(faces), EVERY)
        if len(rows):
            given = perturbed(faces.select(rows), PERTURBATIONS[name], level, SEED)
            yield given.faces, boxes_of_labels(given.faces) if given.boxes is None else given.boxes


def _detected(faces: FaceSet, detector: DetectorOptions) -> Iterator[tuple[FaceSet, Boxes]]:
    """The faces in the boxes of YuNet, where it is there."""
    if not Path(detector.file).is_file():
        return
    try:
        boxes = like_those_of_labels(nearest_boxes(faces, detector.file), detector)
    except MissingInputError as error:
        logger.info("calibrating without a detector's boxes: %s", error)
        return
    found = np.isfinite(boxes).all(axis=1)
    yield faces.select(found), boxes[found]
