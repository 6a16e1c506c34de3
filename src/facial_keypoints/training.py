"""The one training loop: `fit` trains a network epoch by epoch and keeps the epoch that validates best.

It is a generator, so that each epoch's history and best checkpoint reach the catalog (and MLflow) while training goes
on.
"""

import logging
import time
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from facial_keypoints.checkpoints import Checkpoint, Training
from facial_keypoints.devices import pick_device, pick_precision
from facial_keypoints.errors import DataError, ProjectError
from facial_keypoints.examples import Examples, InputFrame
from facial_keypoints.faces import TRAIN, UNLABELLED, VALIDATION, FaceSet
from facial_keypoints.inference import predict_unit_points
from facial_keypoints.losses import Objective
from facial_keypoints.metrics import nme, point_errors
from facial_keypoints.models import start_at_mean_shape
from facial_keypoints.optimisation import Optimisation
from facial_keypoints.options import AugmentationOptions, TrainingOptions
from facial_keypoints.progress import progress

logger = logging.getLogger(__name__)

NO_BETTER_THAN_THE_MEAN_SHAPE = 0.95  # of the mean shape's error: a network above that has learnt next to nothing


@dataclass(frozen=True)
class FitState:
    """What is known after an epoch, of all epochs so far.

    history: a row an epoch: epoch, train/loss, val/loss, val/nme (%), val/px (pixels of the photographs), seconds.
    steps: a row a step: step, epoch (as a fraction), loss.
    best_state, best_epoch: the weights that validated best so far, and when.
    """

    history: pd.DataFrame
    steps: pd.DataFrame
    best_state: dict[str, Tensor]
    best_epoch: int


@dataclass(frozen=True)
class Task:
    """What is to be learnt from a face set.

    architecture: for `build_model`. indices: which of the scheme's points, None for all.
    augmentation: of each batch; None where the face set holds views already.
    has_trained_head: whether the network predicts such points already; else it starts at the mean shape.
    learns_all: whether it learns from all of the scheme's points, also where it is asked for some.
    """

    architecture: dict[str, Any]
    frame: InputFrame
    indices: list[int] | None = None
    augmentation: AugmentationOptions | None = None
    has_trained_head: bool = False
    learns_all: bool = False


def train_landmarks(
    model: nn.Module, task: Task, faces: FaceSet, options: TrainingOptions
) -> Iterator[tuple[Checkpoint, pd.DataFrame, pd.DataFrame]]:
    """Train `model` on the set's training faces and yield (checkpoint, history, steps) after each epoch.

    Raises DataError if a split is empty, ProjectError if the loss is no longer a number.
    """
    device = pick_device(options.device)
    train = ready_to_train(model, task, faces, device)
    validation = split_examples(faces, VALIDATION, task, device)
    training_id = uuid.uuid4().hex
    for state in fit(model, train, validation, options, augmentation=task.augmentation):
        training = Training(
            id=training_id,
            pipeline=options.pipeline,
            variant=options.variant,
            data_set=faces.data_set,
            epoch=state.best_epoch,
            epochs_done=len(state.history),
            epochs_planned=options.epochs,
            options=asdict(options),
            groups=sorted(set(faces.split(TRAIN).table["group"].astype(str))),
        )
        checkpoint = Checkpoint(
            task.architecture, state.best_state, faces.scheme, validation.indices, task.frame, training
        )
        yield checkpoint, state.history, state.steps


def ready_to_train(model: nn.Module, task: Task, faces: FaceSet, device: torch.device) -> Examples:
    """The training faces as `model` learns from them; it starts at their mean shape, unless its head is trained.

    Raises DataError if there are none.
    """
    train = split_examples(faces, TRAIN, replace(task, indices=None) if task.learns_all else task, device)
    if not task.has_trained_head:
        start_at_mean_shape(model, train.unit_keypoints, task.frame.size)
    return train


def split_examples(faces: FaceSet, split: str, task: Task, device: torch.device) -> Examples:
    """The faces of one split as the task's network takes them.  Raises DataError if there are none."""
    require_split(faces, split)
    return Examples(faces.split(split), task.frame, device, task.indices)


def require_split(faces: FaceSet, split: str) -> None:
    """Raises DataError if a split is empty."""
    counts = faces.table["split"].value_counts().to_dict()
    if not counts.get(split):
        unlabelled = counts.get(UNLABELLED)
        advice = (
            "Faces without landmarks can be predicted, not learnt from: annotate some (docs/own_data.md)."
            if unlabelled
            else f"Change the parameters of ingest_{faces.data_set} that split it."
        )
        raise DataError(f"{faces.data_set}_faces: found no {split} faces, only {counts}; expected some. {advice}")


