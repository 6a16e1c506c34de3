"""The pipeline `calibrate`."""

from facial_keypoints.pipelines.calibrate.pipeline import create_pipeline

__all__ = ["create_pipeline"]
