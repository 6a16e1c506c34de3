"""From head coordinates to pixels: a turn about the pivot, then a weak perspective."""

from dataclasses import dataclass

import numpy as np

from facial_keypoints.sample.scene import Pose

PIVOT = np.array([0.0, 0.45, -0.6])  # on the neck's axis, in units
DISTANCE = 9.0  # from the camera to the pivot, in units


@dataclass(frozen=True)
class Camera:
    rotation: np.ndarray  # (3, 3)
    centre: tuple[float, float]
    scale: float

    def project(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Pixels (N, 2) and nearness (N,), which grows towards the camera, of points (N, 3) in head coordinates."""
        turned = (points - PIVOT) @ self.rotation.T
        zoom = self.scale / (1 - turned[:, 2] / DISTANCE)
        return turned[:, :2] * zoom[:, None] + np.asarray(self.centre), turned[:, 2]


def head_camera(pose: Pose) -> Camera:
    return Camera(rotation_matrix(pose.yaw, pose.pitch, pose.roll), pose.centre, pose.scale)


def body_camera(pose: Pose) -> Camera:
    """The body follows the head only a little."""
    return Camera(rotation_matrix(0.3 * pose.yaw, 0.0, 0.2 * pose.roll), pose.centre, pose.scale)


def rotation_matrix(yaw: float, pitch: float, roll: float) -> np.ndarray:
    """(3, 3) matrix that turns by yaw first, then pitch, then roll (degrees; signs as in `Pose`)."""
    (a, b, c), (d, e, f) = np.cos(np.radians([yaw, pitch, roll])), np.sin(np.radians([yaw, pitch, roll]))
    turn = np.array([[a, 0, d], [0, 1, 0], [-d, 0, a]])
    nod = np.array([[1, 0, 0], [0, b, e], [0, -e, b]])
    lean = np.array([[c, -f, 0], [f, c, 0], [0, 0, 1]])
    return lean @ nod @ turn
