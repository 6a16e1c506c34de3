"""Somebody's own pictures: a folder, or one file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedro.io import AbstractDataset
from kedro_datasets._typing import JSONPreview

from facial_keypoints.errors import DataError, MissingInputError, ProjectError

if TYPE_CHECKING:
    from facial_keypoints.own_pictures import OwnPictures


class OwnPicturesDataset(AbstractDataset[None, "OwnPictures"]):
    """The files of a folder and of those in it, or one file.  They are listed, not opened, and never written."""

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._filepath = Path(filepath)
        self.metadata = metadata

    @property
    def how_to_get_it(self) -> str:
        """What to do when there is nothing."""
        return (
            f"there is no folder or file {self._filepath}. Name the folder of your pictures, or one of them: "
            "--params pictures=<folder or file>; or put them there"
        )

    def load(self) -> OwnPictures:
        from facial_keypoints.own_pictures import list_pictures

        if not self._exists():
            raise MissingInputError(self.how_to_get_it)
        return list_pictures(self._filepath)

    def require(self) -> None:
        """Raises DataError if there is no picture in a folder, by the names of its files."""
        from facial_keypoints.own_pictures import is_named_otherwise

        if self._filepath.is_dir() and all(is_named_otherwise(file.name) for file in self.load()):
            raise DataError(
                f"{self._filepath}: found no pictures in this folder or in those in it, expected some. "
                "Name another place: --params pictures=<folder or file>"
            )

    def save(self, data: None) -> None:
        raise ProjectError(f"{self._filepath} holds somebody's own pictures and is not to be written.")

    def preview(self, files: int = 100) -> JSONPreview:
        """The names of the files, or of the first of them: what Kedro-Viz shows."""
        names = [file.name for file in self.load()]
        return JSONPreview(json.dumps({"files": len(names), "names": names[:files]}))

    def _exists(self) -> bool:
        return self._filepath.exists()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}
