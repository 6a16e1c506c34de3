"""What has to be known of an error before it can be compared with another."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

import numpy as np
import pandas as pd

from facial_keypoints.box_fit import BOX
from facial_keypoints.errors import ProtocolError
from facial_keypoints.faces import FaceSet

# What was measured. Errors that differ in one of these are no rivals; the other fields describe the rivals.
MEASURED = ("data_set", "manifest", "split", "subset", "faces", "points", "norm", "boxes", "test_time_augmentation")
DIGITS = 12  # of the manifest's hash
FULL = "full"  # the subset of all faces


@dataclass(frozen=True)
class Protocol:
    """How the errors of some faces came about.

    data_set: "danes", "ibug" or "own". manifest: the hash of these faces' names, boxes and true points (`manifest`).
    split, subset, faces: which faces, and how many.
    points: which points of which scheme. norm: of `norms.NORMS`. boxes: where the faces' boxes come from.
    test_time_augmentation: "none", or "flip": the mean with the prediction for the mirrored picture.
    crop: what the network sees of the picture. weights: what it learnt from, and started from.
    code: the version of this project that measured.
    """

    data_set: str
    manifest: str
    split: str
    subset: str
    faces: int
    points: str
    norm: str
    boxes: str
    test_time_augmentation: str
    crop: str
    weights: str
    code: str

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Protocol":
        return cls(**json.loads(text))


FIELDS = [field.name for field in fields(Protocol)]


def manifest(faces: FaceSet) -> str:
    """A hash of the faces' names, groups, boxes and true points, in any order of the faces: 12 hexadecimal digits.

    Points and boxes count to a tenth of a pixel of the photograph. The pictures' own pixels are not part of it, since
    decoders differ in their last bit.
    """
    points = faces.source_keypoints.reshape(len(faces), -1)
    boxes = faces.table.reindex(columns=BOX).to_numpy(dtype=np.float64)
    numbers = np.round(np.concatenate([boxes, points], axis=1) * 10) + 0.0  # -0.0 becomes 0.0: the same place
    names = faces.table[["name", "group"]].astype(str).agg("\0".join, axis=1)
    lines = sorted(f"{name}\0{row.tolist()}" for name, row in zip(names, numbers, strict=True))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:DIGITS]


def require_one_protocol(protocols: Mapping[str, Protocol]) -> None:
    """Raises ProtocolError, naming the field and its values, unless what was measured is the same for all.

    protocols: by the name of who was measured.
    """
    for field in MEASURED:
        values = pd.Series({name: str(getattr(protocol, field)) for name, protocol in protocols.items()})
        if values.nunique() > 1:
            found = "; ".join(
                f"{value!r} of {', '.join(map(str, names))}" for value, names in values.groupby(values).groups.items()
            )
            raise ProtocolError(
                f"These errors cannot be ranked, since their protocols differ in {field!r}: found {found}; expected "
                "one value. Evaluate all of them the same way: kedro run --pipelines evaluate"
            )
