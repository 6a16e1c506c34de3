"""From pictures to places where a face may be, cut out one after the other: one whole picture is in memory."""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from facial_keypoints.detection import LARGEST_OVERLAP, Yunet, once
from facial_keypoints.errors import DataError
from facial_keypoints.evaluated_boxes import like_those_of_labels
from facial_keypoints.geometry import Crop, compose, crop_matrix, cut, scaling
from facial_keypoints.lbp import lbp_boxes
from facial_keypoints.options import LikeLabelsOptions, PredictOptions
from facial_keypoints.own_pictures import OwnPictures, PictureFile, read_upright, upright_size

logger = logging.getLogger(__name__)

SEARCHED = 1600  # pixels: about the longer side of what a detector is given
YUNET_SIDES = (640, 1600)  # the first for large faces, the second for small ones
NO_FACE = "no face found"

Boxes = NDArray[np.float64]  # (M, 5): left, top, width, height in pixels of the upright picture, and score or NaN
Size = tuple[int, int]  # width, height
FindBoxes = Callable[[PictureFile, Size], Boxes]
SearchPicture = Callable[[Image.Image], Boxes]  # in pixels of that picture


@dataclass(frozen=True, eq=False)
class Candidate:
    """A place in a picture where a face may be; or, with a reason instead of an image, that there is none.

    size: width and height of the upright picture, None if it cannot be read.
    box: (4,) left, top, width, height, like dlib's, in its pixels. score: of the detector, NaN if it gives none.
    image: (H, W, 3) cut around the box. to_picture: (2, 3), from its pixels to those of the picture.
    """

    file: str
    size: Size | None
    reason: str | None = None
    box: NDArray[np.float64] | None = None
    score: float = np.nan
    image: NDArray[np.uint8] | None = None
    to_picture: NDArray[np.float64] | None = None


def candidates(pictures: Iterable[PictureFile], find: FindBoxes, crop: Crop) -> Iterator[Candidate]:
    """At least one for each file, in their order.  crop: what is cut around a box."""
    for file in pictures:
        try:
            if file.fault is not None:
                raise DataError(file.fault)
            yield from _of_picture(file, find, crop)
        except DataError as error:
            yield Candidate(file.name, None, str(error))


def _of_picture(file: PictureFile, find: FindBoxes, crop: Crop) -> Iterator[Candidate]:
    size = upright_size(file.path)
    boxes = find(file, size)
    if not len(boxes):
        yield Candidate(file.name, size, NO_FACE)
        return
    matrices = crop_matrix(boxes[:, :4], crop)
    picture, factor = read_upright(file.path, shrink=float(matrices[:, 0, 0].min()))
    for box, matrix in zip(boxes, matrices, strict=True):
        image = cut(picture, compose(scaling(1 / factor, 1 / factor), matrix), (crop.size, crop.size))
        yield Candidate(file.name, size, None, box[:4], float(box[4]), image, matrix)


def box_finder(options: PredictOptions, given: dict[str, Boxes] | None) -> FindBoxes:
    """How boxes are found: they are those that are given, or a detector's made like dlib's."""
    if given is not None:
        return lambda file, size: given.get(file.name, np.empty((0, 5)))
    search = picture_searcher(options)

    def find(file: PictureFile, size: Size) -> Boxes:
        picture, factor = read_upright(file.path, shrink=max(size) / SEARCHED)
        return search(picture) * np.array([*[factor] * 4, 1])

    return find


def picture_searcher(options: PredictOptions) -> SearchPicture:
    """The detector that the options name; its boxes are made like dlib's."""
    if options.detector == "yunet":
        yunet = Yunet(options.yunet.file)
        return partial(_searched, lambda picture: yunet_boxes(yunet, picture), options.yunet)
    return partial(_searched, lbp_boxes, options.lbp)


def yunet_boxes(yunet: Yunet, picture: NDArray[np.uint8]) -> Boxes:
    """What it finds in a picture (H, W, 3) seen large and small, each face once, the highest score first."""
    sides = [side for number, side in enumerate(YUNET_SIDES) if not number or side / max(picture.shape) < 1.1]
    found = np.concatenate([yunet(picture, side) for side in sides])
    return once(found[np.argsort(-found[:, 4], kind="stable")], LARGEST_OVERLAP)


def _searched(detect: Callable[[NDArray[np.uint8]], Boxes], alike: LikeLabelsOptions, picture: Image.Image) -> Boxes:
    boxes = detect(shrunk(picture, SEARCHED)) * np.array([*[max(1.0, max(picture.size) / SEARCHED)] * 4, 1])
    return np.concatenate([like_those_of_labels(boxes[:, :4], alike), boxes[:, 4:]], axis=1)


def shrunk(picture: Image.Image, longest_side: int) -> NDArray[np.uint8]:
    """A picture as (H, W, 3), no longer than that."""
    factor = max(picture.size) / longest_side
    if factor > 1:
        size = (max(1, round(picture.width / factor)), max(1, round(picture.height / factor)))
        picture = picture.resize(size, Image.Resampling.BILINEAR)
    return np.asarray(picture)


def warn_of_boxes_without_picture(given: dict[str, Boxes], pictures: OwnPictures) -> None:
    """Say it if boxes are of other pictures, as after a slip in their paths."""
    others = sorted(set(given) - {file.name for file in pictures})
    if others:
        logger.warning(
            "%d pictures that have boxes are not below %s, such as %s: paths are relative to that folder",
            len(others),
            pictures.place,
            others[0],
        )
