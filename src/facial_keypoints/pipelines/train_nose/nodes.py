"""A small network that finds the tip of the nose."""

from collections.abc import Iterator

import pandas as pd
from matplotlib.figure import Figure
from torch import nn

from facial_keypoints.checkpoints import Checkpoint
from facial_keypoints.errors import ConfigurationError
from facial_keypoints.examples import InputFrame
from facial_keypoints.faces import FaceSet
from facial_keypoints.models import seeded_model
from facial_keypoints.options import TWO_LOOKS, NoseOptions
from facial_keypoints.pipelines.two_looks_task import two_looks_task
from facial_keypoints.pipelines.variant_nodes import training_inputs
from facial_keypoints.training import Task, train_landmarks


def nose_task(faces: FaceSet, options: NoseOptions) -> Task:
    """The scheme's nose tip, from whole pictures: views that `augment` wrote, or photographs for two looks.

    Raises ConfigurationError if the scheme has none.
    """
    if faces.scheme.nose_tip is None:
        raise ConfigurationError(f"landmark scheme {faces.scheme.name!r} has no nose_tip. Name one in its definition.")
    if options.network == TWO_LOOKS:
        return two_looks_task(faces, options, [faces.scheme.nose_tip])
    frame = InputFrame(*faces.image_size, channels=1)
    architecture = {
        "name": "nose",
        "input_size": list(frame.size),
        "channels": list(options.channels),
        "hidden": list(options.hidden),
    }
    return Task(architecture, frame, indices=[faces.scheme.nose_tip])


def new_network(faces: FaceSet, options: NoseOptions) -> tuple[nn.Module, Task]:
    """The variant's network before its first step, and what it is to learn."""
    task = nose_task(faces, options)
    return seeded_model(task.architecture, options.seed), task


def train(faces: FaceSet, options: NoseOptions) -> Iterator[tuple[Checkpoint, pd.DataFrame, pd.DataFrame]]:
    """Train the variant's network to find the nose tip.  Yields (checkpoint, history, steps) after each epoch."""
    yield from train_landmarks(*new_network(faces, options), faces, options)


def draw_inputs(faces: FaceSet, options: NoseOptions) -> Figure:
    """Some training faces as the network sees them."""
    return training_inputs(faces, nose_task(faces, options), options)
