"""Somebody's own pictures, of whatever kind and state: which files there are, and each as a viewer shows it.

Phones store pictures as the sensor lay and note in EXIF how to turn them; here they are upright, and so is all that is
said of their pixels.  What cannot be read has a reason in a few words, and stops nothing else.
"""

import os
import stat
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

from PIL import Image, UnidentifiedImageError

from facial_keypoints.errors import DataError
from facial_keypoints.photographs import ORIENTATION, UPRIGHT, loaded, reduction

# None that starts another program, as Pillow does for EPS. HEIF with the extra `heic`.
FORMATS = ("JPEG", "MPO", "PNG", "WEBP", "HEIF", "AVIF", "TIFF", "BMP", "GIF", "PPM", "JPEG2000")
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
LYING = (5, 6, 7, 8)  # orientations that exchange width and height
NO_PICTURES = (  # ends of names that lie beside pictures
    *(".asf", ".pts", ".xml", ".csv", ".json", ".parquet", ".txt", ".md", ".html", ".pdf", ".yml", ".yaml", ".zip"),
    *(".mp4", ".mov", ".avi"),
    *(".aae", ".xmp", ".db", ".ini"),  # which phones, photo programs and Windows leave in folders
)


class PictureFile(NamedTuple):
    """A file of a folder of pictures.

    name: relative to the folder, as text that every output can hold. path: where it is.
    fault: why it is not to be opened, None if it can be tried.
    """

    name: str
    path: Path
    fault: str | None = None


@dataclass(frozen=True)
class OwnPictures:
    """Files to look for faces in, whatever they hold, in the order of their names.

    place: the folder that they lie in, or the one file.
    """

    place: Path
    files: tuple[PictureFile, ...]

    def __iter__(self) -> Iterator[PictureFile]:
        return iter(self.files)

    def __len__(self) -> int:
        return len(self.files)


def list_pictures(place: Path, *, deep: bool = True) -> OwnPictures:
    """One file, or every file of a folder and, if deep, of the folders in it but hidden ones.

    Folders that cannot be listed, or that are only linked to, are among the files, with a fault.
    """
    if not place.is_dir():
        return OwnPictures(place, (_file(place.parent, place),))
    found: list[PictureFile] = []

    def refused(error: OSError) -> None:
        folder = Path(str(error.filename))
        found.append(PictureFile(_name(place, folder), folder, f"a folder that cannot be listed ({error.strerror})"))

    for folder, folders, names in os.walk(place, onerror=refused):
        folders[:] = [name for name in folders if deep and not name.startswith(".")]
        for name in folders:
            path = Path(folder, name)
            if path.is_symlink():
                found.append(PictureFile(_name(place, path), path, "a link to a folder, which is not followed"))
        found += [_file(place, Path(folder, name)) for name in names if not name.startswith(".")]
    return OwnPictures(place, tuple(sorted(found)))


def is_named_otherwise(name: str) -> bool:
    """Whether a file's name says that it is no picture.  If it is one all the same, it is read."""
    return name.lower().endswith(NO_PICTURES)


def upright_size(path: Path) -> tuple[int, int]:
    """Width and height of a picture as viewers show it.  Raises DataError that says why it cannot be read."""
    with _opened(path) as picture:
        width, height = picture.size
        return (height, width) if _orientation(picture) in LYING else (width, height)


def read_upright(path: Path, shrink: float = 1) -> tuple[Image.Image, int]:
    """A picture as viewers show it, in RGB, and how much smaller it is: 1, 2, 4 or 8 times, at most `shrink`.

    Transparent pixels lie on white; of an animation it is the first frame.
    Raises DataError that says why it cannot be read.
    """
    factor = reduction(shrink)
    with _opened(path) as picture:
        turn = TURNS.get(_orientation(picture))
        coloured = loaded(picture, factor)
        return (coloured if turn is None else coloured.transpose(turn)), factor


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    try:
        # Above a limit Pillow warns, above twice that it raises: 12 000 x 9 000 pixels are between them.
        with warnings.catch_warnings(action="ignore"), Image.open(path, formats=_formats()) as picture:
            yield picture
    except Exception as error:  # decoders raise whatever broken bytes bring them to; no picture is to stop the others
        raise DataError(_reason(path, error)) from error


def _reason(path: Path, error: Exception) -> str:
    if isinstance(error, UnidentifiedImageError):
        return "an empty file" if path.stat().st_size == 0 else "no picture, or none of a kind that is read"
    if isinstance(error, Image.DecompressionBombError):
        return f"more than {2 * (Image.MAX_IMAGE_PIXELS or 0) // 10**6} million pixels"
    if isinstance(error, PermissionError):
        return "no permission to read it"
    if isinstance(error, MemoryError):
        return "not enough memory for it"
    return f"a picture that is broken or cut off ({str(error) or type(error).__name__})"


def _orientation(picture: Image.Image) -> int:
    try:
        return int(picture.getexif().get(ORIENTATION, UPRIGHT))
    except Exception:  # broken EXIF data say nothing; the pixels may be whole
        return UPRIGHT


@cache
def _formats() -> tuple[str, ...]:
    """Those of FORMATS that can be read here."""
    try:
        from pillow_heif import register_heif_opener
    except ImportError:
        pass
    else:
        register_heif_opener()
    Image.init()
    return tuple(name for name in FORMATS if name in Image.OPEN)


def _file(folder: Path, path: Path) -> PictureFile:
    return PictureFile(_name(folder, path), path, _fault(path))


def _fault(path: Path) -> str | None:
    try:
        mode = path.stat().st_mode
    except OSError as error:
        return "a link that leads nowhere" if path.is_symlink() else f"a file that cannot be reached ({error.strerror})"
    return None if stat.S_ISREG(mode) else "no file but a pipe, a socket or a device"


def _name(folder: Path, path: Path) -> str:
    """The path within the folder; bytes that are no UTF-8, line breaks and the like are written as escapes.

    Not every format that is written can hold them.
    """
    text = path.relative_to(folder).as_posix().encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text)
