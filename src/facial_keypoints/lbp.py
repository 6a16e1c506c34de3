"""Faces found by the cascade that comes with scikit-image: nothing to download, frontal faces only, and many mistakes.

Local binary patterns after T. Ahonen, A. Hadid, M. Pietikäinen, "Face description with local binary patterns" (PAMI
2006), in a cascade trained by OpenCV.  It gives no score: whether something is a face, the landmark network says.
"""

from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from facial_keypoints.detection import once

SMALLEST = 32  # pixels of what is searched; windows as small as the cascade's own, 24, see faces everywhere
STEP = 1.2  # from one window's size to the next
SAME_FACE = 0.4  # overlap of two boxes above which they are one


class Search(NamedTuple):
    """One look for faces: at a picture shrunk to `longest_side` pixels, or its mirror image, which it sees otherwise.

    neighbours: windows that have to agree.
    """

    longest_side: int
    mirrored: bool
    neighbours: int


# benchmarks/detecting.py --sweep compares. The third is for small faces in large pictures.
SEARCHES = (Search(512, False, 3), Search(512, True, 3), Search(1000, False, 4))


def lbp_boxes(picture: NDArray[np.uint8], searches: tuple[Search, ...] = SEARCHES) -> NDArray[np.float64]:
    """The faces of a picture (H, W, 3), (M, 5): left, top, width, height in its pixels, and NaN for the score."""
    grey, longest = Image.fromarray(picture).convert("L"), max(picture.shape[:2])
    larger = [search for search in searches if search.longest_side <= 1.1 * longest] or list(searches[:1])
    found = np.concatenate([_searched(grey, search) for search in larger])
    return once(np.concatenate([found, np.full((len(found), 1), np.nan)], axis=1), SAME_FACE)


def _searched(picture: Image.Image, search: Search) -> NDArray[np.float64]:
    """Boxes (M, 4) in pixels of the picture."""
    factor = max(1.0, max(picture.size) / search.longest_side)
    size = (max(1, round(picture.width / factor)), max(1, round(picture.height / factor)))
    seen = np.asarray(picture.resize(size, Image.Resampling.BOX))
    if min(seen.shape) < SMALLEST:
        return np.empty((0, 4))
    found = _cascade().detect_multi_scale(
        np.ascontiguousarray(seen[:, ::-1]) if search.mirrored else seen,
        scale_factor=STEP,
        step_ratio=1,
        min_size=(SMALLEST, SMALLEST),
        max_size=seen.shape,
        min_neighbor_number=search.neighbours,
    )
    boxes = np.array([[one["c"], one["r"], one["width"], one["height"]] for one in found], np.float64).reshape(-1, 4)
    if search.mirrored:
        boxes[:, 0] = seen.shape[1] - boxes[:, 0] - boxes[:, 2]
    boxes *= np.tile([picture.width / seen.shape[1], picture.height / seen.shape[0]], 2)
    return boxes


@cache
def _cascade() -> Any:
    from skimage.data import lbp_frontal_face_cascade_filename
    from skimage.feature import Cascade

    return Cascade(lbp_frontal_face_cascade_filename())
