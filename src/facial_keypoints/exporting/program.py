"""A trained network as torch.export's program: its computation and weights in one file that needs no code of ours."""

import io
import warnings

import torch
from torch.export import Dim, ExportedProgram

from facial_keypoints.checkpoints import Checkpoint

INPUT, OUTPUT = "pictures", "points"
FREE = "N"  # the number of pictures
BATCH = 2  # of the example; one picture would be taken for a network of one


def exported_program(checkpoint: Checkpoint) -> ExportedProgram:
    """Pictures (N, C, H, W) float32 on [0, 1] to points (N, K, 2) on [0, 1] of the picture, for any N."""
    frame = checkpoint.frame
    example = torch.zeros(BATCH, frame.channels, frame.height, frame.width)
    with torch.no_grad():
        return torch.export.export(checkpoint.model(), (example,), dynamic_shapes=({0: Dim(FREE)},))


def as_file(program: ExportedProgram) -> bytes:
    """What torch.export.load reads."""
    content = io.BytesIO()
    torch.export.save(program, content)
    return content.getvalue()


def loaded(file: bytes) -> ExportedProgram:
    """The program of a file that `as_file` made."""
    with warnings.catch_warnings():  # torch reads the buffer without copying it, and warns that it could be written to
        warnings.filterwarnings("ignore", message="The given buffer is not writable")
        return torch.export.load(io.BytesIO(file))
