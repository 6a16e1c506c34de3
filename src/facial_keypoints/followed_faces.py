"""Faces followed through a video, as a table: a row a face a frame, and one with a reason for each frame without any.

Points are filtered on the way; those that the network saw stand beside them.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from facial_keypoints.box_fit import BOX
from facial_keypoints.following import Face
from facial_keypoints.found_faces import WHOLE
from facial_keypoints.landmarks import LandmarkScheme
from facial_keypoints.norms import face_size
from facial_keypoints.one_euro import OneEuro
from facial_keypoints.own_video import Frame
from facial_keypoints.point_table import column_names, keypoints_of, table_of_faces
from facial_keypoints.searching import NO_FACE

EXPECTED = ["confidence", "expected_nme", "expected_px"]
ABOUT = ["frame", "seconds", "file", "face", "reason", "width", "height", *BOX, "score", *EXPECTED]
RAW = "raw_"  # before the columns of points as the network saw them

Follow = Callable[[Image.Image, float], list[Face]]
NewFilter = Callable[[], OneEuro] | None


def table_of_followed(
    frames: Iterable[Frame], follow: Follow, new_filter: NewFilter, scheme: LandmarkScheme
) -> pd.DataFrame:
    """A row a face a frame, in order: ABOUT, the points x00, y00, ... filtered, and raw_x00, ... as they were seen.

    In pixels of the frames.  new_filter: makes a face's filter; None: both kinds of points are the same.
    """
    table = table_of_faces(_rows(frames, follow, new_filter, scheme))
    raw = raw_columns(scheme)
    if table.empty:
        return pd.DataFrame(columns=[*ABOUT, *raw, *column_names(range(scheme.size))])
    return table.astype(WHOLE | dict.fromkeys(raw, np.float32))


def raw_columns(scheme: LandmarkScheme) -> list[str]:
    return [f"{RAW}{name}" for name in column_names(range(scheme.size))]


def raw_points_of(table: pd.DataFrame, scheme: LandmarkScheme) -> NDArray[np.floating]:
    """The points (N, K, 2) as the network saw them."""
    raw = table[raw_columns(scheme)]
    return keypoints_of(raw.rename(columns=lambda name: name.removeprefix(RAW)), scheme)


def _rows(
    frames: Iterable[Frame], follow: Follow, new_filter: NewFilter, scheme: LandmarkScheme
) -> Iterator[tuple[dict[str, Any], NDArray[np.floating]]]:
    filters: dict[int, OneEuro] = {}
    nothing = np.full((scheme.size, 2), np.nan)
    for frame in frames:
        about: dict[str, Any] = dict.fromkeys([*ABOUT, *raw_columns(scheme)], np.nan)
        about |= {"frame": frame.number, "seconds": frame.seconds, "file": frame.file}
        if frame.picture is None:  # whoever is followed is looked for in the next one
            yield about | {"reason": frame.fault}, nothing
            continue
        about |= {"width": frame.picture.width, "height": frame.picture.height}
        faces = follow(frame.picture, frame.seconds)
        if not faces:
            yield about | {"reason": NO_FACE}, nothing
        if new_filter is not None:  # that of a face which is lost is forgotten with it
            filters = {face.number: filters.get(face.number) or new_filter() for face in faces}
        for face in faces:
            filtered = face.points
            if new_filter is not None:
                size = float(face_size(face.points[None], scheme)[0])
                filtered = filters[face.number](face.points, frame.seconds, size)
            values = (face.score, face.confidence, face.expected_nme, face.expected_px)
            of_face = {"face": face.number, "reason": None, **dict(zip(["score", *EXPECTED], values, strict=True))}
            of_face |= dict(zip(BOX, face.box.tolist(), strict=True))
            raw = dict(zip(raw_columns(scheme), face.points.ravel().tolist(), strict=True))
            yield about | of_face | raw, filtered


def summary(table: pd.DataFrame) -> str:
    """ "frames: 120, with faces: 118, not read: 1; faces followed: 3" """
    faces = table[table["reason"].isna()]
    unread = int((table["reason"].notna() & table["width"].isna()).sum())
    counts = f"frames: {table['frame'].nunique()}, with faces: {faces['frame'].nunique()}, not read: {unread}"
    return f"{counts}; faces followed: {faces['face'].nunique()}"
