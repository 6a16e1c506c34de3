"""Why a face may be hard, as far as its labels and its picture tell: box, pose, light, size, cut off by the picture.

What hides a face within its picture (a hand, hair, glasses) cannot be told from the data, and is not guessed.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from facial_keypoints.danes import TYPES
from facial_keypoints.faces import FaceSet
from facial_keypoints.head_turn import head_tilt, head_turn
from facial_keypoints.photographs import to_grey

FAR_TURNED = 30  # degrees
FAR_TILTED = 20  # degrees
BOX_OFF = 0.15  # sides of the box, from where the landmarks lie in other boxes
BOX_TOO = 1.25  # times larger or smaller than other boxes are to their landmarks
DARK, BRIGHT = 60, 200  # mean grey level of the face, of 255
FLAT = 20  # standard deviation of its grey levels
SMALL = 60  # pixels of the photograph
SPOT_LIGHT = 5  # type of the Danes
UNTOLD = "no reason in the data"


def failure_reasons(faces: FaceSet, boxes: NDArray[np.floating] | None, rows: NDArray[np.intp]) -> list[str]:
    """For each of the faces at `rows`, what sets it apart: "turned 38°, dark", or UNTOLD.

    boxes: (N, 4) of all faces, in pixels of the photographs; None for whole photographs. What is usual for a box is the
    median over all faces that have landmarks.
    """
    checks: list[Callable[[], list[str]]] = [
        lambda: box_reasons(faces.source_keypoints, boxes),
        lambda: pose_reasons(faces),
        lambda: edge_reasons(faces),
    ]
    told = [check() for check in checks]
    light = {row: light_reason(faces, row) for row in rows}
    small = np.sqrt(np.prod(np.ptp(faces.source_keypoints, axis=1), axis=-1)) < SMALL
    reasons = []
    for row in rows:
        found = [*(each[row] for each in told), light[row], "small" if small[row] else ""]
        reasons.append(", ".join(filter(None, found)) or UNTOLD)
    return reasons


def box_reasons(points: NDArray[np.floating], boxes: NDArray[np.floating] | None) -> list[str]:
    """How far each box lies from where boxes usually lie to their landmarks (N, K, 2), "" where it is not far.

    Faces without landmarks (NaN) have no reason, and no say in what is usual.
    """
    if boxes is None:
        return [""] * len(points)
    low, high = points.min(axis=1), points.max(axis=1)
    side = np.sqrt(boxes[:, 2] * boxes[:, 3])
    offset = ((low + high) / 2 - boxes[:, :2] - boxes[:, 2:] / 2) / side[:, None]
    off = np.linalg.norm(offset - np.nanmedian(offset, axis=0), axis=1)
    ratio = side / np.sqrt(np.prod(high - low, axis=1))
    factor = ratio / np.nanmedian(ratio)
    reasons = []
    for distance, times in zip(off, factor, strict=True):
        found = [f"box {100 * distance:.0f} % off"] if distance > BOX_OFF else []
        if times >= BOX_TOO or times <= 1 / BOX_TOO:
            found.append("box too large" if times > 1 else "box too small")
        reasons.append(", ".join(found))
    return reasons


def pose_reasons(faces: FaceSet) -> list[str]:
    """How far each head is turned or tilted, "" where it is not far."""
    points = faces.source_keypoints
    tilt = head_tilt(points, faces.scheme)
    reasons = []
    for turned, tilted in zip(head_turn(points, faces.scheme), tilt, strict=True):
        found = [f"turned {abs(turned):.0f}°"] if abs(turned) > FAR_TURNED else []
        found += [f"tilted {abs(tilted):.0f}°"] if abs(tilted) > FAR_TILTED else []
        reasons.append(", ".join(found))
    return reasons


def edge_reasons(faces: FaceSet) -> list[str]:
    """How many landmarks lie beyond the edge of the photograph, "" for none, or where its size is not known."""
    if not {"width", "height"} <= set(faces.table.columns):
        return [""] * len(faces)
    points, size = faces.source_keypoints, faces.table[["width", "height"]].to_numpy()
    beyond = ((points < 0) | (points > size[:, None])).any(axis=2).sum(axis=1)
    return [f"{count} points beyond the picture" if count else "" for count in beyond]


def light_reason(faces: FaceSet, row: int) -> str:
    """Whether the face, the rectangle of its landmarks, is dark, bright or flat, or lit by IMM's spot."""
    if "type" in faces.table and faces.table["type"].iloc[row] == SPOT_LIGHT:
        return TYPES[SPOT_LIGHT].split(", ")[1]
    points = faces.keypoints[row]
    height, width = faces.image_size
    left, top = np.floor(points.min(axis=0)).clip(0, [width - 1, height - 1]).astype(int)
    right, bottom = np.ceil(points.max(axis=0)).astype(int)
    image = np.asarray(faces.images[row])
    face = (to_grey(image) if image.ndim == 3 else image)[top : max(bottom, top + 1), left : max(right, left + 1)]
    if face.mean() < DARK:
        return "dark"
    if face.mean() > BRIGHT:
        return "bright"
    return "little contrast" if face.std() < FLAT else ""
