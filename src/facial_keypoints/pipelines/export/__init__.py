"""The pipeline `export`."""

from facial_keypoints.pipelines.export.pipeline import create_pipeline

__all__ = ["create_pipeline"]
