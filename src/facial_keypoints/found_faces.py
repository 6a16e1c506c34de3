"""What was found in pictures, as a table: a row a face, and one for each picture without any, with the reason."""

import logging
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from facial_keypoints.box_fit import BOX
from facial_keypoints.confidence import Calibration
from facial_keypoints.detection import overlaps
from facial_keypoints.geometry import inner_crop_matrix, transform_points
from facial_keypoints.landmarks import (
    AnnotatedFace,
    ImglabBox,
    ImglabImage,
    LandmarkScheme,
    format_coco,
    format_imglab,
)
from facial_keypoints.looking import Looker, Seen
from facial_keypoints.norms import outer_eye_corners
from facial_keypoints.own_pictures import is_named_otherwise
from facial_keypoints.point_table import column_names, keypoints_of, table_of_faces
from facial_keypoints.searching import Candidate

logger = logging.getLogger(__name__)

SAME_FACE = 0.5  # overlap of the rectangles around two faces' points, above which they are one
ABOUT = ["file", "face", "reason", "width", "height", *BOX, "score", "confidence", "expected_nme", "expected_px"]
WHOLE = {"face": "Int64", "width": "Int64", "height": "Int64"}  # integers that may be missing
ERROR = "error_px"  # before a point's index: its expected error

Points = NDArray[np.float64]


class Judged(NamedTuple):
    """Points of candidates (N, K, 2) in pixels of their images, and what can be expected of them: NaN if unknown.

    confidence: (N,) the chance that it is a face found with an NME below 8 %. expected_nme: (N,) in percent.
    expected: (N, K) of each point, in pixels of the images.
    """

    points: Points
    confidence: NDArray[np.float64]
    expected_nme: NDArray[np.float64]
    expected: NDArray[np.float64]


def table_of_found(
    candidates: Iterable[Candidate], looker: Looker, calibration: Calibration | None, batch_size: int
) -> pd.DataFrame:
    """A row for each candidate, in order: ABOUT, points x00, y00, ... and expected errors of each point.

    All in pixels of the upright pictures.  Faces are looked at in batches, of one picture or of several.
    """
    rows = (
        row
        for batch in batches(candidates, batch_size)
        for row in _rows(batch, judged(batch, looker, calibration), looker.scheme)
    )
    table = table_of_faces(rows)
    if table.empty:
        return pd.DataFrame(columns=[*ABOUT, *error_columns(looker.scheme), *column_names(range(looker.scheme.size))])
    return table.astype(WHOLE)


def batches(candidates: Iterable[Candidate], size: int) -> Iterator[list[Candidate]]:
    """Candidates in order, at most `size` of them with an image in a batch."""
    batch: list[Candidate] = []
    images = 0
    for candidate in candidates:
        batch.append(candidate)
        images += candidate.image is not None
        if images == size:
            yield batch
            batch, images = [], 0
    if batch:
        yield batch


def judged(batch: list[Candidate], looker: Looker, calibration: Calibration | None) -> Judged:
    """What the network and its calibration say of those candidates that have an image."""
    images = [candidate.image for candidate in batch if candidate.image is not None]
    cut, count = looker.cut, looker.scheme.size
    if not images:
        return Judged(np.empty((0, count, 2)), np.empty(0), np.empty(0), np.empty((0, count)))
    first = np.broadcast_to(inner_crop_matrix(cut, looker.crop), (len(images), 2, 3))
    return judgement(looker.look(np.stack(images), first), looker.scheme, calibration)


def judgement(seen: Seen, scheme: LandmarkScheme, calibration: Calibration | None) -> Judged:
    """What can be expected of the points that were seen: nothing without a calibration."""
    count, points = seen.points.shape[:2]
    if calibration is None:
        unknown = np.full(count, np.nan)
        return Judged(seen.points, unknown, unknown, np.full((count, points), np.nan))
    norm = outer_eye_corners(seen.points, scheme)
    expected = calibration.errors_of_points(seen) * norm[:, None] / 100
    return Judged(seen.points, calibration.chances(seen), calibration.face_errors(seen), expected)


def _rows(
    batch: list[Candidate], judged: Judged, scheme: LandmarkScheme
) -> Iterator[tuple[dict[str, Any], NDArray[np.float64]]]:
    judgements = iter(range(len(judged.points)))
    nothing = np.full((scheme.size, 2), np.nan)
    for candidate in batch:
        about: dict[str, Any] = dict.fromkeys(ABOUT, np.nan)
        width, height = candidate.size or (np.nan, np.nan)
        about |= {"file": candidate.file, "reason": candidate.reason, "width": width, "height": height}
        expected, points = np.full(scheme.size, np.nan), nothing
        if candidate.box is not None and candidate.to_picture is not None:
            row, pixel = next(judgements), candidate.to_picture[0, 0]
            points = transform_points(candidate.to_picture, judged.points[row])
            expected = judged.expected[row] * pixel
            about |= dict(zip(BOX, candidate.box.tolist(), strict=True))
            about |= {"score": candidate.score, "confidence": judged.confidence[row]}
            about |= {"expected_nme": judged.expected_nme[row], "expected_px": expected.mean()}
        yield about | dict(zip(error_columns(scheme), expected.tolist(), strict=True)), points


