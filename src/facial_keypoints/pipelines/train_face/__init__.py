"""The pipeline `train_face`."""

from facial_keypoints.pipelines.train_face.pipeline import create_pipeline

__all__ = ["create_pipeline"]
