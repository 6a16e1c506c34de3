"""The pipeline `evaluate`."""

from facial_keypoints.pipelines.evaluate.pipeline import create_pipeline

__all__ = ["create_pipeline"]
