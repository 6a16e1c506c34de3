"""Faces in somebody's own video, followed from frame to frame, their points filtered against jitter."""

import logging
from collections.abc import Iterable, Iterator
from functools import partial
from io import BytesIO

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from PIL import Image

from facial_keypoints.box_fit import BOX
from facial_keypoints.datasets.archive import Archive
from facial_keypoints.datasets.video_file import MadeVideo
from facial_keypoints.figures.course import course_figure
from facial_keypoints.figures.found_faces import resized_with_faces
from facial_keypoints.figures.notice import notice
from facial_keypoints.followed_faces import raw_points_of, summary, table_of_followed
from facial_keypoints.following import Follower
from facial_keypoints.found_faces import unread
from facial_keypoints.landmarks import LandmarkScheme
from facial_keypoints.looking import looker
from facial_keypoints.one_euro import OneEuro
from facial_keypoints.options import PredictOptions, TrackOptions
from facial_keypoints.own_video import USUAL_RATE, OwnVideo
from facial_keypoints.pipelines.chosen_network import Network
from facial_keypoints.point_table import keypoints_of
from facial_keypoints.progress import progress
from facial_keypoints.searching import picture_searcher

logger = logging.getLogger(__name__)

QUALITY = 90  # of drawn frames as JPEG


def follow_faces(
    video: OwnVideo, network: Network, looking: PredictOptions, options: TrackOptions
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A row for each face of each frame, and for each frame without one: `followed_faces.table_of_followed`, twice."""
    follow = Follower(
        looker(network.checkpoint, looking.rounds, looking.flip_average, looking.device),
        network.calibration,
        picture_searcher(looking),
        least_new=looking.least_confidence,
        least=options.least_confidence,
        search_every=options.search_every,
    )
    frames = progress(video.frames(options.frames_per_second), "following faces", video.stated_frames)
    new_filter = partial(OneEuro, options.min_cutoff, options.beta) if options.filter else None
    table = table_of_followed(frames, follow, new_filter, network.scheme)
    others = f"; no pictures: {video.left_out}" if video.left_out else ""
    logger.info("%s: %s%s", video.place, summary(table), others)
    if broken := unread(table):
        logger.warning("not read: %s", broken)
    if not table["reason"].isna().any():
        logger.warning(
            "no face was found in any frame. Those that nearly are: --params predict.least_confidence=0; a detector "
            "that finds more: docs/own_pictures.md, Finding faces"
        )
    return table, table


def draw_frames(
    video: OwnVideo, table: pd.DataFrame, network: Network, looking: PredictOptions, options: TrackOptions
) -> Iterable[tuple[str, bytes]]:
    """Each frame that was read, with boxes, points and the faces' numbers, as JPEG: made one by one while written."""
    return _Drawn(video, table, network.scheme, looking.drawn_size, options.frames_per_second)


class _Drawn:
    """Iterates over (name, JPEG); an iterator of its own each time, so that nothing is kept."""

    def __init__(self, video: OwnVideo, table: pd.DataFrame, scheme: LandmarkScheme, size: int, rate: float) -> None:
        self._video, self._table, self._scheme, self._size, self._rate = video, table, scheme, size, rate

    def __iter__(self) -> Iterator[tuple[str, bytes]]:
        rows = dict(iter(self._table.groupby("frame")))
        for frame in progress(self._video.frames(self._rate), "drawing frames", self._video.stated_frames):
            if frame.picture is not None and frame.number in rows:
                content = BytesIO()
                self._drawn(frame.picture, rows[frame.number]).save(content, "JPEG", quality=QUALITY)
                yield name_of(frame.number), content.getvalue()

    def _drawn(self, picture: Image.Image, rows: pd.DataFrame) -> Image.Image:
        faces = rows[rows["reason"].isna()]
        labels = [
            f"{number}" + (f": {confidence:.0%}" if np.isfinite(confidence) else "")
            for number, confidence in zip(faces["face"], faces["confidence"], strict=True)
        ]
        boxes, points = faces[BOX].to_numpy(np.float64), keypoints_of(faces, self._scheme)
        return resized_with_faces(picture, picture.size, self._size, boxes, points, labels, self._scheme)


def name_of(frame: int) -> str:
    """frame_000012.jpg: names sort as the frames do, and other tools join them."""
    return f"frame_{frame:06d}.jpg"


def join_frames(drawn_frames: Archive, table: pd.DataFrame) -> MadeVideo:
    """The drawn frames as a video as long as they took, at their mean rate: at each of its times the nearest one.

    In place of one that could not be read stands the one before.
    """
    frames = table.drop_duplicates("frame")
    seconds = frames["seconds"].to_numpy(np.float64)
    if len(seconds) < 2:
        return MadeVideo(_shown(drawn_frames, frames["frame"]), USUAL_RATE)
    rate = (len(seconds) - 1) / (seconds[-1] - seconds[0])
    times = seconds[0] + np.arange(len(seconds)) / rate
    between = (seconds[1:] + seconds[:-1]) / 2
    return MadeVideo(_shown(drawn_frames, frames["frame"].iloc[np.searchsorted(between, times)]), float(rate))


def _shown(drawn_frames: Archive, numbers: Iterable[int]) -> Iterator[Image.Image]:
    shown = None
    for number in numbers:
        if (path := drawn_frames / name_of(number)).is_file():
            shown = Image.open(path).convert("RGB")
        if shown is not None:
            yield shown


def draw_course(table: pd.DataFrame, network: Network) -> Figure:
    """Where some points of the face that was followed longest were from frame to frame, as seen and filtered."""
    faces = table[table["reason"].isna()]
    if faces.empty:
        return notice("Nothing to draw: no face was followed.")
    longest = faces["face"].value_counts(sort=False).idxmax()
    rows = faces[faces["face"] == longest]
    return course_figure(
        rows["seconds"].to_numpy(np.float64),
        raw_points_of(rows, network.scheme),
        keypoints_of(rows, network.scheme),
        network.scheme,
        title=f"Your own video: face {longest} in {len(rows)} frames, by {network.checkpoint.training.name}",
    )
