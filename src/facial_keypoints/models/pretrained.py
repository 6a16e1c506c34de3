"""Pretrained weights of ResNet-18: torchvision's, a file's, or none."""

import logging
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torchvision.models import ResNet, ResNet18_Weights, resnet18

from facial_keypoints.configuration import NO_WEIGHTS, TORCHVISION_WEIGHTS
from facial_keypoints.errors import DataError, MissingInputError
from facial_keypoints.landmarks import LandmarkScheme

logger = logging.getLogger(__name__)

TRUNKS = ("second.trunk.resnet.", "trunk.")  # what stands before ResNet-18's keys in our checkpoints
CLASSIFIER = "fc."  # keys of ImageNet's classifier, which the new head replaces
UNREADABLE = (pickle.UnpicklingError, RuntimeError, EOFError, ValueError, KeyError)  # raised by torch.load on bad files
CHECKPOINT_KEYS = ("state_dict", "model", "model_state_dict")  # under which training scripts wrap a state_dict


def load_pretrained(resnet: ResNet, weights: str, allow_partial: bool) -> None:
    """Put pretrained weights into a headless ResNet-18; log what they lack and what they hold too much.

    weights: one of torchvision's names (downloaded to torchvision's cache), the path of a state_dict or of a checkpoint
    of `finetune_resnet`, or "none".  Raises as `check_pretrained`.
    """
    if weights == NO_WEIGHTS:
        return
    state = pretrained_state(weights)
    wanted = resnet.state_dict()
    missing = missing_keys(state, wanted, weights, allow_partial)
    if missing:
        logger.warning("%s lacks %d keys, which start at random: %s", weights, len(missing), ", ".join(missing))
    ignored = sorted(key for key in state.keys() - wanted.keys() if not is_classifier(key))
    if ignored:
        logger.warning(
            "%s holds %d keys of another network, ignored: %s", weights, len(ignored), ", ".join(ignored[:8])
        )
    known = {key: value for key, value in state.items() if key in wanted}
    first, channels = known.get("conv1.weight"), resnet.conv1.in_channels
    if first is not None and first.shape[1] != channels:  # colour to grey is the sum, grey to colour an equal share
        known["conv1.weight"] = first.sum(dim=1, keepdim=True).expand(-1, channels, -1, -1) / channels
    resnet.load_state_dict(known, strict=False)


def load_head(model: nn.Module, architecture: dict[str, Any], weights: str, scheme: LandmarkScheme) -> bool:
    """Whether `weights` is a checkpoint of `finetune_resnet` for these points, with a head of this kind and width.

    If so, all that is not ResNet-18 is put into the model.  weights: as of `load_pretrained`, which has read them.
    """
    if weights in (*TORCHVISION_WEIGHTS, NO_WEIGHTS):
        return False
    content = torch.load(Path(weights), map_location="cpu", weights_only=True)
    if not isinstance(content, dict) or content.get("scheme") != scheme.to_plain():
        return False
    if content["architecture"]["name"] != architecture["name"]:
        return False
    head = {key: value for key, value in content["state_dict"].items() if not key.startswith(TRUNKS)}
    wanted = model.state_dict()
    if any(value.shape != wanted[key].shape for key, value in head.items() if key in wanted):
        return False
    model.load_state_dict(head, strict=False)
    logger.info("%s: its head for %s goes on learning, too", weights, scheme.name)
    return True


def check_pretrained(weights: str, allow_partial: bool) -> None:
    """Raises MissingInputError if the weights cannot be had, DataError if they are no state_dict of a ResNet-18 or lack
    keys without `allow_partial`: before any long work starts.
    """
    if weights != NO_WEIGHTS:
        wanted = {key: value for key, value in resnet18(weights=None).state_dict().items() if not is_classifier(key)}
        missing_keys(pretrained_state(weights), wanted, weights, allow_partial)


def is_classifier(key: str) -> bool:
    """Whether a key belongs to ImageNet's classifier."""
    return key.startswith(CLASSIFIER)


def missing_keys(
    state: Mapping[str, Tensor], wanted: Mapping[str, Tensor], weights: str, allow_partial: bool
) -> list[str]:
    """Keys of a ResNet-18 that `state` lacks.  Raises DataError where that, or another shape, is not acceptable."""
    known = state.keys() & wanted.keys()
    for key in sorted(known):
        if state[key].shape[2:] != wanted[key].shape[2:] or state[key].shape[:1] != wanted[key].shape[:1]:
            raise DataError(
                f"{weights}, {key}: found shape {tuple(state[key].shape)}, expected {tuple(wanted[key].shape)} of "
                "torchvision's ResNet-18. Give a state_dict of that network."
            )
    # Old files lack the batch counters; nothing is computed from them.
    missing = sorted(key for key in wanted.keys() - known if not key.endswith("num_batches_tracked"))
    if missing and not (allow_partial and known):
        raise DataError(
            f"{weights}: found {len(known)} of the {len(wanted)} keys of torchvision's ResNet-18, missing "
            f"{', '.join(missing[:4])}{' ...' if len(missing) > 4 else ''}. Give the whole state_dict"
            + (", or accept random values there: --params finetune_resnet.allow_partial=true" if known else ".")
        )
    return missing


def pretrained_state(weights: str) -> dict[str, Tensor]:
    """The state_dict that `weights` names, see load_pretrained."""
    if weights in TORCHVISION_WEIGHTS:
        return torchvision_state(weights)
    path = Path(weights)
    if not path.is_file():
        raise MissingInputError(
            f"finetune_resnet.weights: found no file {path}; expected one of {', '.join(TORCHVISION_WEIGHTS)}, "
            f"the path of a state_dict (relative to the project's root) or {NO_WEIGHTS}."
        )
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except UNREADABLE as error:
        raise DataError(
            f"{path}: this is no file of tensors that torch can load safely ({type(error).__name__}); expected a "
            "state_dict of torchvision's ResNet-18, saved by torch.save."
        ) from error
    for key in CHECKPOINT_KEYS:
        if isinstance(content, dict) and isinstance(content.get(key), dict):
            content = content[key]
    if not isinstance(content, dict) or not all(isinstance(value, Tensor) for value in content.values()):
        raise DataError(f"{path}: found {type(content).__name__}, expected a state_dict of torchvision's ResNet-18.")
    for trunk in TRUNKS:
        if any(key.startswith(trunk) for key in content):  # a checkpoint of ours: its head has its own loader
            return {key.removeprefix(trunk): value for key, value in content.items() if key.startswith(trunk)}
    return content


def torchvision_state(name: str) -> dict[str, Tensor]:
    """The state_dict of torchvision's weights of that name, from its cache or downloaded.

    Raises MissingInputError if it cannot be downloaded, DataError if the cached file is broken.
    """
    cache = Path(torch.hub.get_dir()) / "checkpoints"
    weights = ResNet18_Weights[name]
    try:
        return dict(weights.get_state_dict(progress=True, check_hash=True, weights_only=True))
    except OSError as error:
        raise MissingInputError(
            f"finetune_resnet.weights: {name} is not in torchvision's cache ({cache}) and could not be downloaded "
            f"({error}). Copy the file there, or give another: "
            f"--params finetune_resnet.weights=<path of a state_dict>, or finetune_resnet.weights={NO_WEIGHTS}"
        ) from error
    except UNREADABLE as error:
        raise DataError(
            f"{cache / Path(weights.url).name}: torchvision's cached weights cannot be read ({type(error).__name__}). "
            "Delete the file and run again to download it anew."
        ) from error
