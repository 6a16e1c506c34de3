"""Kedro datasets of this project: a raw archive, a FaceSet, a checkpoint."""
