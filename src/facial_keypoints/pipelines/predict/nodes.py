"""Faces in somebody's own pictures: boxes, points, how far to trust them, and all of it as others can read it."""

import logging
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from PIL import Image

from facial_keypoints.box_fit import BOX
from facial_keypoints.errors import DataError
from facial_keypoints.figures.captions import caption_length, shortened
from facial_keypoints.figures.faces import contact_sheet
from facial_keypoints.figures.found_faces import resized_with_faces, scale_of
from facial_keypoints.figures.notice import notice
from facial_keypoints.found_faces import coco_of, faces_kept, imglab_of, summary, table_of_found, unread
from facial_keypoints.given_boxes import given_boxes
from facial_keypoints.landmarks import LandmarkScheme
from facial_keypoints.looking import looker
from facial_keypoints.options import PredictOptions
from facial_keypoints.own_pictures import OwnPictures, read_upright
from facial_keypoints.pipelines.chosen_network import Network
from facial_keypoints.point_table import keypoints_of
from facial_keypoints.progress import progress
from facial_keypoints.searching import box_finder, candidates, warn_of_boxes_without_picture

logger = logging.getLogger(__name__)

ON_SHEET = 40  # pictures
SHEET_COLUMNS = 5
THUMBNAIL = 600  # pixels
LONGEST_NAME = 200  # bytes; file systems take 255


def find_faces(pictures: OwnPictures, network: Network, options: PredictOptions) -> pd.DataFrame:
    """A row for each face of each picture, and for each file without one: `found_faces.table_of_found`."""
    given = given_boxes(Path(options.boxes), network.scheme) if options.boxes else None
    if given is not None:
        warn_of_boxes_without_picture(given, pictures)
    looks = looker(network.checkpoint, options.rounds, options.flip_average, options.device)
    files = progress(pictures, "looking for faces")
    found = candidates(files, box_finder(options, given), looks.cut)
    table = table_of_found(found, looks, network.calibration, options.batch_size)
    kept = faces_kept(table, network.scheme, options.least_confidence)
    logger.info("%s: %s", pictures.place, summary(kept))
    if broken := unread(kept):
        logger.warning("not read: %s", broken)
    if table["reason"].isna().any() and not kept["reason"].isna().any():
        logger.warning(
            "all of the %d places where faces may be are left out, their confidence being below %g. To see them: "
            "--params predict.least_confidence=0",
            *(table["reason"].isna().sum(), options.least_confidence),
        )
    return kept


def write_files(table: pd.DataFrame, network: Network) -> tuple[pd.DataFrame, str, str]:
    """The table, as dlib's XML, as COCO keypoints."""
    return table, imglab_of(table, network.scheme), coco_of(table, network.scheme)


def draw_pictures(
    pictures: OwnPictures, table: pd.DataFrame, network: Network, options: PredictOptions
) -> Iterable[tuple[str, bytes]]:
    """Each picture that was read, with boxes and points, as JPEG by name: made one by one, while they are written."""
    paths = {file.name: file.path for file in pictures}
    read = table[table["width"].notna()]
    names = drawn_names(list(dict.fromkeys(read["file"])))
    by_file = {str(file): rows for file, rows in read.groupby("file", sort=False)}
    return _Drawn(names, by_file, paths, network.scheme, options.drawn_size)


class _Drawn:
    """Iterates over (name, JPEG); an iterator of its own each time, so that nothing is kept."""

    def __init__(
        self,
        names: dict[str, str],
        by_file: dict[str, pd.DataFrame],
        paths: dict[str, Path],
        scheme: LandmarkScheme,
        size: int,
    ) -> None:
        self._names, self._by_file, self._paths, self._scheme, self._size = names, by_file, paths, scheme, size

    def __iter__(self) -> Iterator[tuple[str, bytes]]:
        for file, name in progress(self._names.items(), "drawing pictures"):
            try:
                picture = drawn(self._paths[file], self._by_file[file], self._scheme, self._size)
            except DataError as error:  # it has changed since it was read
                logger.warning("%s is not drawn: %s", file, error)
                continue
            content = BytesIO()
            picture.save(content, "JPEG", quality=90)
            yield name, content.getvalue()


def drawn(path: Path, rows: pd.DataFrame, scheme: LandmarkScheme, size: int) -> Image.Image:
    """A picture with its faces, its longer side `size` pixels.  Raises DataError if it cannot be read."""
    width, height = rows[["width", "height"]].iloc[0]
    picture, _ = read_upright(path, shrink=1 / scale_of((width, height), size))
    faces = rows[rows["reason"].isna()]
    boxes, points = faces[BOX].to_numpy(np.float64), keypoints_of(faces, scheme)
    labels = [f"{value:.0%}" if np.isfinite(value) else "" for value in faces["confidence"]]
    return resized_with_faces(picture, (width, height), size, boxes, points, labels, scheme)


def drawn_names(files: list[str]) -> dict[str, str]:
    """A name ending in .jpg for each picture, after its own, folders included; numbered where two would be the same."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for file in files:
        stem = str(PurePosixPath(file).with_suffix("")).replace("/", "_").replace("\\", "_")
        stem = stem.encode()[:LONGEST_NAME].decode(errors="ignore")
        name, number = f"{stem}.jpg", 2
        while name.lower() in taken:
            name, number = f"{stem}_{number}.jpg", number + 1
        taken.add(name.lower())
        names[file] = name
    return names


def draw_sheet(pictures: OwnPictures, table: pd.DataFrame, network: Network) -> Figure:
    """The pictures with their points, small, beside each other: the first 40."""
    paths = {file.name: file.path for file in pictures}
    tiles, titles = [], []
    read = table[table["width"].notna()]
    by_file = list(read.groupby("file", sort=False))[:ON_SHEET]
    longest = caption_length(min(SHEET_COLUMNS, max(1, len(by_file))))
    for name, rows in by_file:
        file = str(name)
        try:
            tiles.append(np.asarray(drawn(paths[file], rows, network.scheme, THUMBNAIL)))
        except DataError:
            continue
        faces = int(rows["reason"].isna().sum())
        caption = shortened(PurePosixPath(file).name, longest)
        titles.append(f"{caption}\n{faces or 'no'} face{'' if faces == 1 else 's'}")
    if not tiles:
        return notice("Nothing to draw: no picture could be read.")
    count = read["file"].nunique()
    some = f", the first {len(tiles)} of {count} pictures" if count > len(tiles) else ""
    title = f"Your own pictures: {summary(table)}{some}; points of {network.checkpoint.training.name}"
    return contact_sheet(tiles, titles=titles, title=title, columns=SHEET_COLUMNS)
