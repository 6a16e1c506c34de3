"""What was read of a data set, as a table for people: counts, repairs, scatter, boxes, picture sizes."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from facial_keypoints.box_fit import box_fit, box_origin, boxed_faces
from facial_keypoints.faces import UNLABELLED
from facial_keypoints.landmarks import LandmarkScheme
from facial_keypoints.outliers import (
    LEFT_OUT,
    OUTLIER,
    REJECTED,
    REPAIRED,
    labelled_faces,
    noted_faces,
    outlier_limit,
    outlier_rows,
    outliers,
)
from facial_keypoints.procrustes import aligned_shapes, distances_to_mean, point_distances

COLUMNS = ["section", "item", "value", "detail"]
KINDS = (REPAIRED, REJECTED, LEFT_OUT)  # of noted items; shown even where there is none
FREQUENT_SIZES = 3
NAMES_SHOWN = 5
FIT = {
    "side_ratio": "box side / landmark extent",
    "centre_x": "landmarks' centre right of the box's, in box sides",
    "centre_y": "landmarks' centre below the box's, in box sides",
}
FACE_NUMBER = r"#\d+$"  # NAME#0, NAME#1: two faces of one photograph

__all__ = ["noted_faces", "outliers", "report_table"]

Row = tuple[str, str, str, str]


def report_table(annotations: pd.DataFrame, noted: pd.DataFrame, scheme: LandmarkScheme) -> pd.DataFrame:
    """A table of text: section, item, value, detail.

    annotations: a row a face with name, group, split, width and height of the photograph, and optionally file, subset,
    source, points_from, a box (box_left, box_top, box_width, box_height, box_from) and points (x00, y00, ...; NaN where
    unlabelled), all in pixels of the photograph.  noted: a row an item with name, kind and reason.
    """
    labelled, points = labelled_faces(annotations, scheme)
    rows = [
        *_counts(annotations, len(labelled)),
        *_noted(noted),
        *_outside(labelled, points),
        *_scatter(points, scheme),
        *_outliers(labelled, points, scheme),
        *_boxes(annotations, scheme),
        *_eye_distances(points, scheme),
        *_sizes(annotations),
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def photographs(annotations: pd.DataFrame) -> pd.DataFrame:
    """The first face of each photograph: those of one `file`, or where there is no such column, of one name less #n."""
    photograph = (
        annotations["file"] if "file" in annotations else annotations["name"].str.replace(FACE_NUMBER, "", regex=True)
    )
    return annotations[~photograph.duplicated()]


def picture_sizes(annotations: pd.DataFrame) -> pd.DataFrame:
    """How many photographs have which size: width, height, count, the most frequent first, then the smaller."""
    sizes = photographs(annotations).groupby(["width", "height"]).size().reset_index(name="count")
    return sizes.sort_values(["count", "width", "height"], ascending=[False, True, True], ignore_index=True)


def first_of(names: Sequence[str]) -> str:
    """The first few names, and how many more there are."""
    more = len(names) - NAMES_SHOWN
    return ", ".join(map(str, names[:NAMES_SHOWN])) + (f" and {more} more" if more > 0 else "")


def in_words(size: pd.Series) -> str:
    """A row of `picture_sizes`, such as 640 x 480."""
    return f"{size['width']:.0f} x {size['height']:.0f}"


def noted_kinds(noted: pd.DataFrame) -> list[str]:
    """The kinds to report: those of every report, then others that were noted. Outliers have their own section."""
    return [kind for kind in dict.fromkeys([*KINDS, *noted["kind"]]) if kind != OUTLIER]


def _counts(annotations: pd.DataFrame, labelled: int) -> Iterator[Row]:
    yield "counts", "faces", str(len(annotations)), ""
    yield "counts", "faces with points", str(labelled), ""
    yield "counts", "photographs", str(len(photographs(annotations))), ""
    labelled_ones = annotations.loc[annotations["split"] != UNLABELLED, ["group", "split"]]
    splits = labelled_ones.groupby("group")["split"].nunique()
    yield (
        "counts",
        "groups",
        str(annotations["group"].nunique()),
        f"{(splits > 1).sum()} of them in more than one split",
    )
    for column in ("split", "subset", "source", "points_from"):
        if column in annotations:
            for value, count in annotations[column].value_counts(sort=False).items():
                share = f"{100 * count / len(annotations):.0f} % of the faces"
                yield "counts", f"{column.replace('_', ' ')}: {value}", str(count), share


