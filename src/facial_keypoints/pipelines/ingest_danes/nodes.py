"""From the IMM Face Database's files to a table of annotations and a FaceSet."""

import logging
from pathlib import PurePosixPath

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from facial_keypoints.danes import FILE_NAME, TYPES
from facial_keypoints.datasets.archive import Archive
from facial_keypoints.errors import DataError
from facial_keypoints.eye_contours import EYES, reverse_eye, reversed_eyes
from facial_keypoints.faces import SPLITS, FaceSet
from facial_keypoints.figures.faces import before_and_after, contact_sheet
from facial_keypoints.geometry import identity
from facial_keypoints.ingested_images import whole_in_grey
from facial_keypoints.landmarks import IMM_58, load_asf
from facial_keypoints.options import IngestDanesOptions, PersonSplit
from facial_keypoints.outliers import REPAIRED
from facial_keypoints.photographs import is_grey, picture_facts, read_reduced
from facial_keypoints.pipelines.ingest_nodes import report
from facial_keypoints.point_table import keypoints_of, table_of_faces, with_keypoints, without_keypoints

logger = logging.getLogger(__name__)


def read_annotations(archive: Archive, options: IngestDanesOptions) -> pd.DataFrame:
    """One row a photograph: name, person, type, sex, split and the 58 points as in the files, relative to the picture.

    Raises DataError for a picture without annotation, the reverse, a name of another form or a broken `.asf`.
    """
    faces = []
    for name in paired_names(archive):
        match = FILE_NAME.fullmatch(name)
        if not match:
            raise DataError(
                f"{archive / name}.asf: found a name of another form, expected <person 01-99>-<type 1-6><m or f>, such "
                "as 07-3m.asf. Remove the file or name it so."
            )
        shape = load_asf(archive / f"{name}.asf", expected_points=IMM_58.size)
        if shape.image != f"{name}.jpg":
            raise DataError(
                f"{archive / name}.asf: it names the picture {shape.image!r}, expected {name}.jpg. "
                "The file was renamed or overwritten: restore it from the archive."
            )
        person = int(match["person"])
        row = {
            "name": name,
            "person": person,
            "type": int(match["type"]),
            "sex": match["sex"],
            "split": split_of(person, options.split),
        }
        faces.append((row, shape.points))
    table = table_of_faces(faces)
    unlisted = sorted(set(table.loc[table["split"].isna(), "person"].tolist()))
    if len(unlisted) == table["person"].nunique():
        raise DataError(
            f"{archive.folder}: found persons {unlisted}, none of them in ingest_danes.split. List them there."
        )
    if unlisted:
        logger.warning("persons %s are in no list of ingest_danes.split: their pictures are left out", unlisted)
    return table.dropna(subset="split").reset_index(drop=True)


def paired_names(archive: Archive) -> list[str]:
    """Names without ending of the annotated pictures.  Raises DataError unless pictures and annotations are pairs."""
    pictures = {PurePosixPath(name).stem for name in archive.names(".jpg")}
    annotations = {PurePosixPath(name).stem for name in archive.names(".asf")}
    if not pictures | annotations:
        raise DataError(
            f"{archive.folder}: found no .jpg and no .asf, expected the IMM Face Database (240 of each). "
            "Unpack its archive so that the files lie directly in this folder."
        )
    for lonely, present, absent in ((pictures - annotations, "jpg", "asf"), (annotations - pictures, "asf", "jpg")):
        if lonely:
            raise DataError(
                f"{archive.folder}: {len(lonely)} files have no partner, expected a .jpg and an .asf of each name: "
                + ", ".join(f"{name}.{present} without {name}.{absent}" for name in sorted(lonely)[:5])
                + ". Restore the missing files from the archive, or remove the lonely ones."
            )
    return sorted(pictures)


def split_of(person: int, split: PersonSplit) -> str | None:
    """The split that lists a person, None if no list has that person."""
    return next((name for name in SPLITS if person in getattr(split, name)), None)


