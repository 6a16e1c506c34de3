"""A run in MLflow that somebody else has opened to be the parent of this run's children, and will close: a sweep."""

import os

PARENT_RUN = "FACIAL_KEYPOINTS_PARENT_RUN"  # an environment variable that holds its id


def given_parent() -> str | None:
    """Its id; None where a run opens a parent of its own."""
    return os.environ.get(PARENT_RUN) or None
