"""What `ingest_ibug` and `ingest_own` have in common.

<set>_raw -> annotations with splits -> crops around the boxes -> a picture of them, a report on what was read
"""

from collections.abc import Callable
from typing import Any

from kedro.pipeline import Node, Pipeline

from facial_keypoints.faces import FaceSet
from facial_keypoints.pipelines.ingest_nodes import draw_samples, report

Read = Callable[[Any, Any], tuple[Any, Any]]
Cut = Callable[[Any, Any, Any], FaceSet]


def ingest_pipeline(data_set: str, read_annotations: Read, cut_faces: Cut) -> Pipeline:
    """The pipeline `ingest_<data set>`."""
    name, options = f"ingest_{data_set}", f"params:ingest_{data_set}"
    raw, annotations, noted, faces = (f"{data_set}_{part}" for part in ("raw", "annotations", "noted", "faces"))
    reports = [f"{data_set}_{part}" for part in ("report", "noted_faces", "report_drawn")]
    return Pipeline(
        [
            Node(read_annotations, [raw, options], [annotations, noted], name="read_annotations"),
            Node(cut_faces, [raw, annotations, options], faces, name="cut_faces"),
            Node(draw_samples, faces, f"{data_set}_samples", name="draw_samples"),
            Node(report, [faces, annotations, noted], reports, name="report"),
        ],
        namespace=name,
        prefix_datasets_with_namespace=False,
    )
