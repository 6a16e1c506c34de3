"""Records runs in MLflow. `hooks` is all that Kedro sees; the other modules import mlflow, and are imported late."""

from facial_keypoints.tracking.hooks import TrackingHooks

__all__ = ["TrackingHooks"]
