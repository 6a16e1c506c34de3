"""A FaceSet on disk: a folder of three arrays, a table and a note of what they are."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from kedro.io import AbstractDataset

from facial_keypoints.datasets.replacing import replaced_folder
from facial_keypoints.errors import DataError, MissingInputError
from facial_keypoints.faces import FaceSet
from facial_keypoints.geometry import Crop
from facial_keypoints.landmarks import landmark_scheme

FORMAT = 1


class FaceSetDataset(AbstractDataset[FaceSet, FaceSet]):
    """Folder of `images.npy`, `keypoints.npy`, `to_source.npy`, `table.parquet` and `about.json`.

    Images are memory-mapped on load (copy on write): only what is looked at is read.
    Saving writes a folder aside and renames it: a save that fails leaves the previous set as it was.
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None):
        self._filepath = Path(filepath)
        self.metadata = metadata

    def load(self) -> FaceSet:
        if not self._exists():
            raise MissingInputError(f"{self._filepath} is missing: run the pipeline that makes it first.")
        about = json.loads((self._filepath / "about.json").read_text(encoding="utf-8"))
        if about.get("format") != FORMAT:
            raise DataError(
                f"{self._filepath}: a face set of format {about.get('format')}, expected {FORMAT}. "
                "It was written by another version: run its ingest pipeline again."
            )
        return FaceSet(
            images=np.load(self._filepath / "images.npy", mmap_mode="c"),
            keypoints=np.load(self._filepath / "keypoints.npy"),
            to_source=np.load(self._filepath / "to_source.npy"),
            table=pd.read_parquet(self._filepath / "table.parquet"),
            scheme=landmark_scheme(about["scheme"]),
            crop=Crop(**about["crop"]) if about["crop"] else None,
        )

    def save(self, data: FaceSet) -> None:
        about = {"format": FORMAT, "scheme": data.scheme.name, "crop": asdict(data.crop) if data.crop else None}
        with replaced_folder(self._filepath) as folder:
            np.save(folder / "images.npy", data.images)
            np.save(folder / "keypoints.npy", data.keypoints.astype(np.float32))
            np.save(folder / "to_source.npy", data.to_source.astype(np.float64))
            data.table.to_parquet(folder / "table.parquet")
            (folder / "about.json").write_text(json.dumps(about, indent=2), encoding="utf-8")

    def _exists(self) -> bool:
        return (self._filepath / "about.json").is_file()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}
