"""From a network and faces to points: the way that training's validation and `evaluate` share."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from facial_keypoints.devices import automatic_precision
from facial_keypoints.examples import Examples

BATCH_SIZE = 64


@torch.inference_mode()
def predict_unit_points(
    model: nn.Module, examples: Examples, precision: str = "fp32", batch_size: int = BATCH_SIZE
) -> NDArray[np.float32]:
    """Points (N, K, 2) on [0, 1] of the network's input, in evaluation mode."""
    model.eval()
    predicted = []
    for rows in torch.arange(len(examples)).split(batch_size):
        pictures, _ = examples.plain(rows)
        with automatic_precision(examples.device, precision):
            predicted.append(model(pictures.contiguous(memory_format=torch.channels_last)).float().cpu())
    return torch.cat(predicted).numpy()
