"""torchvision's ResNet-18 with a new head for landmarks, and where its pretrained weights come from."""

import logging
import pickle
from pathlib import Path

import torch
from torch import Tensor, nn
from torchvision.models import ResNet18_Weights, resnet18

from facial_keypoints.configuration import NO_WEIGHTS, TORCHVISION_WEIGHTS
from facial_keypoints.errors import DataError, MissingInputError

logger = logging.getLogger(__name__)

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
CLASSIFIER = "fc."  # keys of ImageNet's classifier, which the new head replaces
UNREADABLE = (
    pickle.UnpicklingError,
    RuntimeError,
    EOFError,
    ValueError,
    KeyError,
)  # what torch.load raises on bad files
CHECKPOINT_KEYS = ("state_dict", "model", "model_state_dict")  # under which training scripts wrap a state_dict


class ResnetLandmarks(nn.Module):
    """Pictures (N, C, H, W) in [0, 1], grey or RGB, to points (N, points, 2) in [0, 1]."""

    mean: Tensor
    std: Tensor

    def __init__(self, colour: str, points: int) -> None:
        super().__init__()
        self.trunk = resnet18(weights=None)
        self.last = nn.Linear(self.trunk.fc.in_features, 2 * points)
        self.trunk.fc = nn.Identity()
        mean, std = torch.tensor(IMAGENET_MEAN), torch.tensor(IMAGENET_STD)
        if colour == "grey":
            self.trunk.conv1 = nn.Conv2d(1, 64, kernel_size=7, stride=2, padding=3, bias=False)
            mean, std = mean.mean()[None], std.mean()[None]
        self.register_buffer("mean", mean[:, None, None], persistent=False)
        self.register_buffer("std", std[:, None, None], persistent=False)

    def forward(self, pictures: Tensor) -> Tensor:
        features = self.trunk((pictures - self.mean) / self.std)
        # The coordinates themselves stay in fp32: in bf16 they would be rounded to a quarter of a percent.
        with torch.autocast(pictures.device.type, enabled=False):
            return self.last(features.float()).unflatten(1, (-1, 2))

    @property
    def first_kernels(self) -> Tensor:
        """Weights of the first convolution, (64, C, 7, 7)."""
        return self.trunk.conv1.weight


def load_pretrained(model: ResnetLandmarks, weights: str, allow_partial: bool) -> None:
    """Put pretrained weights into the model's trunk.

    weights: one of torchvision's names (downloaded to torchvision's cache), the path of a state_dict, or "none".
    Raises MissingInputError if there is no such file, DataError if it is no state_dict of a ResNet-18 or lacks keys
    without `allow_partial`.
    """
    if weights == NO_WEIGHTS:
        return
    state = pretrained_state(weights)
    wanted = model.trunk.state_dict()
    known = {key: value for key, value in state.items() if key in wanted}
    if model.trunk.conv1.in_channels == 1 and "conv1.weight" in known:
        known["conv1.weight"] = known["conv1.weight"].sum(dim=1, keepdim=True)
    for key, value in known.items():
        if value.shape != wanted[key].shape:
            raise DataError(
                f"{weights}, {key}: found shape {tuple(value.shape)}, expected {tuple(wanted[key].shape)} of "
                "torchvision's ResNet-18. Give a state_dict of that network."
            )
    # Old files lack the batch counters; nothing is computed from them.
    missing = sorted(key for key in wanted.keys() - known.keys() if not key.endswith("num_batches_tracked"))
    if missing and not (allow_partial and known):
        raise DataError(
            f"{weights}: found {len(known)} of the {len(wanted)} keys of torchvision's ResNet-18, missing "
            f"{', '.join(missing[:4])}{' ...' if len(missing) > 4 else ''}. Give the whole state_dict"
            + (", or accept random values there: --params finetune_resnet.allow_partial=true" if known else ".")
        )
    if missing:
        logger.warning("%s lacks %d keys, which start at random: %s", weights, len(missing), ", ".join(missing))
    ignored = sorted(key for key in state.keys() - wanted.keys() if not key.startswith(CLASSIFIER))
    if ignored:
        logger.warning(
            "%s holds %d keys of another network, ignored: %s", weights, len(ignored), ", ".join(ignored[:8])
        )
    model.trunk.load_state_dict(known, strict=False)


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
