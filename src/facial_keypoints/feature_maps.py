"""What the layers of a network make of a picture."""

from contextlib import ExitStack

import torch
from torch import Tensor, nn

PICTURE_AXES = 4  # N, C, height, width: layers after the convolutions have two


@torch.inference_mode()
def feature_maps(model: nn.Module, picture: Tensor) -> list[Tensor]:
    """What each ReLU behind a convolution puts out, in the order in which the network computes them.

    picture: (C, H, W) in [0, 1].  Returns tensors (channels, height, width), none negative.
    """
    found: list[Tensor] = []

    def keep(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        if output.ndim == PICTURE_AXES:
            found.append(output[0].clone())  # the next layer may write into it

    with ExitStack() as hooks:
        for module in model.modules():
            if isinstance(module, nn.ReLU):
                hooks.callback(module.register_forward_hook(keep).remove)
        model.eval()
        model(picture[None])
    return found
