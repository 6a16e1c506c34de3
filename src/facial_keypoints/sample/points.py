"""The annotated points of a drawn head, in three dimensions, in the order of the two landmark schemes."""

import numpy as np

from facial_keypoints.sample.features import Features
from facial_keypoints.sample.head import Head

RIGHT, LEFT = 1, -1  # of the image


def imm_points(head: Head, features: Features, rotation: np.ndarray) -> np.ndarray:
    """(58, 3) points in head coordinates, in the order of IMM-58. `rotation` (3, 3) decides the far jaw's outline."""
    mouth, nose = features.mouth, features.nose
    half = [(0.05, 0.48), (0.5, 0.62), (0.66, 0.97), (0.9, 1.0), (0.96, 0.55)]  # heights and widths down to the base
    down = nose.side(*np.array(half).T)
    flat = [
        _imm_eye(features, RIGHT),
        _imm_eye(features, LEFT),
        features.brow(RIGHT).upper(np.array([0, 0.25, 0.6, 0.85, 1])),
        features.brow(LEFT).upper(np.array([0, 0.25, 0.6, 0.85, 1])),
        mouth.upper_outer(np.array([-1, -0.27, 0, 0.27, 1])),
        mouth.lower_outer(np.array([0.36, 0, -0.36])),
        _mirrored(down),
        nose.side(np.array([1.0]), np.array([0.0])),
        down[::-1],
    ]
    return np.concatenate([jaw_line(head, rotation, 0.53, 13), head.lift(np.concatenate(flat))])


def ibug_points(head: Head, features: Features, rotation: np.ndarray) -> np.ndarray:
    """(68, 3) points in head coordinates, in the order of iBUG-68. `rotation` (3, 3) decides the far jaw's outline."""
    mouth, nose = features.mouth, features.nose
    fifths = np.linspace(0, 1, 5)
    base = nose.side(np.array([0.97, 1.03, 1.07]), np.array([0.87, 0.45, 0.0]))
    flat = [
        features.brow(LEFT).upper(fifths[::-1]),
        features.brow(RIGHT).upper(fifths),
        nose.side(np.array([-0.04, 0.24, 0.52, 0.8]), np.zeros(4)),
        _mirrored(base),
        base[1::-1],
        _ibug_eye(features, LEFT),
        _mirrored(_ibug_eye(features, LEFT))[[3, 2, 1, 0, 5, 4]],
        mouth.upper_outer(np.array([-1, -0.65, -0.27, 0, 0.27, 0.65, 1])),
        mouth.lower_outer(np.array([0.68, 0.3, 0, -0.3, -0.68])),
        mouth.upper_inner(np.array([-1, -0.32, 0, 0.32, 1])),
        mouth.lower_inner(np.array([0.32, 0, -0.32])),
    ]
    return np.concatenate([jaw_line(head, rotation, 0.03, 17), head.lift(np.concatenate(flat))])


def jaw_line(head: Head, rotation: np.ndarray, top: float, count: int) -> np.ndarray:
    """(count, 3) points from the image's left over the chin to its right, at equal steps, from the height `top`.

    Each is the outermost visible place of its height: the widest place of the head on the near side,
    and on the far side of a turned head its outline.
    """
    first = int(np.searchsorted(head.rings[:, 0], top))
    rows = np.linspace(first, len(head.rings) - 1, count // 2 + 1).round().astype(int)
    heights, widths = head.rings[rows[:-1], 0], head.rings[rows[:-1], 1]
    left, right = (_outermost(head, rotation, heights, side * widths) for side in (LEFT, RIGHT))
    chin = head.rings[-1]
    return np.concatenate([left, [[0.0, chin[0], chin[3]]], right[::-1]])


def _outermost(head: Head, rotation: np.ndarray, heights: np.ndarray, widths: np.ndarray) -> np.ndarray:
    angles = np.radians(np.linspace(90, 0, 46))
    x = widths[:, None] * np.sin(angles)
    y = np.broadcast_to(heights[:, None], x.shape)
    candidates = head.lift(np.column_stack([x.ravel(), y.ravel()])).reshape(*x.shape, 3)
    outward = rotation[:, 0] / np.hypot(*rotation[:2, 0])  # the head's own left-right axis, seen in the image
    reach = candidates @ rotation.T[:, :2] @ outward[:2] * np.sign(widths[:, None])
    return candidates[np.arange(len(x)), reach.argmax(axis=1)]


def _imm_eye(features: Features, side: int) -> np.ndarray:
    """(8, 2) from the outer corner over the upper lid to the inner corner and back."""
    eye = features.eye(side)
    return np.concatenate([eye.upper(np.array([0, 0.22, 0.5, 0.76, 1])), eye.lower(np.array([0.75, 0.48, 0.22]))])


def _ibug_eye(features: Features, side: int) -> np.ndarray:
    """(6, 2) from the outer corner over the upper lid to the inner corner and back."""
    eye = features.eye(side)
    return np.concatenate([eye.upper(np.array([0, 0.3, 0.64, 1])), eye.lower(np.array([0.62, 0.28]))])


def _mirrored(flat: np.ndarray) -> np.ndarray:
    return flat * [-1, 1]
