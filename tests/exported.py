"""Small networks of each kind that is exported, with faces that they look at."""

from dataclasses import replace

import torch

from facial_keypoints.checkpoints import Checkpoint, Training
from facial_keypoints.examples import InputFrame
from facial_keypoints.faces import FaceSet
from facial_keypoints.geometry import Crop
from facial_keypoints.landmarks import IBUG_68, IMM_58
from facial_keypoints.models import seeded_model
from tests.faces import spot_faces
from tests.networks import face_checkpoint

SMALL_LOOKS = {"channels": [8, 8], "dilations": [1], "first_size": [24, 32], "cut_size": 32, "looks": 1}
ARCHITECTURES = {
    "nose": {"name": "nose", "input_size": [32, 48], "channels": [4, 4, 8, 8], "hidden": [16, 8]},
    "small_two_looks": {"name": "small_two_looks", "points": 58, **SMALL_LOOKS},
}
KINDS = [*ARCHITECTURES, "resnet18", "resnet18_two_looks"]
SHARPER = {"small_two_looks": 1500, "resnet18_two_looks": 500}  # untrained maps are flat, whatever is seen


def checkpoint_of(kind: str) -> Checkpoint:
    """A network of random weights: the nose tip or all points of whole grey photographs, 68 points of crops in RGB.

    Its points depend on the picture: those of a black one lie more than 5 px from those of `faces_for`.
    """
    checkpoint = _of_random_weights(kind)
    state = {
        name: SHARPER[kind] * weights if name.endswith("head.maps.weight") else weights
        for name, weights in checkpoint.state.items()
    }
    return replace(checkpoint, state=state)


def _of_random_weights(kind: str) -> Checkpoint:
    if kind.startswith("resnet18"):
        return face_checkpoint("two_looks" if kind == "resnet18_two_looks" else "linear")
    architecture = ARCHITECTURES[kind]
    model = seeded_model(architecture, seed=3)
    if kind == "small_two_looks":
        with torch.no_grad():  # which is given its mean shape by its training
            model.reference.copy_(torch.rand(58, 2, generator=torch.Generator().manual_seed(0)))
    indices = [IMM_58.nose_tip] if kind == "nose" else list(range(58))
    training = Training("0" * 32, "train_nose" if kind == "nose" else "train_face", "best", "danes", 2, 3, 3)
    return Checkpoint(architecture, model.state_dict(), IMM_58, indices, InputFrame(32, 48, 1), training)


def faces_for(checkpoint: Checkpoint, count: int = 36) -> FaceSet:
    """Bright spots on whole photographs, or in crops."""
    if checkpoint.frame.crop is None:
        return spot_faces(count)
    return spot_faces(count, size=(96, 96), scheme=IBUG_68, crop=Crop(1.5, 0.08, 96))
