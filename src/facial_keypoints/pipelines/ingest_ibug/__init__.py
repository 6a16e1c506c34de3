"""The pipeline `ingest_ibug`."""

from facial_keypoints.pipelines.ingest_ibug.pipeline import create_pipeline

__all__ = ["create_pipeline"]
