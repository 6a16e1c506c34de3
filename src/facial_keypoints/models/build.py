"""Networks by name, and where they start: at the mean shape."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from facial_keypoints.errors import ConfigurationError
from facial_keypoints.models.convolutional import face_net, nose_net
from facial_keypoints.models.dilated import DilatedTrunk
from facial_keypoints.models.pyramid import PyramidTrunk
from facial_keypoints.models.resnet import ResnetLandmarks
from facial_keypoints.models.spatial import SpatialNet
from facial_keypoints.models.two_looks import TwoLooks, upright_reference
from facial_keypoints.procrustes import aligned_shapes


def small_two_looks(
    points: int,
    channels: Sequence[int],
    dilations: Sequence[int],
    first_size: Sequence[int],
    cut_size: int,
    looks: int,
    answers: Sequence[int] | None = None,
) -> TwoLooks:
    """Two small networks of dilated convolutions on grey pictures: one finds the face, one its points."""
    first, second = (SpatialNet(DilatedTrunk(channels, dilations), channels[-1], points) for _ in range(2))
    return TwoLooks(first, second, points, first_size, (cut_size, cut_size), looks, answers)


def resnet18_two_looks(points: int, colour: str, channels: int, cut_size: int, looks: int) -> TwoLooks:
    """A ResNet-18 with a feature pyramid, which sees the crop around the box first and then what it found there."""
    size = (cut_size, cut_size)
    second = SpatialNet(PyramidTrunk(colour, channels), channels, points)
    return TwoLooks(None, second, points, size, size, looks)


NETWORKS: dict[str, Callable[..., nn.Module]] = {
    "nose": nose_net,
    "face": face_net,
    "resnet18": ResnetLandmarks,
    "small_two_looks": small_two_looks,
    "resnet18_two_looks": resnet18_two_looks,
}
SMALL = 0.1  # of the usual standard deviation, for the last layer: the first predictions stay near the mean shape


def build_model(architecture: dict[str, Any]) -> nn.Module:
    """The network that `architecture` describes: its `name` and its arguments.  Raises ConfigurationError."""
    arguments = dict(architecture)
    name = arguments.pop("name", None)
    if name not in NETWORKS:
        raise ConfigurationError(f"found network {name!r}, expected one of {', '.join(NETWORKS)}.")
    return NETWORKS[name](**arguments)


def start_at_mean_shape(model: nn.Module, points: NDArray[np.floating], size: tuple[int, int]) -> None:
    """Let the untrained model predict points close to the mean of those it learns from: the best constant.

    points: (N, K, 2) on [0, 1] of the network's input of `size` (height, width).  A network that looks twice finds its
    points by looking; what it is given is their mean shape, whatever place, size and turn faces have, to cut them by.
    """
    with torch.no_grad():
        if isinstance(model, TwoLooks):
            _, mean = aligned_shapes(points * (size[1], size[0]))
            model.reference.copy_(upright_reference(torch.from_numpy(mean)))
        else:
            last = model.last
            assert isinstance(last, nn.Linear)
            last.weight.mul_(SMALL)
            last.bias.copy_(torch.from_numpy(points.mean(axis=0).flatten()))


def seeded_model(architecture: dict[str, Any], seed: int) -> nn.Module:
    """A new network whose random weights depend on the seed alone; the CPU's random state stays as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build_model(architecture)
