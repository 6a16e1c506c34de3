"""Nodes that the three training pipelines share: pictures of what goes in, how it went and what was learnt."""

from typing import cast

import numpy as np
import pandas as pd
import torch
from matplotlib.figure import Figure
from torch import Tensor

from facial_keypoints.checkpoints import Checkpoint
from facial_keypoints.faces import TRAIN, FaceSet
from facial_keypoints.figures.curves import loss_curves, overlay_curves
from facial_keypoints.figures.faces import contact_sheet
from facial_keypoints.figures.kernels import kernel_grid
from facial_keypoints.options import TrainingOptions
from facial_keypoints.training import Task, require_split, split_examples

INPUTS_DRAWN = 12


def training_inputs(faces: FaceSet, task: Task, options: TrainingOptions) -> Figure:
    """Some training faces as the network sees them, augmented if the task augments, with the points it is to learn.

    Raises DataError if there are none.
    """
    require_split(faces, TRAIN)
    train = np.flatnonzero(faces.table["split"] == TRAIN)
    chosen = train[np.linspace(0, len(train) - 1, min(INPUTS_DRAWN, len(train))).astype(int)]
    examples = split_examples(faces.select(chosen), TRAIN, task, torch.device("cpu"))
    rows = torch.arange(len(examples))
    if task.augmentation is None:
        pictures, points = examples.plain(rows)
    else:
        pictures, points = examples.augmented(rows, task.augmentation, torch.Generator().manual_seed(options.seed))
    height, width = task.frame.size
    return contact_sheet(
        (pictures.permute(0, 2, 3, 1).squeeze(-1) * 255).round().byte().numpy(),
        truth=points.numpy() * (width, height),
        scheme=faces.scheme,
        title=f"{options.name}: training faces as the network sees them, {width} x {height} pixels",
    )


def draw_curves(history: pd.DataFrame, steps: pd.DataFrame, checkpoint: Checkpoint) -> Figure:
    """Training and validation loss of one variant."""
    training = checkpoint.training
    return loss_curves(history, steps, title=f"{training.name}: learning rate {training.options['learning_rate']:g}")


def draw_kernels(checkpoint: Checkpoint) -> Figure:
    """The kernels of a trained network's first layer."""
    kernels = cast(Tensor, checkpoint.model().first_kernels).detach().numpy()
    training = checkpoint.training
    side = f"{kernels.shape[-2]}x{kernels.shape[-1]}"
    return kernel_grid(
        kernels,
        title=f"{training.name}: the {len(kernels)} kernels ({side}) of the first layer",
    )


def compare_variants(**histories: pd.DataFrame) -> Figure:
    """The curves of some of a pipeline's variants, by their full names, in one figure."""
    return overlay_curves(histories, title=f"Compared: {', '.join(histories)}")
