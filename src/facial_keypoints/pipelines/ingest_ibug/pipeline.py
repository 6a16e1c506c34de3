"""ibug_raw -> annotations with splits -> crops around the boxes -> a picture of them, a report on what was read"""

from kedro.pipeline import Node, Pipeline

from facial_keypoints.pipelines.ingest_ibug.nodes import cut_faces, read_annotations
from facial_keypoints.pipelines.ingest_nodes import draw_samples, report


def create_pipeline() -> Pipeline:
    """iBUG 300-W, ready to train on."""
    return Pipeline(
        [
            Node(
                read_annotations,
                ["ibug_raw", "params:ingest_ibug"],
                ["ibug_annotations", "ibug_noted"],
                name="read_annotations",
            ),
            Node(cut_faces, ["ibug_raw", "ibug_annotations", "params:ingest_ibug"], "ibug_faces", name="cut_faces"),
            Node(draw_samples, "ibug_faces", "ibug_samples", name="draw_samples"),
            Node(
                report,
                ["ibug_faces", "ibug_annotations", "ibug_noted"],
                ["ibug_report", "ibug_noted_faces", "ibug_report_drawn"],
                name="report",
            ),
        ],
        namespace="ingest_ibug",
        prefix_datasets_with_namespace=False,
    )
