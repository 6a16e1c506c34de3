"""Nodes that the three training pipelines share: pictures of what goes in, how it went and what was learnt."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, replace
from functools import wraps
from typing import Any, cast

import numpy as np
import pandas as pd
import torch
from matplotlib.figure import Figure
from torch import Tensor

from facial_keypoints.checkpoints import Checkpoint
from facial_keypoints.faces import TRAIN, FaceSet
from facial_keypoints.figures.comparison import overlay_curves
from facial_keypoints.figures.curves import loss_curves
from facial_keypoints.figures.faces import contact_sheet
from facial_keypoints.figures.kernels import kernel_grid
from facial_keypoints.fingerprint import fingerprint
from facial_keypoints.options import TWO_LOOKS, TrainingOptions
from facial_keypoints.training import Task, require_split, split_examples

INPUTS_DRAWN = 12
OPTIONS = ".options"  # behind the name of a variant


Train = Callable[[Any, Any], Iterator[tuple[Checkpoint, pd.DataFrame, pd.DataFrame]]]


def noting_faces(train: Train) -> Train:
    """`train`, whose checkpoints then say which faces they learnt from."""

    @wraps(train)
    def training(faces: Any, options: Any) -> Iterator[tuple[Checkpoint, pd.DataFrame, pd.DataFrame]]:
        noted = fingerprint(faces)
        for checkpoint, history, steps in train(faces, options):
            yield replace(checkpoint, training=replace(checkpoint.training, faces=noted)), history, steps

    return training


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
    title = f"{training.name}: learning rate {training.options['learning_rate']:g}"
    return loss_curves(history, steps, title=title, loss=loss_in_words(training.options))


def draw_kernels(checkpoint: Checkpoint) -> Figure:
    """The kernels of a trained network's first layer."""
    kernels = cast(Tensor, checkpoint.model().first_kernels).detach().numpy()
    training = checkpoint.training
    side = f"{kernels.shape[-2]}x{kernels.shape[-1]}"
    return kernel_grid(
        kernels,
        title=f"{training.name}: the {len(kernels)} kernels ({side}) of the first layer",
    )


def compare_variants(**inputs: Any) -> Figure:
    """The curves of some of a pipeline's variants in one figure, the highest learning rate first.

    inputs: by the variant's full name its history; and its options, under a name with OPTIONS behind.
    """
    options = {name.removesuffix(OPTIONS): given for name, given in inputs.items() if name.endswith(OPTIONS)}
    names = [name for name in inputs if not name.endswith(OPTIONS)]
    names.sort(key=lambda name: -options[name].learning_rate if name in options else 0)
    histories = {name: inputs[name] for name in names}
    return overlay_curves(
        {name.split(".")[1]: history for name, history in histories.items()},
        title=f"{next(iter(histories)).split('.')[0]}: learning curves of {len(histories)} variants",
        losses={given.variant: loss_in_words(asdict(given)) for given in options.values()},
    )


def loss_in_words(options: Mapping[str, Any]) -> str:
    """What a training made small, "mse", or "radial and maps" of a network of maps, by its options."""
    has_maps = TWO_LOOKS in (options.get("network"), options.get("head"))
    return f"{options['loss']} and maps" if has_maps else str(options["loss"])
