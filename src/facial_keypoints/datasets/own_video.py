"""Somebody's own video: a folder of frames, or a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedro.io import AbstractDataset
from kedro_datasets._typing import JSONPreview

from facial_keypoints.errors import MissingInputError, ProjectError

if TYPE_CHECKING:
    from facial_keypoints.own_video import OwnVideo


class OwnVideoDataset(AbstractDataset[None, "OwnVideo"]):
    """The frames of a folder, or of a video file.  Nothing is opened before it is asked for, and nothing written."""

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._filepath = Path(filepath)
        self.metadata = metadata

    @property
    def how_to_get_it(self) -> str:
        """What to do when there is nothing."""
        return (
            f"there is no folder or file {self._filepath}. Name the folder of your frames, or a video file: "
            "--params frames=<folder or video file>; or put them there"
        )

    def load(self) -> OwnVideo:
        from facial_keypoints.own_video import own_video

        if not self._exists():
            raise MissingInputError(self.how_to_get_it)
        return own_video(self._filepath)

    def require(self) -> None:
        """Raises MissingInputError without OpenCV, DataError if it cannot read the file or a folder has no frames."""
        from facial_keypoints.own_video import require_video

        require_video(self._filepath)

    def save(self, data: None) -> None:
        raise ProjectError(f"{self._filepath} holds somebody's own video and is not to be written.")

    def preview(self) -> JSONPreview:
        """How many frames there are: what Kedro-Viz shows."""
        return JSONPreview(json.dumps({"file": self._filepath.name, "frames": self.load().stated_frames}))

    def _exists(self) -> bool:
        return self._filepath.exists()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}
