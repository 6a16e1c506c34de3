"""The pipeline `predict`."""

from facial_keypoints.pipelines.predict.pipeline import create_pipeline

__all__ = ["create_pipeline"]
