"""Whether two face sets teach the same: pixels, points and splits, as one short hash."""

import json
from hashlib import sha256

import numpy as np

from facial_keypoints.faces import TRAIN, VALIDATION, FaceSet

DIGITS = 16  # hexadecimal
COLUMNS = ["name", "group", "split"]


def fingerprint(faces: FaceSet) -> str:
    """A hash of all that a training on these faces depends on: their training and validation faces, in order.

    Test faces do not matter, nor where or when the set was written.  It reads every pixel: about a second a gigabyte.
    """
    rows = np.flatnonzero(faces.table["split"].isin([TRAIN, VALIDATION]))
    about = [faces.data_set, faces.scheme.to_plain(), str(faces.crop), faces.images.shape[1:]]
    digest = sha256(json.dumps(about).encode())
    digest.update(faces.table[COLUMNS].iloc[rows].astype(str).to_csv(index=False).encode())
    for numbers in (faces.keypoints, faces.to_source):
        digest.update(np.ascontiguousarray(numbers[rows]).data)
    for row in rows.tolist():
        digest.update(np.ascontiguousarray(faces.images[row]).data)
    return digest.hexdigest()[:DIGITS]
