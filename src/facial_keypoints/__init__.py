"""Facial keypoints: learn to find the landmarks of faces, as a Kedro project."""

__version__ = "0.1.0"
