"""The pipeline `track`."""

from facial_keypoints.pipelines.track.pipeline import create_pipeline

__all__ = ["create_pipeline"]
