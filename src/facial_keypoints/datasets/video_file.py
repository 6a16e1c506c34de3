"""A video file that is made: MPEG-4, written by OpenCV where that is there."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from kedro.io import AbstractDataset
from kedro_datasets._typing import JSONPreview
from PIL import Image, ImageOps

from facial_keypoints.errors import MissingInputError, ProjectError
from facial_keypoints.own_video import opencv
from facial_keypoints.replacing import replaced_file

logger = logging.getLogger(__name__)

CODEC = "mp4v"  # MPEG-4 part 2, which OpenCV's packages write everywhere; H.264 they do not


@dataclass(frozen=True)
class MadeVideo:
    """Frames that are made while they are written, and how many of them a second takes."""

    frames: Iterator[Image.Image]
    rate: float


class NotMadeError(ProjectError):
    """There are no frames, or OpenCV cannot write them."""


class VideoFileDataset(AbstractDataset[MadeVideo, Path]):
    """Written frame by frame, aside, and renamed.  Where that cannot be, a warning says why, and none is left there.

    All frames get the size of the first, with a border where their shape is another.
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._filepath = Path(filepath)
        self.metadata = metadata

    def load(self) -> Path:
        """Where it is."""
        return self._filepath

    def save(self, data: MadeVideo) -> None:
        try:
            self._write(data)
        except (MissingInputError, NotMadeError) as error:
            self._filepath.unlink(missing_ok=True)  # of another video
            logger.warning("%s", error)

    def _write(self, data: MadeVideo) -> None:
        cv2 = opencv(f"{self._filepath.name} is not made: that")
        first = next(data.frames, None)
        if first is None:
            raise NotMadeError(f"{self._filepath.name} is not made: there are no frames.")
        size = (first.width + first.width % 2, first.height + first.height % 2)  # the codec takes even sides only
        with replaced_file(self._filepath) as fresh:
            writer = cv2.VideoWriter(str(fresh), cv2.VideoWriter_fourcc(*CODEC), data.rate, size)
            try:
                if not writer.isOpened():
                    raise NotMadeError(
                        f"{self._filepath.name} is not made: OpenCV {cv2.__version__} writes no {CODEC} of "
                        f"{size[0]} x {size[1]} pixels and {data.rate:g} frames a second. The frames are there: "
                        "other programs can join them."
                    )
                for frame in chain([first], data.frames):
                    alike = frame if frame.size == first.size else ImageOps.pad(frame, first.size)
                    writer.write(np.ascontiguousarray(np.asarray(_on_canvas(alike, size))[..., ::-1]))
            finally:
                writer.release()

    def preview(self) -> JSONPreview:
        """Its size: what Kedro-Viz shows."""
        return JSONPreview(json.dumps({"file": self._filepath.name, "bytes": self._filepath.stat().st_size}))

    def _exists(self) -> bool:
        return self._filepath.exists()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}


def _on_canvas(frame: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The frame in RGB with black to its right and below it, up to that size."""
    canvas = Image.new("RGB", size)
    canvas.paste(frame)
    return canvas
