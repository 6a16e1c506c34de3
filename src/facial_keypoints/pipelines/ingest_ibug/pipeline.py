"""ibug_raw -> annotations with splits -> crops around the boxes -> a picture of them, a report on what was read"""

from kedro.pipeline import Pipeline

from facial_keypoints.pipelines.ingest_ibug.nodes import cut_faces, read_annotations
from facial_keypoints.pipelines.ingest_pipeline import ingest_pipeline


def create_pipeline() -> Pipeline:
    """iBUG 300-W, ready to train on."""
    return ingest_pipeline("ibug", read_annotations, cut_faces)
