"""Somebody's own video, frame by frame: a folder of pictures, or a file that OpenCV reads."""

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from PIL import Image

from facial_keypoints.errors import DataError
from facial_keypoints.optional_packages import optional_package
from facial_keypoints.own_pictures import OwnPictures, PictureFile, is_named_otherwise, list_pictures, read_upright

logger = logging.getLogger(__name__)

USUAL_RATE = 30.0  # frames a second, of a file that does not state it
VIDEOS = (".mp4", ".mov", ".avi", ".mkv", ".webm", ".m4v")


class Frame(NamedTuple):
    """One frame.

    number: from 0. file: the picture within the folder, or the video. seconds: since the start.
    picture: in RGB, upright; None, with the fault in words, if it cannot be read.
    """

    number: int
    file: str
    seconds: float
    picture: Image.Image | None
    fault: str | None = None


@dataclass(frozen=True)
class OwnVideo:
    """The frames of a folder in the natural order of their names, or of a video file.

    pictures: those of a folder; None for a file.  left_out: how many files of the folder are named otherwise.
    """

    place: Path
    pictures: OwnPictures | None
    left_out: int = 0

    @property
    def stated_frames(self) -> int:
        """How many frames there are; of a file, how many it says that it holds, 0 where it does not.

        Raises MissingInputError without OpenCV and DataError if it cannot read the file.
        """
        return len(self.pictures) if self.pictures is not None else _promised(self.place)

    def frames(self, rate: float) -> Iterator[Frame]:
        """One after the other, one in memory.  rate: frames a second of a folder; a file states its own.

        Raises MissingInputError without OpenCV and DataError if it cannot read the file.
        """
        return _of_folder(self.pictures, rate) if self.pictures is not None else _of_file(self.place)


def own_video(place: Path) -> OwnVideo:
    """The video at a place; nothing is opened yet.

    Frames of a folder are the files in it, but for those whose names say that they are no pictures.
    Raises DataError for a folder that cannot be listed.
    """
    if not place.is_dir():
        return OwnVideo(place, None)
    files = list_pictures(place, deep=False).files
    if [file.path for file in files] == [place]:
        raise DataError(f"{place}: {files[0].fault}; expected one with the frames of a video, or a video file.")
    frames = sorted((file for file in files if not is_named_otherwise(file.name)), key=_place_in_order)
    return OwnVideo(place, OwnPictures(place, tuple(frames)), len(files) - len(frames))


def _place_in_order(file: PictureFile) -> list[str | int]:
    return natural(file.name)


def natural(name: str) -> list[str | int]:
    """A key that sorts frame2 before frame10."""
    return [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", name)]


def require_video(place: Path) -> None:
    """Raises MissingInputError or DataError if it is a file that cannot be read here, or a folder without frames."""
    if not place.is_dir():
        _opened(place).release()
    elif not own_video(place).stated_frames:
        raise DataError(
            f"{place}: found no pictures in this folder, expected the frames of a video; folders in it are not read. "
            f"Name {_likelier_place(place)}: --params frames=<folder or video file>"
        )


def _likelier_place(folder: Path) -> str:
    """A video in the folder, else a folder in it, that may have been meant."""
    inside = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    videos = [path for path in inside if path.suffix.lower() in VIDEOS]
    likelier = videos or [path for path in inside if path.is_dir()]
    return f"another place, such as {likelier[0]}" if likelier else "another place"


def opencv(purpose: str) -> ModuleType:
    """Raises MissingInputError without it.  purpose: what needs it, the beginning of the message."""
    return optional_package("cv2", "opencv-python-headless", "video", purpose)


def _of_folder(pictures: OwnPictures, rate: float) -> Iterator[Frame]:
    for number, file in enumerate(pictures):
        try:
            if file.fault is not None:
                raise DataError(file.fault)
            picture, _ = read_upright(file.path)
        except DataError as error:
            yield Frame(number, file.name, number / rate, None, str(error))
        else:
            yield Frame(number, file.name, number / rate, picture)


def _of_file(place: Path) -> Iterator[Frame]:
    cv2, video = opencv(str(place)), _opened(place)
    try:
        step = 1 / (video.get(cv2.CAP_PROP_FPS) or USUAL_RATE)
        number, seconds = 0, 0.0
        while True:
            is_there, pixels = video.read()
            if not is_there:
                break
            seconds = later(seconds, video.get(cv2.CAP_PROP_POS_MSEC) / 1000, step) if number else 0.0
            yield Frame(number, place.name, seconds, Image.fromarray(pixels[..., ::-1].copy()))
            number += 1
        promised = int(video.get(cv2.CAP_PROP_FRAME_COUNT))
        if number < promised - 1:  # some count one more
            logger.warning("%s: %d frames could be read of %d that it says it holds", place, number, promised)
    finally:
        video.release()


def later(before: float, stated: float, step: float) -> float:
    """When a frame was taken: as stated, or a step after the one before, for some files' times stand still."""
    return stated if stated > before else before + step


def _promised(place: Path) -> int:
    video = _opened(place)
    frames = int(video.get(opencv(str(place)).CAP_PROP_FRAME_COUNT))
    video.release()
    return max(0, frames)


def _opened(place: Path) -> Any:
    cv2 = opencv(f"{place} is no folder of pictures, and to read it as a video")
    video = cv2.VideoCapture(str(place))
    if not video.isOpened():
        raise DataError(
            f"{place}: OpenCV {cv2.__version__} cannot read this as a video; expected one, or a folder of pictures. "
            "Make pictures of it: ffmpeg -i <file> <folder>/%06d.jpg"
        )
    return video
