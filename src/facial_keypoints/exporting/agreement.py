"""How far what an exported file predicts for faces lies from what the checkpoint does, and what that costs."""

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from facial_keypoints.checkpoints import Checkpoint
from facial_keypoints.errors import DataError
from facial_keypoints.examples import Examples
from facial_keypoints.exporting.onnx_file import THAT_FIT
from facial_keypoints.exporting.running import Run, in_batches
from facial_keypoints.faces import FaceSet
from facial_keypoints.inference import predict_unit_points

SAME = 1e-3  # pixels of the network's input: files that compute in fp32 differ by less
LARGEST_RISE = 2.0  # percent of the NME, by which a file in int8 may err more


class Agreement(NamedTuple):
    """largest: distance of a predicted point from the checkpoint's, in pixels of the network's input, whatever size
        photographs have. in_photographs: the same in theirs.
    nme, nme_of_checkpoint: mean errors on the same faces, in percent of the distance of the outer eye corners.
    """

    faces: int
    largest: float
    in_photographs: float
    nme: float
    nme_of_checkpoint: float

    @property
    def rise(self) -> float:
        """By how much the error grows, in percent of the checkpoint's."""
        return 100 * (self.nme / self.nme_of_checkpoint - 1)


class Reference(NamedTuple):
    """What a checkpoint predicts for faces with landmarks: points (N, K, 2) on [0, 1] of what it sees of them.

    pictures: (N, C, H, W) on [0, 1], what it sees.
    """

    examples: Examples
    pictures: NDArray[np.float32]
    points: NDArray[np.float32]

    def nme(self, points: NDArray[np.floating]) -> float:
        """The mean error of points such as its own."""
        truth = self.examples.source_keypoints[:, self.examples.indices]
        distances = np.linalg.norm(self.examples.to_source_points(points) - truth, axis=-1)
        return float((100 * distances.mean(axis=1) / self.examples.norm).mean())


def reference(checkpoint: Checkpoint, faces: FaceSet) -> Reference:
    """What the checkpoint itself predicts, in fp32 on the CPU."""
    examples = _examples(faces, checkpoint)
    return Reference(examples, pictures_of(faces, checkpoint), predict_unit_points(checkpoint.model(), examples))


def pictures_of(faces: FaceSet, checkpoint: Checkpoint) -> NDArray[np.float32]:
    """What the network sees of faces, (N, C, H, W) on [0, 1]."""
    pictures, _ = _examples(faces, checkpoint).plain(torch.arange(len(faces)))
    return pictures.numpy()


def agreement(run: Run, reference: Reference) -> Agreement:
    """How a file does on the same faces.  run: what it computes."""
    found, frame = in_batches(run, reference.pictures), reference.examples.frame
    to_photographs = reference.examples.to_source_points
    return Agreement(
        faces=len(found),
        largest=_largest((found - reference.points) * (frame.width, frame.height)),
        in_photographs=_largest(to_photographs(found) - to_photographs(reference.points)),
        nme=reference.nme(found),
        nme_of_checkpoint=reference.nme(reference.points),
    )


def require_same(found: Agreement, name: str, checkpoint: Checkpoint) -> None:
    """Raises DataError if a file in fp32 does not predict what its checkpoint does."""
    if not found.largest <= SAME:
        raise DataError(
            f"{checkpoint.training.name}: {name} predicts points up to {found.largest:.2g} px of its input beside "
            f"those of the checkpoint on {found.faces} faces, expected at most {SAME:g}. Nothing is written. {THAT_FIT}"
        )


def _largest(apart: NDArray[np.floating]) -> float:
    return float(np.linalg.norm(apart, axis=-1).max())


def _examples(faces: FaceSet, checkpoint: Checkpoint) -> Examples:
    return Examples(faces, checkpoint.frame, torch.device("cpu"), checkpoint.indices)
