"""What has to be known of an error before it can be compared with another."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from hashlib import sha256
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from facial_keypoints.errors import ProtocolError
from facial_keypoints.faces import FaceSet
from facial_keypoints.geometry import crop_boxes

# What was measured. Errors that differ in one of these are no rivals; the other fields describe the rivals.
MEASURED = (
    *("data_set", "split", "subset", "faces", "points", "norm", "boxes", "test_time_augmentation", "pictures"),
    "manifest",  # last: the others say in words what may differ
)
DIGITS = 12  # of the manifest's hash
FULL = "full"  # the subset of all faces
NO_NUMBER = -(2.0**63)  # the smallest 64-bit integer, which no tenth of a pixel is
Numbers = NDArray[np.floating]


@dataclass(frozen=True)
class Protocol:
    """How the errors of some faces came about.

    data_set: "danes", "ibug" or "own". split, subset, faces: which faces, and how many.
    manifest: the hash of the split's faces, their boxes and true points (`manifest`).
    points: which points of which scheme. norm: of `norms.NORMS`. boxes: where the faces' boxes come from.
    test_time_augmentation: "none", or "flip": the mean with the prediction for the mirrored picture.
    pictures: as the face set holds them, before any network's own crop.
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
    pictures: str
    crop: str
    weights: str
    code: str

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Protocol":
        return cls(**json.loads(text))


FIELDS = [field.name for field in fields(Protocol)]


def manifest(faces: FaceSet, boxes: Numbers | None = None, rows: NDArray[np.bool_] | None = None) -> str:
    """A hash of the faces: names, groups, subsets, boxes, true points and their scheme; 12 hexadecimal digits.

    boxes: (N, 4) that the faces are evaluated with, in pixels of the photographs; None for those they were cut around.
    rows: (N,), which of the faces; None for all. Selecting them here copies no pictures.
    The order of the faces does not matter, nor what boxes and points have beyond a tenth of a pixel. The pictures' own
    pixels are not part of it, since decoders differ in their last bit.
    """
    if boxes is None:
        none = np.full((len(faces), 4), np.nan)
        boxes = none if faces.crop is None else crop_boxes(faces.to_source, faces.crop)
    points = faces.source_keypoints.reshape(len(faces), -1)
    numbers, table = np.concatenate([boxes, points], axis=1), faces.table
    if rows is not None:
        numbers, table = numbers[rows], table[rows]
    names = (f"{name}\0{group}\0{subset}\0".encode() for name, group, subset in names_of(table))
    each = sorted(sha256(name + row.tobytes()).digest() for name, row in zip(names, in_tenths(numbers), strict=True))
    scheme = json.dumps(faces.scheme.to_plain(), sort_keys=True)
    return sha256(b"".join([sha256(scheme.encode()).digest(), *each])).hexdigest()[:DIGITS]


def names_of(table: pd.DataFrame) -> Iterator[tuple[Any, ...]]:
    """Name, group and subset of each face."""
    return table[["name", "group", "subset"]].itertuples(index=False, name=None)


def in_tenths(pixels: Numbers) -> NDArray[np.int64]:
    """Whole tenths of a pixel, the same bytes on every machine; what is no number is `NO_NUMBER`."""
    tenths = np.round(pixels * 10)
    return np.where(np.isfinite(tenths), tenths, NO_NUMBER).astype("<i8")


def require_one_protocol(protocols: Sequence[tuple[str, Protocol]]) -> None:
    """Raises ProtocolError, naming the field and its values, unless what was measured is the same for all.

    protocols: with the name of who was measured.
    """
    for field in MEASURED:
        values = [str(getattr(protocol, field)) for _, protocol in protocols]
        if len(set(values)) > 1:
            names = pd.Series([name for name, _ in protocols], dtype=str).groupby(pd.Series(values, dtype=str))
            found = "; ".join(f"{value!r} of {', '.join(those)}" for value, those in names)
            raise ProtocolError(
                f"These errors cannot be compared, since their protocols differ in {field!r}: found {found}; expected "
                "one value. Evaluate all the same way: kedro run --pipelines evaluate, with one --env and one --params"
            )
