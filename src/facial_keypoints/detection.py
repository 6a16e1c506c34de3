"""Boxes around faces by a detector: YuNet (Wu, Peng and Yu, Machine Intelligence Research 20, 2023), run by OpenCV.

Its file is `yunet_n_dynamic.onnx` of ShiqiYu/libfacedetection.train, which OpenCV reads from version 5 on; earlier ones
read `face_detection_yunet_2023mar.onnx` of opencv/opencv_zoo. Another detector's boxes lie otherwise to the landmarks:
what is cut around them has constants of its own.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from facial_keypoints.box_fit import BOX
from facial_keypoints.errors import ConfigurationError, DataError, MissingInputError, ShapeError
from facial_keypoints.faces import FaceSet
from facial_keypoints.optional_packages import optional_package

LONGEST_SIDE = 640  # pixels; pictures are shrunk to it, for of faces above some 450 pixels it finds parts only
LEAST_SCORE = 0.6
LARGEST_OVERLAP = 0.3  # of two boxes, above which the one of the lower score is taken for the same face
LEAST_OVERLAP = 0.2  # of a detection with a face's own box, below which it is another face
BLANK = np.zeros((64, 64, 3), np.uint8)
SCORE = 14  # column of what OpenCV returns: a box, five points, the score


def require_yunet(detector_file: Path | str) -> None:
    """Raises MissingInputError if OpenCV or the file is not there, DataError if it is no such detector."""
    _detector(Path(detector_file))


def detect_boxes(pictures: Iterable[NDArray[np.uint8]], detector_file: Path | str) -> list[NDArray[np.float64]]:
    """The faces of each picture, (M, 5): left, top, width, height in its pixels, and score, the highest first.

    pictures: (H, W, 3) uint8 RGB, of any sizes. Faces narrower than about 1/64 of the longer side are missed.
    Raises MissingInputError if OpenCV or the file is not there, DataError if it is no such detector, ShapeError.
    """
    detector = Yunet(detector_file)
    return [detector(picture) for picture in pictures]


class Yunet:
    """The detector, ready to be shown pictures one by one.  Raises as `detect_boxes`."""

    def __init__(self, detector_file: Path | str) -> None:
        self._detector = _detector(Path(detector_file))

    def __call__(self, picture: NDArray[np.uint8], longest_side: int = LONGEST_SIDE) -> NDArray[np.float64]:
        """The faces of a picture (H, W, 3), (M, 5), as `detect_boxes`.  longest_side: pixels that it is shrunk to."""
        return _detect(self._detector, picture, longest_side)


def nearest_boxes(faces: FaceSet, detector_file: Path | str) -> NDArray[np.float64]:
    """The detector's box of each face, (N, 4): left, top, width, height in pixels of the photograph.

    It is sought in the face's image, and is the one that best overlaps the box of the data set; NaN where none does.
    Raises as `detect_boxes`, and ConfigurationError for faces without boxes.
    """
    missing = [column for column in BOX if column not in faces.table]
    if missing:
        raise ConfigurationError(
            f"{faces.data_set}: the faces have no {', '.join(missing)}, expected a box each, to tell whose a detection "
            "is. Whole photographs are not cut around boxes."
        )
    boxes = np.full((len(faces), 4), np.nan)
    own = faces.table[BOX].to_numpy(dtype=np.float64)
    for row, found in enumerate(detect_boxes(_in_colour(faces), detector_file)):
        in_photograph = _moved(faces.to_source[row], found[:, :4])
        shares = overlaps(in_photograph, own[row])
        if len(shares) and shares.max() >= LEAST_OVERLAP:
            boxes[row] = in_photograph[shares.argmax()]
    return boxes


def overlaps(boxes: NDArray[np.floating], box: NDArray[np.floating]) -> NDArray[np.float64]:
    """Intersection over union of each of the boxes (M, 4) with one box (4,), all left, top, width, height: (M,)."""
    low = np.maximum(boxes[:, :2], box[:2])
    high = np.minimum(boxes[:, :2] + boxes[:, 2:], box[:2] + box[2:])
    shared = (high - low).clip(min=0).prod(axis=1)
    return shared / (boxes[:, 2:].prod(axis=1) + box[2:].prod() - shared)


def once(boxes: NDArray[np.float64], largest: float) -> NDArray[np.float64]:
    """The boxes (M, 5) less those that overlap an earlier one by more than `largest`."""
    kept: list[int] = []
    for row in range(len(boxes)):
        if not kept or overlaps(boxes[kept][:, :4], boxes[row, :4]).max() <= largest:
            kept.append(row)
    return boxes[kept]


def _detector(file: Path) -> Any:
    cv2 = optional_package("cv2", "opencv-python-headless", "peers", str(file))
    if not file.is_file():
        raise MissingInputError(
            f"{file}: there is no such file. Put YuNet's there (docs/evaluation.md says where to get it), or name it: "
            "--params evaluate.detector.file=<file>"
        )
    try:
        with _quiet(cv2):
            detector = cv2.FaceDetectorYN.create(str(file), "", BLANK.shape[:2], LEAST_SCORE, LARGEST_OVERLAP)
            detector.detect(BLANK)  # only then other networks are found out
    except cv2.error as error:
        raise DataError(
            f"{file}: OpenCV {cv2.__version__} cannot run this as YuNet; expected its file in ONNX's format. "
            "OpenCV reads yunet_n_dynamic.onnx from version 5 on: pip install 'opencv-python-headless>=5', "
            "or get the file again."
        ) from error
    return detector


@contextmanager
def _quiet(cv2: ModuleType) -> Iterator[None]:
    """Without OpenCV's own lines on stderr: about devices that are not asked for, and what is raised anyway."""
    before = cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        cv2.utils.logging.setLogLevel(before)


def _detect(detector: Any, picture: NDArray[np.uint8], longest_side: int) -> NDArray[np.float64]:
    if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8:
        raise ShapeError(f"a picture is {picture.shape} {picture.dtype}, expected (H, W, 3) uint8.")
    height, width = picture.shape[:2]
    seen = _shrunk(picture, longest_side)
    detector.setInputSize((seen.shape[1], seen.shape[0]))
    _, found = detector.detect(np.ascontiguousarray(seen[..., ::-1]))  # it learnt from BGR
    if found is None:
        return np.empty((0, 5))
    boxes = found[:, [0, 1, 2, 3, SCORE]].astype(np.float64)
    boxes[:, :4] *= np.tile([width / seen.shape[1], height / seen.shape[0]], 2)
    return boxes[np.argsort(-boxes[:, 4], kind="stable")]


def _shrunk(picture: NDArray[np.uint8], longest_side: int) -> NDArray[np.uint8]:
    height, width = picture.shape[:2]
    factor = longest_side / max(height, width)
    if factor >= 1:
        return picture
    size = (max(1, round(factor * width)), max(1, round(factor * height)))
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BILINEAR))


def _in_colour(faces: FaceSet) -> Iterator[NDArray[np.uint8]]:
    for image in faces.images:
        yield image if image.ndim == 3 else np.repeat(image[..., None], 3, axis=2)


def _moved(matrix: NDArray[np.floating], boxes: NDArray[np.floating]) -> NDArray[np.floating]:
    """Boxes (M, 4) moved by a map (2, 3) of scales and a shift."""
    scales = matrix[[0, 1], [0, 1]]
    return np.concatenate([boxes[:, :2] * scales + matrix[:, 2], boxes[:, 2:] * scales], axis=1)
