"""Read photographs as arrays."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from skimage import color, io, util

from facial_keypoints.errors import DataError

CONVERTED = {"CMYK": "RGB", "YCbCr": "RGB", "LAB": "RGB", "HSV": "RGB", "LA": "RGBA", "PA": "RGBA", "P": "RGBA"}


def read_photograph(path: Path) -> NDArray[np.uint8]:
    """A picture file as (H, W, 3) uint8.  Raises DataError that names the file if it cannot be read."""
    try:
        with Image.open(path) as picture:
            mode = picture.mode
            # scikit-image tells colour models apart by their number of channels, which is not always enough.
            pixels = np.asarray(picture.convert(CONVERTED[mode])) if mode in CONVERTED else io.imread(path)
        if pixels.ndim == 2:
            pixels = color.gray2rgb(pixels)
        elif pixels.shape[-1] == 4:
            pixels = color.rgba2rgb(pixels)
        return util.img_as_ubyte(pixels)
    except (OSError, SyntaxError, ValueError) as error:
        raise DataError(
            f"{path}: this picture cannot be read ({error}); expected a whole JPEG or PNG. "
            "Replace it with the original."
        ) from error


def is_grey(photograph: NDArray[np.uint8]) -> bool:
    """Whether a picture (H, W, 3) holds the same value in all three channels, as grey pictures stored in colour do."""
    return bool((photograph == photograph[..., :1]).all())


def to_grey(photograph: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The luminance (H, W) of a picture (H, W, 3), ITU-R 709 as scikit-image weighs it."""
    return np.rint(color.rgb2gray(photograph) * 255).astype(np.uint8)
