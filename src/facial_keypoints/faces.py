"""FaceSet: the one data structure between pipelines."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from facial_keypoints.errors import ShapeError
from facial_keypoints.geometry import Crop, transform_points
from facial_keypoints.images_on_demand import ImagesOnDemand
from facial_keypoints.landmarks import LandmarkScheme

TRAIN, VALIDATION, TEST = "train", "validation", "test"
SPLITS = (TRAIN, VALIDATION, TEST)
UNLABELLED = "unlabelled"  # the split of faces without landmarks: to predict, not to learn or to measure by


@dataclass(frozen=True, eq=False)
class FaceSet:
    """Pictures of faces with their landmarks, one row each.

    data_set: its name, "danes", "ibug" or "own".
    images: (N, H, W) or (N, H, W, 3) uint8, possibly memory-mapped or made on demand.
    keypoints: (N, K, 2) float32, in pixels of those images; NaN for the faces of the split "unlabelled".
    to_source: (N, 2, 3) float64, from pixels of the image to pixels of the photograph it was cut from.
    table: N rows with at least name, group, split and subset. A group (a person, a photograph) lies within one split,
        its faces without landmarks apart.
    scheme: what the K points are.
    crop: how the images were cut around the faces' boxes; None where they are whole photographs.
    Raises ShapeError if these do not fit together.
    """

    data_set: str
    images: NDArray[np.uint8] | ImagesOnDemand
    keypoints: NDArray[np.float32]
    to_source: NDArray[np.floating]
    table: pd.DataFrame
    scheme: LandmarkScheme
    crop: Crop | None = None

    def __post_init__(self) -> None:
        count = len(self.images)
        expected = {
            "keypoints": ((count, self.scheme.size, 2), self.keypoints.shape),
            "to_source": ((count, 2, 3), self.to_source.shape),
            "table": ((count,), (len(self.table),)),
        }
        for name, (wanted, found) in expected.items():
            if wanted != found:
                raise ShapeError(
                    f"FaceSet of {count} images, scheme {self.scheme.name}: {name} is {found}, not {wanted}."
                )
        missing = {"name", "group", "split", "subset"} - set(self.table.columns)
        if missing:
            raise ShapeError(f"FaceSet: the table lacks {sorted(missing)}; it has {list(self.table.columns)}.")
        labelled = self.table[self.table["split"] != UNLABELLED]  # the others teach and measure nothing
        straddling = labelled.groupby("group")["split"].nunique()
        if (straddling > 1).any():
            raise ShapeError(f"FaceSet: groups {list(straddling.index[straddling > 1])} lie in more than one split.")

    def __len__(self) -> int:
        return len(self.images)

    @property
    def image_size(self) -> tuple[int, int]:
        """(height, width) of every image."""
        return self.images.shape[1], self.images.shape[2]

    @property
    def source_keypoints(self) -> NDArray[np.floating]:
        """(N, K, 2), in pixels of the photographs."""
        return transform_points(self.to_source, self.keypoints.astype(np.float64))

    def select(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> FaceSet:
        """The faces at `rows`, a mask or indices, in that order."""
        return replace(
            self,
            images=self.images[rows],
            keypoints=self.keypoints[rows],
            to_source=self.to_source[rows],
            table=self.table.iloc[np.arange(len(self))[rows]].reset_index(drop=True),
        )

    def split(self, name: str) -> FaceSet:
        """The faces of one split."""
        return self.select((self.table["split"] == name).to_numpy())
