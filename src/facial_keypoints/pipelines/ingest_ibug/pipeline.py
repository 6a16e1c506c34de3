"""ibug_raw -> annotations with splits -> crops around the boxes -> a picture of them"""

from kedro.pipeline import Node, Pipeline

from facial_keypoints.pipelines.ingest_ibug.nodes import cut_faces, draw_samples, read_annotations


def create_pipeline() -> Pipeline:
    """iBUG 300-W, ready to train on."""
    return Pipeline(
        [
            Node(read_annotations, ["ibug_raw", "params:ingest_ibug"], "ibug_annotations", name="read_annotations"),
            Node(cut_faces, ["ibug_raw", "ibug_annotations", "params:ingest_ibug"], "ibug_faces", name="cut_faces"),
            Node(draw_samples, "ibug_faces", "ibug_samples", name="draw_samples"),
        ],
        namespace="ingest_ibug",
        prefix_datasets_with_namespace=False,
    )
