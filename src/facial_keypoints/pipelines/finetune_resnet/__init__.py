"""The pipeline `finetune_resnet`."""

from facial_keypoints.pipelines.finetune_resnet.pipeline import create_pipeline

__all__ = ["create_pipeline"]
