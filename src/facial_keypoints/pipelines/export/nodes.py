"""A trained network as files that others run, each compared with its checkpoint before it is written.

Files go from node to node by name; there are none where nothing is trained.
"""

import hashlib
import json
import logging
from importlib.metadata import version
from importlib.resources import files as package_files

import numpy as np
import pandas as pd

from facial_keypoints.checkpoints import Checkpoint
from facial_keypoints.errors import DataError
from facial_keypoints.exporting.agreement import (
    LARGEST_RISE,
    Agreement,
    agreement,
    pictures_of,
    reference,
    require_same,
)
from facial_keypoints.exporting.description import described
from facial_keypoints.exporting.int8 import quantised
from facial_keypoints.exporting.onnx_file import onnx_of
from facial_keypoints.exporting.program import as_file, exported_program, loaded
from facial_keypoints.exporting.running import run_onnx, run_program
from facial_keypoints.faces import TRAIN, VALIDATION, FaceSet
from facial_keypoints.training import require_split

logger = logging.getLogger(__name__)

PROGRAM, ONNX, INT8, ABOUT, EXAMPLE = "model.pt2", "model.onnx", "model_int8.onnx", "model.json", "example.py"
CHECKED = 128  # validation faces, at most
MEASURED = 128  # faces to learn from, at most, of which the ranges for int8 are measured
DIFFERENCES = {"largest": "largest_input_px", "in_photographs": "largest_photograph_px"}  # named with their units

Files = dict[str, bytes]


def to_program(checkpoint: Checkpoint | None) -> Files:
    """The network as torch.export's program; with a warning if its training was cut off."""
    if checkpoint is None:
        return {}
    training = checkpoint.training
    if not training.is_finished:
        logger.warning(
            "%s was trained for %d of %d epochs only: exporting the best of them, epoch %d",
            *(training.name, training.epochs_done, training.epochs_planned, training.epoch),
        )
    return {PROGRAM: as_file(exported_program(checkpoint))}


def to_onnx(program: Files) -> Files:
    """The program as ONNX."""
    return {ONNX: onnx_of(loaded(program[PROGRAM]))} if program else {}


def to_int8(onnx: Files, checkpoint: Checkpoint | None, faces: FaceSet | None) -> Files:
    """The network with convolutions in int8; ranges are those of faces to learn from.

    Raises DataError if the faces have other points than the network, if none is to learn from, or if the file lacks the
    network's heads.
    """
    if checkpoint is None or faces is None:
        return {}
    require_same_points(checkpoint, faces)
    require_split(faces, TRAIN)
    learnt = some(faces.split(TRAIN), MEASURED)
    return {INT8: quantised(onnx[ONNX], checkpoint, pictures_of(learnt, checkpoint))}


def check(
    checkpoint: Checkpoint | None, faces: FaceSet | None, program: Files, onnx: Files, int8: Files
) -> pd.DataFrame:
    """A row a file: how far its points lie from the checkpoint's on validation faces, and whether it is kept.

    Raises DataError if a file in fp32 differs from the checkpoint. One in int8 is kept if its error is hardly larger.
    """
    if checkpoint is None or faces is None:
        return pd.DataFrame()
    require_split(faces, VALIDATION)
    own = reference(checkpoint, some(faces.split(VALIDATION), CHECKED))
    rows = []
    for name, content in (program | onnx | int8).items():
        run = run_program(content) if name == PROGRAM else run_onnx(content)
        found = agreement(run, own)
        if name != INT8:
            require_same(found, name, checkpoint)
        rows.append(row_of(name, content, found, is_kept=name != INT8 or found.rise <= LARGEST_RISE))
        say(checkpoint, rows[-1])
    return pd.DataFrame(rows)


def write(
    checkpoint: Checkpoint | None, table: pd.DataFrame, program: Files, onnx: Files, int8: Files
) -> list[tuple[str, bytes]]:
    """The files that are kept, what has to be known to use them, and an example: by name."""
    if checkpoint is None:
        return []
    kept = {name: (program | onnx | int8)[name] for name in table.loc[table["kept"], "file"]}
    figures = table.set_index("file")[["largest_input_px", "rise_percent"]].to_dict("index")
    about = described(checkpoint) | {
        "files": {name: figures[name] | {"sha256": hashlib.sha256(kept[name]).hexdigest()} for name in kept},
        "made_by": {package: version(package) for package in ("torch", "onnx", "onnxscript", "onnxruntime")},
    }
    example = package_files("facial_keypoints.exporting").joinpath(EXAMPLE).read_bytes()
    return [*kept.items(), (ABOUT, json.dumps(about, indent=1).encode()), (EXAMPLE, example)]


def some(faces: FaceSet, count: int) -> FaceSet:
    """At most so many of the faces, evenly spread."""
    return faces.select(np.linspace(0, len(faces) - 1, min(count, len(faces))).astype(np.intp))


def require_same_points(checkpoint: Checkpoint, faces: FaceSet) -> None:
    """Raises DataError if there are no faces here to compare the network's files on."""
    if checkpoint.scheme != faces.scheme:
        name, data_set = checkpoint.training.name, checkpoint.training.data_set
        raise DataError(
            f"{name} predicts the points of {checkpoint.scheme.name}, but the faces of {faces.data_set} have those of "
            f"{faces.scheme.name}: they cannot show that its files are right. Ingest those that it learnt from "
            f"({data_set}), or train it again."
        )


def row_of(name: str, content: bytes, found: Agreement, is_kept: bool) -> dict[str, object]:
    """A row of the table."""
    row = {"file": name, "kept": is_kept, "megabytes": round(len(content) / 1e6, 1), **found._asdict()}
    row |= {"rise_percent": found.rise}
    return {DIFFERENCES.get(key, key): value for key, value in row.items()}


def say(checkpoint: Checkpoint, row: dict[str, object]) -> None:
    """One line about a file; a warning if it is not kept."""
    logger.log(
        logging.INFO if row["kept"] else logging.WARNING,
        "%s as %s: points up to %.2g px of its input from the checkpoint's on %d validation faces, NME %.3f %% instead "
        "of %.3f %%%s",
        checkpoint.training.name,
        *(row[key] for key in ("file", "largest_input_px", "faces", "nme", "nme_of_checkpoint")),
        "" if row["kept"] else f": more than {LARGEST_RISE:g} % worse, not written",
    )
