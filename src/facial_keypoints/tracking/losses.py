"""Under which names losses are recorded: one chart never shows two that are unlike."""

from facial_keypoints.options import TWO_LOOKS, TrainingOptions


def is_like_validation(options: TrainingOptions) -> bool:
    """Whether the training loss is the mean squared error of points on [0, 1], as the validation loss is."""
    return options.loss == "mse" and not has_maps(options)


def has_maps(options: TrainingOptions) -> bool:
    """Whether it is the loss of maps too, of a network that looks twice."""
    return TWO_LOOKS in (getattr(options, "network", None), getattr(options, "head", None))


def training_loss_name(options: TrainingOptions) -> str:
    """The metric of the training loss: `train/loss`, or another for each other kind, `train/radial_maps_loss`."""
    if is_like_validation(options):
        return "train/loss"
    return f"train/{options.loss}_maps_loss" if has_maps(options) else f"train/{options.loss}_loss"
