"""From a network and faces to points: the way that training's validation, `evaluate` and `robustness` share."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from facial_keypoints.devices import automatic_precision
from facial_keypoints.examples import Examples
from facial_keypoints.progress import progress

BATCH_SIZE = 64


@torch.inference_mode()
def predict_unit_points(
    model: nn.Module,
    examples: Examples,
    precision: str = "fp32",
    batch_size: int = BATCH_SIZE,
    *,
    flip_average: bool = False,
    description: str = "predicting",
) -> NDArray[np.float32]:
    """Points (N, K, 2) on [0, 1] of the network's input, in evaluation mode.

    flip_average: the mean of the predictions for the picture and for its mirror image, at twice the cost.
    description: stands before the progress bar.
    """
    model.eval()
    places = examples.mirrored_places if flip_average else []

    def predict(pictures: Tensor) -> Tensor:
        with automatic_precision(examples.device, precision):
            return model(pictures.contiguous(memory_format=torch.channels_last)).float()

    predicted = []
    for rows in progress(torch.arange(len(examples)).split(batch_size), description):
        pictures, _ = examples.plain(rows)
        points = predict(pictures)
        if flip_average:
            mirrored = predict(pictures.flip(-1))[:, places]
            mirrored[..., 0] = 1 - mirrored[..., 0]
            points = (points + mirrored) / 2
        predicted.append(points.cpu())
    return torch.cat(predicted).numpy()
