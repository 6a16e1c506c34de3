"""The learning rate range test: a variant's own training, for some hundred steps of a rising rate. Nothing is kept."""

import copy
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import LambdaLR

from facial_keypoints.devices import pick_device, pick_precision
from facial_keypoints.errors import ProjectError
from facial_keypoints.examples import Examples
from facial_keypoints.faces import FaceSet
from facial_keypoints.learning_rate_range import latest_smoothed, range_table, rising_rates
from facial_keypoints.losses import Objective
from facial_keypoints.optimisation import Optimisation
from facial_keypoints.options import LrFindOptions, TrainingOptions
from facial_keypoints.progress import progress
from facial_keypoints.training import Task, ready_to_train, shuffled_batches


def range_test(
    model: nn.Module, task: Task, faces: FaceSet, options: TrainingOptions, finder: LrFindOptions
) -> pd.DataFrame:
    """The loss of each step while the learning rate rises, up to the highest or until the loss has diverged.

    Network, loss, batches, augmentation, precision and weight decay are the variant's; its rate, schedule, warm-up and
    average are not.  Returns a `range_table`.  Raises DataError without training faces, ProjectError if the first loss
    is no number.
    """
    device = pick_device(options.device)
    train = ready_to_train(model, task, faces, device)
    generator = torch.Generator().manual_seed(options.seed)
    model.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    model.train()
    untrained = copy.deepcopy(model)
    precision = pick_precision(options.precision, device)
    objective = Objective(options.loss, precision, task.augmentation, generator)
    optimisation = rising(model, options, finder)
    batches = endless_batches(len(train), options.batch_size, generator)
    rates = rising_rates(finder)
    losses, untrained_losses, course = [], [], []
    for step, _ in enumerate(progress(rates, f"learning rates for {options.name}"), start=1):
        loss, before = on_the_same_pictures(objective, model, untrained, train, next(batches))
        if not torch.isfinite(loss):
            break
        losses.append(loss.item())
        untrained_losses.append(before.item())
        course.append(latest_smoothed(rates[:step], np.divide(losses, untrained_losses), finder.smoothing))
        if course[-1] > finder.divergence * min(course):
            break
        optimisation.step(loss)
    if not losses:
        raise ProjectError(
            f"{options.name}: the loss is {loss.item()} before the first step, expected a number. That is not due to "
            f"the learning rate: look at the faces, kedro run --nodes {options.name}.draw_inputs"
        )
    return range_table(rates[: len(losses)], losses, untrained_losses, finder)


def on_the_same_pictures(
    objective: Objective, model: nn.Module, untrained: nn.Module, train: Examples, rows: Tensor
) -> tuple[Tensor, Tensor]:
    """The two networks' losses, of the same faces varied by the same chance; the second without gradients."""
    chance = objective.generator.get_state()
    with torch.no_grad():
        before = objective.of(untrained, train, rows)
    objective.generator.set_state(chance)
    return objective.of(model, train, rows), before


def rising(model: nn.Module, options: TrainingOptions, finder: LrFindOptions) -> Optimisation:
    """The variant's optimisation, at rates that rise from step to step as `rising_rates` does."""
    plain = replace(options, learning_rate=finder.lowest, schedule="constant", warm_up=0, average=0)
    optimisation = Optimisation(model, plain, finder.steps)
    factor = (finder.highest / finder.lowest) ** (1 / (finder.steps - 1))
    optimisation.schedule = LambdaLR(optimisation.optimizer, lambda step: factor**step)
    return optimisation


def endless_batches(count: int, size: int, generator: torch.Generator) -> Iterator[Tensor]:
    """The batches of one epoch after the other."""
    while True:
        yield from shuffled_batches(count, size, generator)
