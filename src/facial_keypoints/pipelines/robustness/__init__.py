"""The pipeline `robustness`."""

from facial_keypoints.pipelines.robustness.pipeline import create_pipeline

__all__ = ["create_pipeline"]
