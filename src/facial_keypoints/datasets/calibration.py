"""A network's calibration on disk, as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedro.io import AbstractDataset
from kedro_datasets._typing import JSONPreview

from facial_keypoints.errors import DataError
from facial_keypoints.replacing import replaced_file

if TYPE_CHECKING:  # it imports torch: listing the catalog stays fast
    from facial_keypoints.confidence import Calibration


class CalibrationDataset(AbstractDataset["Calibration", "Calibration"]):
    """A Calibration as `calibration.json`."""

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._filepath = Path(filepath)
        self.metadata = metadata

    def load(self) -> Calibration:
        from facial_keypoints.confidence import Calibration

        try:
            content = json.loads(self._filepath.read_text(encoding="utf-8"))
        except ValueError as error:
            raise DataError(
                f"{self._filepath}: this calibration cannot be read ({error}). Make it again: "
                "kedro run --pipelines calibrate"
            ) from error
        return Calibration.from_plain(content, str(self._filepath))

    def save(self, data: Calibration) -> None:
        with replaced_file(self._filepath) as path:
            path.write_text(json.dumps(data.to_plain(), allow_nan=False), encoding="utf-8")

    def preview(self) -> JSONPreview:
        """The file as it is: what Kedro-Viz shows."""
        return JSONPreview(self._filepath.read_text(encoding="utf-8"))

    def _exists(self) -> bool:
        return self._filepath.is_file()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}