def _noted(noted: pd.DataFrame) -> Iterator[Row]:
    for kind in noted_kinds(noted):
        items = noted[noted["kind"] == kind]
        yield kind, "all", str(len(items)), ""
        for reason, count in items["reason"].value_counts().items():
            yield kind, str(reason), str(count), first_of(items.loc[items["reason"] == reason, "name"].tolist())


def _outside(labelled: pd.DataFrame, points: NDArray[np.floating]) -> Iterator[Row]:
    sizes = labelled[["width", "height"]].to_numpy(dtype=np.float64)[:, None]
    outside: NDArray[np.bool_] = np.any((points < 0) | (points > sizes), axis=-1)
    names = labelled["name"].iloc[np.flatnonzero(outside.any(axis=1))].tolist()
    yield "points", "outside the picture", str(outside.sum()), f"of {outside.size}"
    yield "points", "faces with points outside", str(len(names)), first_of(names)


def _scatter(points: NDArray[np.floating], scheme: LandmarkScheme) -> Iterator[Row]:
    distances = point_distances(*aligned_shapes(points), scheme)
    distances = distances[np.isfinite(distances).all(axis=1)]
    if not len(distances):
        yield "scatter", "all points", "none", "no face has points that differ"
        return
    parts = {name: list(part) for name, part in scheme.parts.items() if part}
    for name, indices in {"all points": list(range(scheme.size)), **parts}.items():
        rms = np.sqrt(np.square(distances[:, indices]).mean(dtype=np.float64))
        yield (
            "scatter",
            name.replace("_", " "),
            f"{rms:.1f} %",
            "rms distance to the mean shape, of the inter-ocular distance",
        )


def _outliers(labelled: pd.DataFrame, points: NDArray[np.floating], scheme: LandmarkScheme) -> Iterator[Row]:
    distances = distances_to_mean(*aligned_shapes(points), scheme)
    names = labelled["name"].iloc[outlier_rows(distances)].tolist()
    yield "outliers", "faces beyond the limit", str(len(names)), first_of(names)
    if np.isfinite(distances).any():
        farthest = labelled["name"].iloc[np.nanargmax(distances)]
        median, limit = np.nanmedian(distances), outlier_limit(distances)
        detail = f"{farthest}; the median of all faces is {median:.1f} %, outliers begin at {limit:.1f} %"
        yield "outliers", "farthest face", f"{np.nanmax(distances):.1f} %", detail


def _boxes(annotations: pd.DataFrame, scheme: LandmarkScheme) -> Iterator[Row]:
    yield "boxes", "faces with a box", str(len(boxed_faces(annotations))), box_origin(annotations)
    fit = box_fit(annotations, scheme)
    for column, item in FIT.items():
        yield from _spread("boxes", item, fit[column], "z.2f")


def _eye_distances(points: NDArray[np.floating], scheme: LandmarkScheme) -> Iterator[Row]:
    first, second = scheme.outer_eye_corners
    distances = np.linalg.norm(points[:, first] - points[:, second], axis=-1)
    yield from _spread("sizes", "inter-ocular distance, px", distances, ".0f")


def _spread(section: str, item: str, values: ArrayLike, form: str) -> Iterator[Row]:
    """The median, and the percentiles that nine faces of ten lie between; nothing for no values."""
    finite = np.asarray(values)[np.isfinite(values)]
    if len(finite):
        low, median, high = (format(value, form) for value in np.percentile(finite, [5, 50, 95]))
        yield section, item, median, f"median of {len(finite)}; 5th percentile {low}, 95th {high}"


def _sizes(annotations: pd.DataFrame) -> Iterator[Row]:
    sizes = picture_sizes(annotations)
    for _, size in sizes.head(FREQUENT_SIZES).iterrows():
        yield "sizes", "frequent picture size", in_words(size), f"{size['count']} photographs"
    if len(sizes) > 1:
        area = (sizes["width"] * sizes["height"]).to_numpy()
        yield "sizes", "smallest picture", in_words(sizes.iloc[area.argmin()]), ""
        yield "sizes", "largest picture", in_words(sizes.iloc[area.argmax()]), f"{len(sizes)} sizes in all"
