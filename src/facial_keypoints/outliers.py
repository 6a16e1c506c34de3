"""Faces whose landmarks lie far from the mean shape: to be looked at, not dropped.

The distance finds points in another order and points far off. It also finds turned heads, and it cannot find the
annotation of another face, whose shape is as good as any.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from facial_keypoints.landmarks import LandmarkScheme
from facial_keypoints.point_table import column_names, keypoints_of, without_keypoints
from facial_keypoints.procrustes import aligned_shapes, distances_to_mean, point_distances

NOTED = ["name", "kind", "reason"]  # columns of what the report tells of single faces
REPAIRED, REJECTED, LEFT_OUT, OUTLIER = "repaired", "rejected", "left out", "outlier"  # kinds
MOST_LISTED = 10
# Beyond 3.5 robust standard deviations (B. Iglewicz and D. Hoaglin, "How to detect and handle outliers", 1993).
DEVIATIONS = 3.5
DEVIATION_OF_MAD = 1.4826  # standard deviation / median absolute deviation, of a normal distribution
LEAST_DEVIATION = 0.1  # percent: shapes that are alike but for rounding have no outliers


def labelled_faces(annotations: pd.DataFrame, scheme: LandmarkScheme) -> tuple[pd.DataFrame, NDArray[np.floating]]:
    """The rows that have all of the scheme's points, less these, and the points (N, K, 2) in pixels of the picture."""
    others = without_keypoints(annotations)
    if not {*column_names(range(scheme.size))} <= {*annotations.columns}:
        return others.iloc[:0], np.empty((0, scheme.size, 2))
    points = keypoints_of(annotations, scheme)
    has_points = np.isfinite(points).all(axis=(1, 2))
    return (others, points) if has_points.all() else (others[has_points], points[has_points])


def outlier_limit(distances: NDArray[np.floating]) -> float:
    """The Procrustes distance beyond which a face is an outlier, in percent like the distances (N,); NaN for none."""
    finite = distances[np.isfinite(distances)]
    if not len(finite):
        return float("nan")
    median = np.median(finite)
    deviation = DEVIATION_OF_MAD * np.median(np.abs(finite - median))
    return float(median + DEVIATIONS * max(deviation, LEAST_DEVIATION))


def outliers(annotations: pd.DataFrame, scheme: LandmarkScheme, count: int = MOST_LISTED) -> pd.DataFrame:
    """At most `count` faces that lie beyond the limit, the farthest first: name, kind ("outlier"), reason.

    annotations: a row a face with name and point columns, in pixels.  Faces without points are passed over; faces whose
    points all coincide come first.
    """
    labelled, points = labelled_faces(annotations, scheme)
    aligned, mean = aligned_shapes(points)
    distances = distances_to_mean(aligned, mean, scheme)
    median, limit = np.nanmedian(distances) if np.isfinite(distances).any() else np.nan, outlier_limit(distances)
    rows = []
    for row in outlier_rows(distances)[:count]:
        reason = "no extent: all of its points coincide"
        if np.isfinite(distances[row]):
            part = _farthest_part(point_distances(aligned[row], mean, scheme), scheme)
            reason = (
                f"{distances[row]:.1f} % of the inter-ocular distance from the mean shape (Procrustes; "
                f"median {median:.1f} %, limit {limit:.1f} %), most in: {part.replace('_', ' ')}"
            )
        rows.append((labelled["name"].iloc[row], OUTLIER, reason))
    return pd.DataFrame(rows, columns=NOTED)


def outlier_rows(distances: NDArray[np.floating]) -> NDArray[np.intp]:
    """The rows of the distances (N,) beyond the limit, first those without extent (NaN), then the farthest first."""
    order = np.argsort(-distances, kind="stable")
    order = np.concatenate([order[np.isnan(distances[order])], order[~np.isnan(distances[order])]])
    return order[~(distances[order] <= outlier_limit(distances))]


def noted_faces(annotations: pd.DataFrame, noted: pd.DataFrame, scheme: LandmarkScheme) -> pd.DataFrame:
    """What was noted while reading, and the outliers below it, in one table: name, kind, reason."""
    tables = [table for table in (noted[NOTED], outliers(annotations, scheme)) if len(table)]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=NOTED)


def _farthest_part(distances: NDArray[np.floating], scheme: LandmarkScheme) -> str:
    """The part whose points lie farthest from the mean's on the average.  distances: (K,)."""
    parts = {name: distances[list(points)].mean() for name, points in scheme.parts.items() if points}
    return max(parts, key=lambda name: float(parts[name]))