def fit(
    model: nn.Module,
    train: Examples,
    validation: Examples,
    options: TrainingOptions,
    *,
    augmentation: AugmentationOptions | None = None,
) -> Iterator[FitState]:
    """Train with AdamW on the options' loss; a FitState an epoch.

    Where the options ask for a moving average of the weights, that is what is measured and kept.
    Says so loudly if the network ends no better than the mean shape of the training faces.
    Raises ProjectError if the loss is no longer a number.
    """
    generator = torch.Generator().manual_seed(options.seed)
    model.to(train.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimisation = Optimisation(model, options, options.epochs * step_count(len(train), options.batch_size))
    precision = pick_precision(options.precision, train.device)
    logger.info("%s computes on %s in %s", options.name, train.device, precision)
    objective = Objective(options.loss, precision, augmentation, generator)
    mean_shape_nme = measure(train.mean_shape_of(validation.indices), validation)["val/nme"]
    history: list[dict[str, float]] = []
    losses: list[float] = []
    best_state, best_epoch = {}, 0
    for number in range(1, options.epochs + 1):
        started = time.perf_counter()
        epoch_losses = train_epoch(model, optimisation, objective, train, options, number)
        losses += epoch_losses
        row = {"epoch": number, "train/loss": float(np.mean(epoch_losses))}
        row |= measure(predict_unit_points(optimisation.kept, validation, precision), validation)
        row["seconds"] = time.perf_counter() - started
        require_numbers(options, row)
        history.append(row)
        table = pd.DataFrame(history)
        if number == 1 + int(table["val/nme"].argmin()):
            best_state, best_epoch = copied_state(optimisation.kept), number
        report(options, row, best_epoch)
        steps = np.arange(1, len(losses) + 1)
        yield FitState(
            history=table,
            steps=pd.DataFrame({"step": steps, "epoch": steps / len(epoch_losses), "loss": losses}),
            best_state=best_state,
            best_epoch=best_epoch,
        )
    warn_if_no_better(options, table["val/nme"].min(), mean_shape_nme)


def train_epoch(
    model: nn.Module,
    optimisation: Optimisation,
    objective: Objective,
    train: Examples,
    options: TrainingOptions,
    number: int,
) -> list[float]:
    """One look at every training face, in random order; the loss of each step."""
    model.train()
    batches = shuffled_batches(len(train), options.batch_size, objective.generator)
    losses = []
    for rows in progress(batches, f"{options.name} {number}/{options.epochs}"):
        loss = objective.of(model, train, rows)
        optimisation.step(loss)
        losses.append(loss.detach())
    return torch.stack(losses).tolist()


def step_count(count: int, size: int) -> int:
    """How many batches `shuffled_batches` makes."""
    return len(shuffled_batches(count, size, torch.Generator()))


def shuffled_batches(count: int, size: int, generator: torch.Generator) -> list[Tensor]:
    """Rows 0 to count - 1 in random order, `size` at a time; a last batch of one, without spread, joins the others."""
    *batches, last = torch.randperm(count, generator=generator).split(size)
    if batches and len(last) == 1 < size:
        batches[-1] = torch.cat([batches[-1], last])
        return batches
    return [*batches, last]


def measure(predicted: NDArray[np.floating], examples: Examples) -> dict[str, float]:
    """val/loss, val/nme and val/px of predicted points (N, K, 2), or of one shape (K, 2) for all, on [0, 1]."""
    truth = examples.source_keypoints[:, examples.indices]
    predicted = np.broadcast_to(predicted, truth.shape)
    errors = point_errors(examples.to_source_points(predicted), truth)
    return {
        "val/loss": float(np.square(predicted - examples.unit_keypoints).mean()),
        "val/nme": float(nme(errors, examples.norm).mean()),
        "val/px": float(errors.mean()),
    }


def require_numbers(options: TrainingOptions, row: dict[str, float]) -> None:
    """Raises ProjectError if training went astray: its loss, or what the network now predicts, is no number."""
    for key in ("train/loss", "val/nme"):
        if not np.isfinite(row[key]):
            raise ProjectError(
                f"{options.name}: {key} is {row[key]} in epoch {row['epoch']}, expected a number. "
                f"Lower the learning rate: --params {options.name}.learning_rate={options.learning_rate / 10:g}"
            )


def copied_state(model: nn.Module) -> dict[str, Tensor]:
    """The weights as they are now, on the CPU, in torch's usual memory order."""
    return {key: value.detach().cpu().contiguous().clone() for key, value in model.state_dict().items()}


def report(options: TrainingOptions, row: dict[str, float], best_epoch: int) -> None:
    """One log line an epoch."""
    logger.info(
        "%s epoch %d/%d: train/loss %.2e, val/loss %.2e, val/nme %.2f %%, val/px %.1f%s, %.0f s",
        options.name,
        row["epoch"],
        options.epochs,
        row["train/loss"],
        row["val/loss"],
        row["val/nme"],
        row["val/px"],
        " (best)" if row["epoch"] == best_epoch else "",
        row["seconds"],
    )


def warn_if_no_better(options: TrainingOptions, best_nme: float, mean_shape_nme: float) -> None:
    """Say it loudly if a network has learnt nothing but the mean shape."""
    if best_nme > NO_BETTER_THAN_THE_MEAN_SHAPE * mean_shape_nme:
        logger.warning(
            "%s predicts hardly better than the mean shape, whatever the picture: val/nme %.2f %%, the mean shape's is "
            "%.2f %%. Train longer, or try another learning rate or seed.",
            options.name,
            best_nme,
            mean_shape_nme,
        )
