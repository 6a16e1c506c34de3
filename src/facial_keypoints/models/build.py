"""Networks by name, and where they start: at the mean shape."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from facial_keypoints.errors import ConfigurationError
from facial_keypoints.models.convolutional import face_net, nose_net
from facial_keypoints.models.resnet import ResnetLandmarks

NETWORKS: dict[str, Callable[..., nn.Module]] = {"nose": nose_net, "face": face_net, "resnet18": ResnetLandmarks}
SMALL = 0.1  # of the usual standard deviation, for the last layer: the first predictions stay near the mean shape


def build_model(architecture: dict[str, Any]) -> nn.Module:
    """The network that `architecture` describes: its `name` and its arguments.  Raises ConfigurationError."""
    arguments = dict(architecture)
    name = arguments.pop("name", None)
    if name not in NETWORKS:
        raise ConfigurationError(f"found network {name!r}, expected one of {', '.join(NETWORKS)}.")
    return NETWORKS[name](**arguments)


def set_mean_shape(model: nn.Module, mean_shape: Tensor) -> None:
    """Let the untrained model predict points (K, 2) close to `mean_shape`: learning starts from the best constant."""
    last = model.last
    assert isinstance(last, nn.Linear)
    with torch.no_grad():
        last.weight.mul_(SMALL)
        last.bias.copy_(mean_shape.flatten())


def seeded_model(architecture: dict[str, Any], seed: int) -> nn.Module:
    """A new network whose random weights depend on the seed alone; the CPU's random state stays as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build_model(architecture)
