"""Squares around faces that are known by their points: centred on them, as large as they are, turned upright."""

import numpy as np
from numpy.typing import NDArray

from facial_keypoints.geometry import Crop, compose, crop_matrix
from facial_keypoints.landmarks import LandmarkScheme

Points = NDArray[np.floating]


def upright_crop_matrices(points: Points, scheme: LandmarkScheme, crop: Crop) -> Points:
    """The maps from pixels of upright squares around faces (N, K, 2) to the pixels that the points are in, (N, 2, 3).

    A detector's box is about as wide as the landmarks' larger extent, so that a square has `crop.scale` times that.
    """
    return np.stack([_matrix(face, angle, crop) for face, angle in zip(points, turns(points, scheme), strict=True)])


def turns(points: Points, scheme: LandmarkScheme) -> NDArray[np.float64]:
    """How far the faces (N, K, 2) are turned clockwise in the picture, (N,), in radians.

    The line from each point to its mirror image lies across the face. The main direction of all of them is taken, which
    needs no order of the two, and of its two ends the one that has the eyes above the middle of the face.
    """
    points = np.asarray(points, np.float64)
    x, y = np.moveaxis(points[:, list(scheme.mirror)] - points, -1, 0)
    angles = np.arctan2(2 * (x * y).sum(axis=1), (x**2 - y**2).sum(axis=1)) / 2
    down = points.mean(axis=1) - points[:, list(scheme.outer_eye_corners)].mean(axis=1)
    is_upside_down = np.cos(angles) * down[:, 1] - np.sin(angles) * down[:, 0] < 0
    turned = angles + np.pi * is_upside_down
    return (turned + np.pi) % (2 * np.pi) - np.pi


def _matrix(face: Points, angle: float, crop: Crop) -> Points:
    cos, sin = np.cos(angle), np.sin(angle)
    back = np.array([[cos, -sin, 0.0], [sin, cos, 0.0]])  # from upright to the picture, about the origin
    upright = face @ back[:, :2]
    low, high = upright.min(axis=0), upright.max(axis=0)
    side = max(float((high - low).max()), 1.0)  # points may coincide where a network sees nothing
    box = np.array([*((low + high - side) / 2), side, side])
    return compose(back, crop_matrix(box, Crop(crop.scale, 0, crop.size)))
