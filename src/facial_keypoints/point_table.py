"""Points as columns of a table: x00, y00, x01, y01, ... by index in the scheme."""

import re
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from facial_keypoints.landmarks import LandmarkScheme

BATCH = 512  # faces


def column_names(indices: Sequence[int]) -> list[str]:
    """["x00", "y00", ...] for the points at `indices`."""
    return [f"{axis}{index:02d}" for index in indices for axis in "xy"]


def keypoint_columns(points: NDArray[np.floating], indices: Sequence[int] | None = None) -> dict[str, Any]:
    """Columns of points (K, 2) or (N, K, 2); `indices` are their places in the scheme, all of them by default."""
    names = column_names(range(points.shape[-2]) if indices is None else indices)
    flat = points.reshape(*points.shape[:-2], -1)
    return dict(zip(names, flat.T, strict=True))


def table_of_faces(faces: Iterable[tuple[dict[str, Any], NDArray[np.floating]]]) -> pd.DataFrame:
    """A row a face: what is known of it, and its points (K, 2).  No rows and no columns for no faces.

    Built in batches: as objects of their own, rows take many times the memory that they take in a table.
    """
    remaining = iter(faces)
    batches = []
    while batch := list(islice(remaining, BATCH)):
        rows, shapes = zip(*batch, strict=True)
        batches.append(with_keypoints(pd.DataFrame(list(rows)), np.stack(shapes)))
    return pd.concat(batches, ignore_index=True) if batches else pd.DataFrame()


def with_keypoints(table: pd.DataFrame, points: NDArray[np.floating]) -> pd.DataFrame:
    """The table with these points (N, K, 2) in place of those it held, as float32: to a thousandth of a pixel."""
    flat = points.reshape(len(points), -1).astype(np.float32)
    columns = pd.DataFrame(flat, index=table.index, columns=column_names(range(points.shape[1])), copy=False)
    return pd.concat([without_keypoints(table), columns], axis=1)


def without_keypoints(table: pd.DataFrame) -> pd.DataFrame:
    """The table less its points."""
    return table[[column for column in table.columns if not re.fullmatch(r"[xy]\d{2,}", str(column))]]


def keypoints_of(
    table: pd.DataFrame, scheme: LandmarkScheme, indices: Sequence[int] | None = None
) -> NDArray[np.floating]:
    """A copy of the points (N, K, 2) that a table holds, all of the scheme's by default, as precise as there."""
    names = column_names(range(scheme.size) if indices is None else indices)
    precision = np.float64 if any(table[name].dtype != np.float32 for name in names) else np.float32
    points = np.empty((len(table), len(names)), precision)
    for place, name in enumerate(names):  # a selection of columns would be a second copy
        points[:, place] = table[name]
    return points.reshape(len(table), len(names) // 2, 2)
