"""Networks from pictures (N, C, H, W) in [0, 1] to points (N, K, 2) in [0, 1] of the input's width and height."""

from facial_keypoints.models.build import build_model, seeded_model, start_at_mean_shape

__all__ = ["build_model", "seeded_model", "start_at_mean_shape"]
