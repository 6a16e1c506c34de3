"""The pipeline `train_nose`."""

from facial_keypoints.pipelines.train_nose.pipeline import create_pipeline

__all__ = ["create_pipeline"]
