"""A network that finds all points of the Danes."""

from collections.abc import Iterator

import pandas as pd
from matplotlib.figure import Figure
from torch import nn

from facial_keypoints.checkpoints import Checkpoint
from facial_keypoints.examples import InputFrame
from facial_keypoints.faces import FaceSet
from facial_keypoints.models import seeded_model
from facial_keypoints.options import TWO_LOOKS, FaceOptions
from facial_keypoints.pipelines.two_looks_task import two_looks_task
from facial_keypoints.pipelines.variant_nodes import training_inputs
from facial_keypoints.training import Task, train_landmarks


def face_task(faces: FaceSet, options: FaceOptions) -> Task:
    """All of the scheme's points, from whole pictures: views that `augment` wrote, or photographs for two looks."""
    if options.network == TWO_LOOKS:
        return two_looks_task(faces, options)
    frame = InputFrame(*faces.image_size, channels=1)
    architecture = {
        "name": "face",
        "input_size": list(frame.size),
        "channels": list(options.channels),
        "hidden": options.hidden,
        "points": faces.scheme.size,
    }
    return Task(architecture, frame)


def new_network(faces: FaceSet, options: FaceOptions) -> tuple[nn.Module, Task]:
    """The variant's network before its first step, and what it is to learn."""
    task = face_task(faces, options)
    return seeded_model(task.architecture, options.seed), task


def train(faces: FaceSet, options: FaceOptions) -> Iterator[tuple[Checkpoint, pd.DataFrame, pd.DataFrame]]:
    """Train the variant's network to find all points.  Yields (checkpoint, history, steps) after each epoch."""
    yield from train_landmarks(*new_network(faces, options), faces, options)


def draw_inputs(faces: FaceSet, options: FaceOptions) -> Figure:
    """Some training faces as the network sees them."""
    return training_inputs(faces, face_task(faces, options), options)
