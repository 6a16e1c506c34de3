"""The pipeline `ingest_own`."""

from facial_keypoints.pipelines.ingest_own.pipeline import create_pipeline

__all__ = ["create_pipeline"]