def repair_annotations(annotations: pd.DataFrame, options: IngestDanesOptions) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Annotations with eye contours that run backwards turned around, and one row for each such eye.

    Returns (annotations, repairs); repairs has name, eye, first_point, last_point and repaired (whether it was).
    """
    points = keypoints_of(annotations, IMM_58)
    rows = []
    for row, eye in np.argwhere(reversed_eyes(points)):
        part = IMM_58.parts[EYES[eye]]
        name = annotations["name"].iloc[row]
        rows.append((name, EYES[eye], part[0], part[-1], options.repair_eye_contours))
        if options.repair_eye_contours:
            points[row] = reverse_eye(points[row], EYES[eye])
    repairs = pd.DataFrame(rows, columns=["name", "eye", "first_point", "last_point", "repaired"])
    verb = "repaired" if options.repair_eye_contours else "left as they are"
    logger.info("%d eye contours run backwards, %s: %s", len(repairs), verb, ", ".join(repairs["name"]) or "none")
    return with_keypoints(annotations, points), repairs


def cut_faces(archive: Archive, annotations: pd.DataFrame) -> tuple[pd.DataFrame, FaceSet]:
    """The whole photographs in grey, and the annotations with points in pixels and the colour of each picture.

    Returns (annotations, faces); annotations gains width, height, group, subset and colour ("grey" or "colour").
    """
    files = [f"{name}.jpg" for name in annotations["name"]]
    width, height = common_size(archive, files)
    colours = ["grey" if is_grey(np.asarray(read_reduced(archive / file, shrink=8)[0])) else "colour" for file in files]
    points = keypoints_of(annotations, IMM_58) * (width, height)
    group = annotations["person"].map("{:02d}".format)
    known = annotations.assign(colour=colours, width=width, height=height, group=group, subset="full")
    annotations = with_keypoints(known, points)
    faces = FaceSet(
        data_set="danes",
        images=whole_in_grey(archive, files, (height, width)),
        keypoints=points.astype(np.float32),
        to_source=np.tile(identity(), (len(files), 1, 1)),
        table=without_keypoints(annotations),
        scheme=IMM_58,
    )
    logger.info("%d faces: %s", len(faces), faces.table["split"].value_counts(sort=False).to_dict())
    return annotations, faces


def common_size(archive: Archive, files: list[str]) -> tuple[int, int]:
    """Width and height of all photographs.  Raises DataError if they differ."""
    first, *others = ((facts.width, facts.height) for facts in (picture_facts(archive / file) for file in files))
    for file, size in zip(files[1:], others, strict=True):
        if size != first:
            raise DataError(
                f"{archive / file}: found {size[0]} x {size[1]} pixels, expected {first[0]} x {first[1]} "
                "like the pictures before it. Restore the original."
            )
    return first


def draw_samples(faces: FaceSet) -> Figure:
    """Two persons' six pictures each, with their annotations."""
    persons = faces.table["person"].drop_duplicates().iloc[[0, -1]]
    chosen = faces.select(faces.table["person"].isin(persons).to_numpy())
    return contact_sheet(
        chosen.images,
        truth=chosen.keypoints,
        scheme=IMM_58,
        titles=[f"{row['name']}: {TYPES[row['type']]}" for _, row in chosen.table.iterrows()],
        title="The Danes: two persons' photographs with their 58 points",
        zoom=True,
    )


def draw_repairs(faces: FaceSet, repairs: pd.DataFrame) -> Figure:
    """Each eye whose contour ran backwards, before and after."""
    rows = [int(np.flatnonzero(faces.table["name"] == name)[0]) for name in repairs["name"]]
    turned = (
        np.stack([reverse_eye(faces.keypoints[row], eye) for row, eye in zip(rows, repairs["eye"], strict=True)])
        if rows
        else np.empty((0, IMM_58.size, 2))
    )
    current = faces.keypoints[rows]
    repaired = bool(repairs["repaired"].all())
    return before_and_after(
        faces.images[rows],
        before=turned if repaired else current,
        after=current if repaired else turned,
        scheme=IMM_58,
        titles=[f"{name} {eye}" for name, eye in zip(repairs["name"], repairs["eye"], strict=True)],
        title=f"{len(repairs)} eye contours that ran backwards, before and after"
        + ("" if repaired else " (not applied: repair_eye_contours is false)"),
    )


def report_danes(
    faces: FaceSet, annotations: pd.DataFrame, repairs: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame, Figure]:
    """What was read: a table of counts and measures, one of single faces (repaired, outliers, ...), a figure."""
    notes = pd.DataFrame(
        {
            "name": repairs["name"],
            "kind": np.where(repairs["repaired"], REPAIRED, "not repaired"),
            "reason": "the contour of the " + repairs["eye"].str.replace("_", " ") + " ran backwards",
        }
    )
    return report(faces, annotations, notes)
