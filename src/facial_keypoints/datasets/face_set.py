"""A FaceSet on disk: a folder of three arrays, a table and a note of what they are."""

import base64
import json
import logging
import os
import time
import uuid
from dataclasses import asdict
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from kedro.io import AbstractDataset
from kedro_datasets._typing import ImagePreview
from numpy.typing import NDArray

from facial_keypoints.errors import DataError, MissingInputError
from facial_keypoints.faces import FaceSet
from facial_keypoints.geometry import Crop
from facial_keypoints.images_on_demand import ImagesOnDemand
from facial_keypoints.landmarks import LandmarkScheme
from facial_keypoints.progress import progress
from facial_keypoints.replacing import replaced_folder

logger = logging.getLogger(__name__)

FORMAT = 2
ABOUT, IMAGES = "about.json", "images.npy"
LOOKS, SECONDS_BETWEEN = 10, 0.1  # at a folder that another process may be about to rename into place


class FaceSetDataset(AbstractDataset[FaceSet, FaceSet]):
    """Folder of `images.npy`, `keypoints.npy`, `to_source.npy`, `table.parquet` and `about.json`.

    Arrays are memory-mapped on load (copy on write): only what is looked at is read. Images on demand are written one
    by one, and not at all where the previous set has been made from the same photographs in the same way.
    Saving writes a folder aside and renames it: a save that fails leaves the previous set as it was.
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None):
        self._filepath = Path(filepath)
        self.metadata = metadata

    def load(self) -> FaceSet:
        about = self._about()
        faces = self._read(about)
        # Another process may have put a new set in place meanwhile: its files must not mix with those before.
        return faces if self._about() == about else self.load()

    def _read(self, about: dict[str, Any]) -> FaceSet:
        return FaceSet(
            data_set=about["data_set"],
            images=np.load(self._filepath / IMAGES, mmap_mode="c"),
            keypoints=np.load(self._filepath / "keypoints.npy", mmap_mode="c"),
            to_source=np.load(self._filepath / "to_source.npy", mmap_mode="c"),
            table=pd.read_parquet(self._filepath / "table.parquet"),
            scheme=LandmarkScheme.from_plain(about["scheme"], str(self._filepath / ABOUT)),
            crop=Crop(**about["crop"]) if about["crop"] else None,
        )

    def save(self, data: FaceSet) -> None:
        key = data.images.key if isinstance(data.images, ImagesOnDemand) else None
        about = {
            "format": FORMAT,
            "data_set": data.data_set,
            "scheme": data.scheme.to_plain(),
            "crop": asdict(data.crop) if data.crop else None,
            "images_key": key,
            "saved": uuid.uuid4().hex,
        }
        with replaced_folder(self._filepath) as folder:
            if not (
                key and self._has_images(key, data.images.shape) and linked(self._filepath / IMAGES, folder / IMAGES)
            ):
                write_images(folder / IMAGES, data.images, f"writing {self._filepath.name}")
            np.save(folder / "keypoints.npy", data.keypoints.astype(np.float32))
            np.save(folder / "to_source.npy", data.to_source.astype(np.float64))
            data.table.to_parquet(folder / "table.parquet")
            (folder / ABOUT).write_text(json.dumps(about, indent=2), encoding="utf-8")

    def preview(self, faces: int = 18) -> ImagePreview:
        """Faces from all over the set with their points, as a PNG in base64: what Kedro-Viz shows."""
        from facial_keypoints.figures.faces import contact_sheet  # not on top: it imports matplotlib

        whole = self.load()
        shown = whole.select(np.linspace(0, len(whole) - 1, min(faces, len(whole))).astype(int))
        figure = contact_sheet(
            shown.images,
            truth=shown.keypoints,
            scheme=shown.scheme,
            titles=list(shown.table["split"]),
            title=f"{len(shown)} of {len(whole)} faces, {whole.scheme.size} points each",
        )
        picture = BytesIO()
        figure.savefig(picture, format="png")
        return ImagePreview(base64.b64encode(picture.getvalue()).decode())

    def _about(self) -> dict[str, Any]:
        """The note of what the set is.  Raises MissingInputError, or DataError for another version's."""
        for _ in range(LOOKS):
            if self._exists():
                break
            time.sleep(SECONDS_BETWEEN)
        else:
            raise MissingInputError(f"{self._filepath} is missing: run the pipeline that makes it first.")
        about: dict[str, Any] = json.loads((self._filepath / ABOUT).read_text(encoding="utf-8"))
        if about.get("format") != FORMAT:
            raise DataError(
                f"{self._filepath}: a face set of format {about.get('format')}, expected {FORMAT}. "
                "It was written by another version: run its ingest pipeline again."
            )
        return about

    def _has_images(self, key: str, shape: tuple[int, ...]) -> bool:
        """Whether the set on disk holds the images of this key, whole."""
        try:
            about = json.loads((self._filepath / ABOUT).read_text(encoding="utf-8"))
            is_whole = np.load(self._filepath / IMAGES, mmap_mode="r").shape == shape
            return bool(is_whole and about.get("images_key") == key and about.get("format") == FORMAT)
        except (OSError, ValueError):
            return False

    def _exists(self) -> bool:
        return (self._filepath / ABOUT).is_file()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}


def linked(existing: Path, path: Path) -> bool:
    """Whether `path` could be made another name of the existing file; not all file systems can."""
    try:
        os.link(existing, path)
    except OSError:
        return False
    logger.info("%s: unchanged photographs, images kept", existing)
    return True


def write_images(path: Path, images: NDArray[np.uint8] | ImagesOnDemand, description: str) -> None:
    """Write images as a `.npy` file, one after the other."""
    with path.open("wb") as file:
        header = {"descr": "|u1", "fortran_order": False, "shape": tuple(images.shape)}
        np.lib.format.write_array_header_1_0(file, header)
        for image in progress(images, description):
            file.write(np.ascontiguousarray(image).data)
