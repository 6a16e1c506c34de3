"""The images of a face set, made from a data set's photographs: whole ones in grey, or crops in colour."""

import hashlib
import inspect
from collections.abc import Sequence
from pathlib import Path

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
    paths = [archive / file for file in files]
    return ImagesOnDemand(
        shape=(len(paths), *size), make=lambda row: to_grey(read_photograph(paths[row])), key=_key(paths, "grey")
    )


def crops(
    archive: Archive, files: Sequence[str], to_source: NDArray[np.floating], size: tuple[int, int]
) -> ImagesOnDemand:
    """What the maps (N, 2, 3) from crop to photograph describe, in colour, (N, height, width, 3)."""
    paths = [archive / file for file in files]

    def make(row: int) -> NDArray[np.uint8]:
        matrix = to_source[row]
        photograph, factor = read_reduced(paths[row], shrink=matrix[0, 0])
        return cut(photograph, compose(scaling(1 / factor, 1 / factor), matrix), size)

    key = _key(paths, to_source.tobytes().hex(), str(size))
    return ImagesOnDemand(shape=(len(paths), *size, 3), make=make, key=key)


def _key(paths: Sequence[Path], *parts: str) -> str:
    """A hash of all that the images are made from: files by size and time of change, and the code that makes them."""
    digest = hashlib.sha256()
    for text in (inspect.getsource(geometry), inspect.getsource(photographs), PIL.__version__, *parts):
        digest.update(text.encode())
    for path in paths:
        stat = path.stat()
        digest.update(f"{path}\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()
