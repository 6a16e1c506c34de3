"""Faces followed from frame to frame: each is looked for around where its points were in the frame before.

A detector finds the first ones, and new ones every so often.  The network that finds the points also tells whether
there still is a face.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from facial_keypoints.confidence import Calibration
from facial_keypoints.detection import overlaps
from facial_keypoints.found_faces import SAME_FACE, judgement
from facial_keypoints.geometry import Crop, compose, crop_matrix, cut, inverse, transform_points
from facial_keypoints.looking import Looker
from facial_keypoints.norms import face_size
from facial_keypoints.searching import SearchPicture
from facial_keypoints.upright import upright_crop_matrices

SAME_PLACE = 0.3  # overlap of a detector's box with that around a followed face, above which it is that face
LEAST_INSIDE = 0.5  # of a face's points in the frame; with fewer it has left
SMALLEST = 8.0  # pixels: a face's size below which its points have collapsed

Points = NDArray[np.float64]
Boxes = NDArray[np.float64]


class Face(NamedTuple):
    """A face in one frame, in its pixels.

    number: which face, the same in all frames that it was followed through; no other face has it.
    box: (4,) left, top, width, height, where it was looked for, as a detector's made like dlib's.
    score: the detector's, NaN for a followed face. points: (K, 2).
    confidence, expected_nme, expected_px: as in `found_faces.Judged`, the mean of the points; NaN without calibration.
    """

    number: int
    box: NDArray[np.float64]
    score: float
    points: Points
    confidence: float
    expected_nme: float
    expected_px: float


class Follower:
    """Is shown one frame after the other and finds the faces in each.

    search: the detector. least_new: confidence from which what it finds is a new face.
    least: confidence below which a followed face is lost. Faces of unknown confidence are kept.
    search_every: seconds after which the detector looks for new faces.
    It looks as well where no face is followed, and where one was lost: the scene may be another.
    """

    def __init__(
        self,
        looker: Looker,
        calibration: Calibration | None,
        search: SearchPicture,
        *,
        least_new: float,
        least: float,
        search_every: float,
    ) -> None:
        self._looker, self._calibration, self._search = looker, calibration, search
        self._least_new, self._least, self._search_every = least_new, least, search_every
        self._faces: list[Face] = []
        self._size = (0, 0)
        self._searched = -np.inf
        self._next = 0

    def __call__(self, picture: Image.Image, seconds: float) -> list[Face]:
        """The faces of the next frame, a picture in RGB, the oldest first.  seconds: when it was taken."""
        if picture.size != self._size:
            self._faces, self._size = [], picture.size
        followed = self._followed(picture)
        if not followed or len(followed) < len(self._faces) or seconds - self._searched >= self._search_every:
            self._searched = seconds
            followed += self._new(picture, followed)
        self._faces = followed
        return list(followed)

    def _followed(self, picture: Image.Image) -> list[Face]:
        """Those of the frame before that are still there.

        Of two on one face that which has moved less: the points of a face that is covered jump to the one in front.
        """
        if not self._faces:
            return []
        crop, scheme = self._looker.crop, self._looker.scheme
        around = upright_crop_matrices(np.stack([face.points for face in self._faces]), scheme, crop)
        looked = self._look(picture, boxes_of(around, crop), around)
        faces = [face._replace(number=old.number) for face, old in zip(looked, self._faces, strict=True)]
        moved = {old.number: motion(old.points, face.points) for face, old in zip(faces, self._faces, strict=True)}
        there = [face for face in faces if self._is_there(face, self._least)]
        calmest_first = sorted(there, key=lambda face: moved[face.number])
        return sorted(different(calmest_first), key=lambda face: face.number)

    def _new(self, picture: Image.Image, followed: list[Face]) -> list[Face]:
        """What the detector finds beside the faces that are followed, with new numbers."""
        boxes = self._search(picture)
        taken = [rectangle(face.points) for face in followed]
        boxes = boxes[[not _overlaps_any(box[:4], taken, SAME_PLACE) for box in boxes]]
        looked = self._look(picture, boxes[:, :4], crop_matrix(boxes[:, :4], self._looker.crop))
        scored = [face._replace(score=float(score)) for face, score in zip(looked, boxes[:, 4], strict=True)]
        likeliest_first = sorted(scored, key=lambda face: -np.nan_to_num(face.confidence))
        there = [face for face in likeliest_first if self._is_there(face, self._least_new)]
        found = different([*followed, *there])[len(followed) :]
        first, self._next = self._next, self._next + len(found)
        return [face._replace(number=first + place) for place, face in enumerate(found)]

    def _look(self, picture: Image.Image, boxes: Boxes, matrices: NDArray[np.floating]) -> list[Face]:
        """Faces without number or score.  matrices: (N, 2, 3), from what the network sees first to the frame."""
        if not len(boxes):
            return []
        room = self._looker.cut
        cuts = crop_matrix(boxes, room)
        images = np.stack([cut(picture, matrix, (room.size, room.size)) for matrix in cuts])
        seen = self._looker.look(images, compose(inverse(cuts), matrices))
        judged = judgement(seen, self._looker.scheme, self._calibration)
        points = transform_points(cuts, judged.points)
        px = judged.expected.mean(axis=1) * cuts[:, 0, 0]
        values = zip(boxes, points, judged.confidence, judged.expected_nme, px, strict=True)
        return [Face(-1, box, np.nan, face, *map(float, numbers)) for box, face, *numbers in values]

    def _is_there(self, face: Face, least: float) -> bool:
        inside = ((face.points >= 0) & (face.points <= self._size)).all(axis=1).mean()
        size = face_size(face.points[None], self._looker.scheme)[0]
        return not face.confidence < least and inside >= LEAST_INSIDE and size >= SMALLEST


def boxes_of(matrices: NDArray[np.floating], crop: Crop) -> Boxes:
    """The upright boxes (N, 4), like dlib's, whose crops have centre and side of squares that may be turned, (N, 2, 3).

    matrices: from pixels of the squares, `crop.size` wide, to those of the picture.
    """
    centres = transform_points(matrices, np.full((len(matrices), 1, 2), crop.size / 2))[:, 0]
    sides = crop.size * np.sqrt(np.linalg.det(matrices[..., :2])) / crop.scale
    corners = centres - sides[:, None] / 2 - np.stack([np.zeros_like(sides), crop.shift_down * sides], axis=-1)
    return np.concatenate([corners, np.stack([sides, sides], axis=-1)], axis=1)


def different(faces: Iterable[Face]) -> list[Face]:
    """The faces less those that are another one that comes first."""
    kept: list[Face] = []
    for face in faces:
        if not _overlaps_any(rectangle(face.points), [rectangle(other.points) for other in kept], SAME_FACE):
            kept.append(face)
    return kept


def motion(before: Points, after: Points) -> float:
    """How far the middle of the points (K, 2) has moved, in pixels."""
    return float(np.linalg.norm(after.mean(axis=0) - before.mean(axis=0)))


def rectangle(points: Points) -> NDArray[np.float64]:
    """What the points (K, 2) span: left, top, width, height."""
    low, high = points.min(axis=0), points.max(axis=0)
    return np.concatenate([low, high - low])


def _overlaps_any(box: NDArray[np.float64], others: list[NDArray[np.float64]], largest: float) -> bool:
    return bool(others) and bool(overlaps(np.stack(others), box).max() > largest)
