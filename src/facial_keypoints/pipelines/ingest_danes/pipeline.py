"""danes_raw -> annotations as in the files -> repaired -> table in pixels + faces -> pictures of both, a report"""

from kedro.pipeline import Node, Pipeline

from facial_keypoints.pipelines.ingest_danes.nodes import (
    cut_faces,
    draw_repairs,
    draw_samples,
    read_annotations,
    repair_annotations,
    report_danes,
)


def create_pipeline() -> Pipeline:
    """The Danes, ready to train on."""
    return Pipeline(
        [
            Node(
                read_annotations,
                ["danes_raw", "params:ingest_danes"],
                "danes_annotations_as_released",
                name="read_annotations",
            ),
            Node(
                repair_annotations,
                ["danes_annotations_as_released", "params:ingest_danes"],
                ["danes_annotations_repaired", "danes_repairs"],
                name="repair_eye_contours",
            ),
            Node(
                cut_faces,
                ["danes_raw", "danes_annotations_repaired"],
                ["danes_annotations", "danes_faces"],
                name="read_photographs",
            ),
            Node(draw_samples, "danes_faces", "danes_samples", name="draw_samples"),
            Node(draw_repairs, ["danes_faces", "danes_repairs"], "danes_repairs_drawn", name="draw_repairs"),
            Node(
                report_danes,
                ["danes_faces", "danes_annotations", "danes_repairs"],
                ["danes_report", "danes_noted_faces", "danes_report_drawn"],
                name="report",
            ),
        ],
        namespace="ingest_danes",
        prefix_datasets_with_namespace=False,
    )
