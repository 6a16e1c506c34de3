"""The pipeline `draw_sample`."""

from facial_keypoints.pipelines.draw_sample.pipeline import create_pipeline

__all__ = ["create_pipeline"]
