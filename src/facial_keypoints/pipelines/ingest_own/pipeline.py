"""own_raw -> annotations with splits -> crops around the boxes -> a picture of them, a report on what was read"""

from kedro.pipeline import Node, Pipeline

from facial_keypoints.pipelines.ingest_nodes import draw_samples, report
from facial_keypoints.pipelines.ingest_own.nodes import cut_faces, read_annotations


def create_pipeline() -> Pipeline:
    """Your own faces, ready to train on."""
    return Pipeline(
        [
            Node(
                read_annotations,
                ["own_raw", "params:ingest_own"],
                ["own_annotations", "own_noted"],
                name="read_annotations",
            ),
            Node(cut_faces, ["own_raw", "own_annotations", "params:ingest_own"], "own_faces", name="cut_faces"),
            Node(draw_samples, "own_faces", "own_samples", name="draw_samples"),
            Node(
                report,
                ["own_faces", "own_annotations", "own_noted"],
                ["own_report", "own_noted_faces", "own_report_drawn"],
                name="report",
            ),
        ],
        namespace="ingest_own",
        prefix_datasets_with_namespace=False,
    )
