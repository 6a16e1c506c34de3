"""Faces found by the cascade that comes with scikit-image: nothing to download, frontal faces only, and many mistakes.

Local binary patterns after T. Ahonen, A. Hadid, M. Pietikäinen, "Face description with local binary patterns" (PAMI
2006), in a cascade trained by OpenCV.  It gives no score: whether something is a face, the landmark network says.
"""

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

LONGEST_SIDE = 800  # pixels: pictures are shrunk to it
SMALLEST = 32  # pixels of that: a window has 24
STEP = 1.2  # from one window's size to the next
NEIGHBOURS = 4  # windows that have to agree: benchmarks/detecting.py compares


def lbp_boxes(
    picture: NDArray[np.uint8],
    longest_side: int = LONGEST_SIDE,
    smallest: int = SMALLEST,
    step: float = STEP,
    neighbours: int = NEIGHBOURS,
) -> NDArray[np.float64]:
    """The faces of a picture (H, W, 3), (M, 5): left, top, width, height in its pixels, and NaN for the score."""
    height, width = picture.shape[:2]
    factor = max(1.0, max(height, width) / longest_side)
    size = (max(1, round(width / factor)), max(1, round(height / factor)))
    seen = np.asarray(Image.fromarray(picture).convert("L").resize(size, Image.Resampling.BOX))
    if min(seen.shape) < smallest:
        return np.empty((0, 5))
    found = _cascade().detect_multi_scale(
        seen,
        scale_factor=step,
        step_ratio=1,
        min_size=(smallest, smallest),
        max_size=seen.shape,
        min_neighbor_number=neighbours,
    )
    boxes = np.array([[one["c"], one["r"], one["width"], one["height"]] for one in found], np.float64).reshape(-1, 4)
    boxes *= np.tile([width / seen.shape[1], height / seen.shape[0]], 2)
    return np.concatenate([boxes, np.full((len(boxes), 1), np.nan)], axis=1)


@cache
def _cascade() -> Any:
    from skimage.data import lbp_frontal_face_cascade_filename
    from skimage.feature import Cascade

    return Cascade(lbp_frontal_face_cascade_filename())
