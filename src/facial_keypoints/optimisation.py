"""How weights change from step to step: AdamW by groups, the learning rate's schedule, the weights' moving average."""

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import LambdaLR
from torch.optim.swa_utils import AveragedModel

from facial_keypoints.options import TrainingOptions


class Optimisation:
    """Changes a model's weights by gradients of a loss, step by step, as the options say.

    kept: what is to be measured and kept: the model itself, or the moving average of its weights.
    """

    def __init__(self, model: nn.Module, options: TrainingOptions, steps: int) -> None:
        self.optimizer = adamw(model, options)
        self.schedule = learning_rates(self.optimizer, options, steps)
        self.model = model
        self.average = averaged(model, options)

    @property
    def kept(self) -> nn.Module:
        kept: nn.Module = self.model if self.average is None else self.average.module
        return kept

    def step(self, loss: Tensor) -> None:
        """One step down the gradient of a scalar that was computed by the model."""
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        self.schedule.step()
        if self.average is not None:
            self.average.update_parameters(self.model)


def adamw(model: nn.Module, options: TrainingOptions) -> torch.optim.AdamW:
    """AdamW (Loshchilov, Hutter, ICLR 2019); without weight decay it is Adam. Norms and biases do not decay."""
    weights = [parameter for parameter in model.parameters() if parameter.ndim > 1]
    others = [parameter for parameter in model.parameters() if parameter.ndim <= 1]
    groups = [{"params": weights, "weight_decay": options.weight_decay}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=options.learning_rate, fused=True)


def learning_rates(optimizer: torch.optim.Optimizer, options: TrainingOptions, steps: int) -> LambdaLR:
    """The schedule over `steps` steps: constant, or half a cosine down to 0, times a linear warm-up.

    Cosine: I. Loshchilov, F. Hutter, "SGDR" (ICLR 2017).
    """
    return LambdaLR(optimizer, rate_shares(options, steps))


def rate_shares(options: TrainingOptions, steps: int) -> Callable[[int], float]:
    """The share of the learning rate that step 0, 1, ... of `steps` takes.

    The cosine runs over all steps, those of the warm-up too: what is taken then is the product of both.
    """
    warm_up = options.warm_up * steps

    def share(step: int) -> float:
        rising = min(1.0, (step + 1) / warm_up) if warm_up else 1.0
        falling = 0.5 * (1 + math.cos(math.pi * min(1.0, step / steps))) if options.schedule == "cosine" else 1.0
        return rising * falling

    return share


def averaged(model: nn.Module, options: TrainingOptions) -> AveragedModel | None:
    """A moving average of the model's weights and batch-norm statistics, or None if `options.average` is 0.

    Its decay grows up to that value, so that the first steps, far from anything learnt, are soon forgotten.
    """
    if not options.average:
        return None

    @torch.no_grad()
    def average(kept: Sequence[Tensor], new: Sequence[Tensor], count: Tensor | int) -> None:
        decay = min(options.average, (1 + float(count)) / (10 + float(count)))
        for ours, theirs in zip(kept, new, strict=True):
            if torch.is_floating_point(ours):
                ours.lerp_(theirs, 1 - decay)
            else:
                ours.copy_(theirs)

    return AveragedModel(model, multi_avg_fn=average, use_buffers=True)
