"""ResNet-18, pretrained on ImageNet, with a new head for the points of iBUG 300-W."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pandas as pd
from matplotlib.figure import Figure
from torch import nn
from torchvision.models import ResNet

from facial_keypoints.checkpoints import Checkpoint
from facial_keypoints.errors import DataError
from facial_keypoints.examples import InputFrame
from facial_keypoints.faces import TRAIN, FaceSet
from facial_keypoints.geometry import Crop
from facial_keypoints.models import seeded_model
from facial_keypoints.models.pretrained import load_head, load_pretrained
from facial_keypoints.options import TWO_LOOKS, ResnetOptions
from facial_keypoints.pipelines.variant_nodes import training_inputs
from facial_keypoints.training import Task, train_landmarks


def resnet_task(faces: FaceSet, options: ResnetOptions) -> Task:
    """All of the scheme's points, from a square around the face's box, augmented a batch at a time."""
    if faces.crop is None:
        raise DataError(
            "found a face set of whole photographs, expected crops around boxes, as ingest_ibug makes them."
        )
    crop = Crop(options.crop_scale, faces.crop.shift_down, options.input_size)
    channels = 3 if options.colour == "rgb" else 1
    frame = InputFrame(options.input_size, options.input_size, channels, crop, options.label_shift)
    architecture: dict[str, Any] = {"name": "resnet18", "colour": options.colour, "points": faces.scheme.size}
    if options.head == TWO_LOOKS:
        looks = options.two_looks
        architecture |= {"name": "resnet18_two_looks", "channels": looks.channels}
        architecture |= {"cut_size": looks.cut_size, "looks": looks.looks}
    return Task(architecture, frame, augmentation=options.augmentation)


def new_network(faces: FaceSet, options: ResnetOptions) -> tuple[nn.Module, Task]:
    """The variant's network, pretrained, before its first step, and what it is to learn.

    Raises DataError for a single training face.
    """
    task = resnet_task(faces, options)
    if (faces.table["split"] == TRAIN).sum() == 1:
        raise DataError(
            f"{faces.data_set}_faces: found 1 train face, expected at least 2: batch normalisation needs them. "
            "Add photographs, or state the splits."
        )
    model = seeded_model(task.architecture, options.seed)
    load_pretrained(resnet18_of(model), options.weights, options.allow_partial)
    return model, replace(task, has_trained_head=load_head(model, task.architecture, options.weights, faces.scheme))


def finetune(faces: FaceSet, options: ResnetOptions) -> Iterator[tuple[Checkpoint, pd.DataFrame, pd.DataFrame]]:
    """Teach a pretrained ResNet-18 to find all points.  Yields (checkpoint, history, steps) after each epoch.

    Raises DataError for a single training face.
    """
    yield from train_landmarks(*new_network(faces, options), faces, options)


def resnet18_of(model: nn.Module) -> ResNet:
    """The ResNet-18 within one of the pipeline's networks."""
    return next(module for module in model.modules() if isinstance(module, ResNet))


def draw_inputs(faces: FaceSet, options: ResnetOptions) -> Figure:
    """Some training faces as the network sees them."""
    return training_inputs(faces, resnet_task(faces, options), options)
