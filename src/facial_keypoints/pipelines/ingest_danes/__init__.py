"""The pipeline `ingest_danes`."""

from facial_keypoints.pipelines.ingest_danes.pipeline import create_pipeline

__all__ = ["create_pipeline"]
