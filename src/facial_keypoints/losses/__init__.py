"""Losses by name, and what each kind of network learns from."""

from facial_keypoints.losses.objective import Objective
from facial_keypoints.losses.points import LOSSES, point_loss

__all__ = ["LOSSES", "Objective", "point_loss"]
