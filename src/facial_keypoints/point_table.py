"""Points as columns of a table: x00, y00, x01, y01, ... by index in the scheme."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from facial_keypoints.landmarks import LandmarkScheme


def column_names(indices: Sequence[int]) -> list[str]:
    """["x00", "y00", ...] for the points at `indices`."""
    return [f"{axis}{index:02d}" for index in indices for axis in "xy"]


def keypoint_columns(points: NDArray[np.floating], indices: Sequence[int] | None = None) -> dict[str, Any]:
    """Columns of points (K, 2) or (N, K, 2); `indices` are their places in the scheme, all of them by default."""
    names = column_names(range(points.shape[-2]) if indices is None else indices)
    flat = points.reshape(*points.shape[:-2], -1)
    return dict(zip(names, flat.T, strict=True))


def with_keypoints(table: pd.DataFrame, points: NDArray[np.floating]) -> pd.DataFrame:
    """The table with these points (N, K, 2) in place of those it held."""
    columns = pd.DataFrame(keypoint_columns(points), index=table.index)
    return pd.concat([table.drop(columns=columns.columns, errors="ignore"), columns], axis=1)


def without_keypoints(table: pd.DataFrame) -> pd.DataFrame:
    """The table less its points."""
    return table[[column for column in table.columns if not re.fullmatch(r"[xy]\d{2,}", str(column))]]


def keypoints_of(
    table: pd.DataFrame, scheme: LandmarkScheme, indices: Sequence[int] | None = None
) -> NDArray[np.float64]:
    """The points (N, K, 2) that a table holds, all of the scheme's by default."""
    names = column_names(range(scheme.size) if indices is None else indices)
    return table[names].to_numpy(dtype=np.float64, copy=True).reshape(len(table), len(names) // 2, 2)
