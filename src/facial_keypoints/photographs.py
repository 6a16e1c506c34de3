"""Read photographs as arrays."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from facial_keypoints.errors import DataError

CONVERTED = {"L": "RGB", "1": "RGB", "CMYK": "RGB", "YCbCr": "RGB", "LAB": "RGB", "HSV": "RGB"}
TRANSPARENT = {"RGBA", "LA", "PA", "P"}
REDUCTIONS = (8, 4, 2)  # what JPEG decoders can shrink by on the way
LUMINANCE = (0.2125, 0.7154, 0.0721)  # of red, green and blue, ITU-R 709, as scikit-image weighs them
ORIENTATION = 0x0112  # the EXIF tag
UPRIGHT = 1  # its usual value
UNREADABLE = (OSError, SyntaxError, ValueError, Image.DecompressionBombError)


class PictureFacts(NamedTuple):
    """What a picture file says before it is decoded.  turned: its EXIF data ask viewers to turn or mirror it."""

    width: int
    height: int
    turned: bool


def picture_facts(path: Path) -> PictureFacts:
    """Size and orientation, of the pixels as stored.  Raises DataError that names the file if it is no picture."""
    try:
        with Image.open(path) as picture:
            return PictureFacts(*picture.size, picture.getexif().get(ORIENTATION, UPRIGHT) != UPRIGHT)
    except UNREADABLE as error:
        raise unreadable(path, error) from error


def read_photograph(path: Path) -> NDArray[np.uint8]:
    """A picture file as (H, W, 3) uint8.  Raises as `read_reduced`."""
    return np.asarray(read_reduced(path, shrink=1)[0])


def read_reduced(path: Path, shrink: float) -> tuple[Image.Image, int]:
    """A picture file in RGB, and how much smaller than the file it is: 1, 2, 4 or 8 times, at most `shrink`.

    Pixels are those that are stored: an EXIF orientation is not applied. Transparent ones lie on white.
    Raises DataError that names the file if it cannot be read.
    """
    factor = reduction(shrink)
    try:
        with Image.open(path) as picture:
            return loaded(picture, factor), factor
    except UNREADABLE as error:
        raise unreadable(path, error) from error


def reduction(shrink: float) -> int:
    """The most that decoders and Pillow shrink a picture by on the way, 1, 2, 4 or 8 times, but at most `shrink`."""
    return next((factor for factor in REDUCTIONS if factor <= shrink), 1)


def loaded(picture: Image.Image, factor: int) -> Image.Image:
    """An open picture's pixels in RGB, `factor` times smaller: 1, 2, 4 or 8.  Raises what Pillow raises."""
    width, height = picture.size
    if factor > 1:  # JPEG decoders leave pixels out on the way
        picture.draft(None, (max(1, width // factor), max(1, height // factor)))
    still_to_do = factor // max(1, round(width / picture.width))
    picture.load()
    coloured = in_colour(picture)
    return coloured.reduce(still_to_do) if still_to_do > 1 else coloured


def in_colour(picture: Image.Image) -> Image.Image:
    """The picture in RGB, 8 bits each."""
    if picture.mode == "RGB":
        return picture
    if picture.mode in TRANSPARENT:
        picture = picture.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        return Image.alpha_composite(white, picture).convert("RGB")
    if picture.mode in CONVERTED:
        return picture.convert("RGB")
    # 16 and 32 bits, which Pillow would cut off at 255.
    from skimage.util import img_as_ubyte

    deep = np.asarray(picture)
    if picture.mode.startswith("I"):  # some formats hold 16 bits in 32
        deep = deep.astype(np.uint16)
    return Image.fromarray(img_as_ubyte(deep)).convert("RGB")


def unreadable(path: Path, error: Exception) -> DataError:
    """The error to raise for a file that is no whole picture."""
    return DataError(
        f"{path}: this picture cannot be read ({error}); expected a whole picture, such as a JPEG or PNG. "
        "Replace it with the original."
    )


def is_grey(photograph: NDArray[np.uint8]) -> bool:
    """Whether a picture (H, W, 3) holds the same value in all three channels, as grey pictures stored in colour do."""
    return bool((photograph == photograph[..., :1]).all())


def to_grey(photograph: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The luminance (H, W) of a picture (H, W, 3)."""
    return np.rint(photograph @ np.array(LUMINANCE, np.float32)).astype(np.uint8)
