"""The images of a face set, made from a data set's photographs: whole ones in grey, or crops in colour."""

import hashlib
import inspect
import sys
from collections.abc import Sequence

import numpy as np
import PIL
from numpy.typing import NDArray

from facial_keypoints import geometry, photographs
from facial_keypoints.datasets.archive import Archive
from facial_keypoints.geometry import compose, cut, scaling
from facial_keypoints.images_on_demand import ImagesOnDemand
from facial_keypoints.photographs import read_photograph, read_reduced, to_grey


def whole_in_grey(archive: Archive, files: Sequence[str], size: tuple[int, int]) -> ImagesOnDemand:
    """The photographs in grey, (N, height, width); all have that size."""
    return ImagesOnDemand(
        shape=(len(files), *size),
        make=lambda row: to_grey(read_photograph(archive / files[row])),
        key=_key(archive, files, "grey"),
    )


def crops(
    archive: Archive, files: Sequence[str], to_source: NDArray[np.floating], size: tuple[int, int]
) -> ImagesOnDemand:
    """What the maps (N, 2, 3) from crop to photograph describe, in colour, (N, height, width, 3)."""

    def make(row: int) -> NDArray[np.uint8]:
        matrix = to_source[row]
        photograph, factor = read_reduced(archive / files[row], shrink=matrix[0, 0])
        return cut(photograph, compose(scaling(1 / factor, 1 / factor), matrix), size)

    key = _key(archive, files, str(size), to_source.tobytes().hex())
    return ImagesOnDemand(shape=(len(files), *size, 3), make=make, key=key)


def _key(archive: Archive, files: Sequence[str], *parts: str) -> str:
    """A hash of all that the images are made from: files by size and time of change, and the code that makes them."""
    digest = hashlib.sha256()
    code = [inspect.getsource(module) for module in (geometry, photographs, sys.modules[__name__])]
    for text in (*code, PIL.__version__, *parts):
        digest.update(text.encode())
    for file in files:
        stat = (archive / file).stat()
        digest.update(f"{archive / file}\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()