def error_columns(scheme: LandmarkScheme) -> list[str]:
    return [f"{ERROR}{index:02d}" for index in range(scheme.size)]


def faces_kept(table: pd.DataFrame, scheme: LandmarkScheme, least_confidence: float) -> pd.DataFrame:
    """The table less what is no face found well, and less faces that were found twice; each face has its number.

    A picture that loses all has a row with the reason.  Faces whose confidence is not known (NaN) are kept.
    """
    if table.empty:
        return table
    is_face = table["reason"].isna()
    doubtful = is_face & (table["confidence"] < least_confidence)
    kept = is_face & ~doubtful & ~_found_before(table, is_face & ~doubtful, scheme)
    has_none = ~table["file"].isin(table["file"][kept])
    told = table[kept | (has_none & ~table.duplicated("file"))].copy()
    lost = told["reason"].isna() & has_none[told.index]
    counts = doubtful.groupby(table["file"]).sum()
    told.loc[lost, "reason"] = [
        f"no face: confidence below {least_confidence:g} in each place that was found ({counts[file]})"
        for file in told["file"][lost]
    ]
    facts = ["file", "reason", "width", "height"]
    told.loc[lost, [name for name in told.columns if name not in facts]] = np.nan
    faces = told["reason"].isna()
    told.loc[faces, "face"] = told[faces].groupby("file").cumcount()
    return told.reset_index(drop=True)


def _found_before(table: pd.DataFrame, candidates: pd.Series, scheme: LandmarkScheme) -> pd.Series:
    """Of the rows that are candidates, which are the face of another one that is likelier or comes first."""
    repeated = pd.Series(False, index=table.index)
    chosen = table[candidates]
    points = dict(zip(chosen.index, keypoints_of(chosen, scheme), strict=True))
    for _, rows in chosen.groupby("file", sort=False):
        kept: list[NDArray[np.floating]] = []
        for row in rows["confidence"].sort_values(ascending=False, kind="stable").index:
            low, high = points[row].min(axis=0), points[row].max(axis=0)
            box = np.concatenate([low, high - low]).astype(np.float64)
            repeated[row] = bool(kept) and overlaps(np.stack(kept), box).max() > SAME_FACE
            if not repeated[row]:
                kept.append(box)
    return repeated


def summary(table: pd.DataFrame) -> str:
    """ "faces: 12, in 9 of 11 pictures; without: 2; not read: 1; no pictures: 240"

    The last are files that could not be read and whose names say so.
    """
    faces = table[table["reason"].isna()]
    with_faces, files = faces["file"].nunique(), table["file"].nunique()
    unread = table["file"][table["reason"].notna() & table["width"].isna()]
    others = sum(map(is_named_otherwise, unread))
    pictures = files - len(unread)
    text = f"faces: {len(faces)}, in {with_faces} of {pictures} pictures; without: {pictures - with_faces}"
    return f"{text}; not read: {len(unread) - others}" + (f"; no pictures: {others}" if others else "")


def unread(table: pd.DataFrame, first: int = 5) -> str:
    """ "a.jpg (an empty file), b.jpg (...) and 7 more": pictures that could not be read; "" if there are none."""
    rows = table[table["reason"].notna() & table["width"].isna() & ~table["file"].map(is_named_otherwise).astype(bool)]
    told = [f"{file} ({reason})" for file, reason in zip(rows["file"][:first], rows["reason"][:first], strict=True)]
    return ", ".join(told) + (f" and {len(rows) - first} more" if len(rows) > first else "")


def imglab_of(table: pd.DataFrame, scheme: LandmarkScheme) -> str:
    """The pictures that were read and their faces as dlib's XML: whole pixels, of the upright pictures."""
    images = []
    for file, rows in table[table["width"].notna()].groupby("file", sort=False):
        faces = rows[rows["reason"].isna()]
        boxes = zip(faces[BOX].to_numpy(np.float64).tolist(), keypoints_of(faces, scheme), strict=True)
        size = (int(rows["width"].iloc[0]), int(rows["height"].iloc[0]))
        images.append(ImglabImage(str(file), *size, tuple(_imglab_box(*face) for face in boxes)))
    comment = "Predicted by facial-keypoints. Pictures are upright: as EXIF says."
    return format_imglab(images, name="predicted faces", comment=comment, names=scheme.names)


def _imglab_box(box: list[float], points: NDArray[np.floating]) -> ImglabBox:
    left, top, width, height = box
    return ImglabBox(left, top, width, height, points)


def coco_of(table: pd.DataFrame, scheme: LandmarkScheme) -> str:
    """The pictures that were read and their faces as COCO keypoints, of the upright pictures."""
    read = table[table["width"].notna()]
    faces = read[read["reason"].isna()]
    annotated = [
        AnnotatedFace(file, points.astype(np.float64), box, where="")
        for file, box, points in zip(
            faces["file"], faces[BOX].to_numpy(np.float64), keypoints_of(faces, scheme), strict=True
        )
    ]
    sizes = {file: (int(width), int(height)) for file, width, height in read[["file", "width", "height"]].to_numpy()}
    return format_coco(annotated, sizes, scheme)
