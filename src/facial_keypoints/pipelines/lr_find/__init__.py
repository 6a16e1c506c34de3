"""The pipeline `lr_find`."""

from facial_keypoints.pipelines.lr_find.pipeline import create_pipeline

__all__ = ["create_pipeline"]
