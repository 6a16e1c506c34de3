"""Faces that are bright spots, a detector that finds them, and a network that sees where they are: all exact enough
to be followed, and made of a few lines.
"""

from dataclasses import replace

import numpy as np
import torch
from PIL import Image
from scipy.ndimage import find_objects, label
from torch import Tensor, nn

from facial_keypoints.confidence import Calibration, Curve
from facial_keypoints.examples import InputFrame
from facial_keypoints.geometry import Crop
from facial_keypoints.landmarks import IBUG_68
from facial_keypoints.looking import Looker
from tests.faces import oval
from tests.networks import calibration

SHAPE = oval(IBUG_68) / np.ptp(oval(IBUG_68), axis=0)  # as wide and as high as 1
FRAME = InputFrame(64, 64, 3, Crop(scale=1.5, shift_down=0.0, size=64))
SPREAD = 5.0  # a face's size, in standard deviations of its spot
DARK = 0.05


class Spotter(nn.Module):
    """Answers the shape around the light that it sees, as wide as that is spread; without light, an inverted one."""

    def forward(self, pictures: Tensor) -> Tensor:
        light = pictures.mean(dim=1)
        light = light * (light > DARK)
        total = light.sum(dim=(1, 2))[:, None].clamp(min=1e-6)
        places = (torch.arange(light.shape[-1]) + 0.5) / light.shape[-1]
        columns, rows = light.sum(dim=1), light.sum(dim=2)
        centre = torch.stack([columns @ places, rows @ places], dim=-1) / total
        squares = torch.stack([columns @ places**2, rows @ places**2], dim=-1) / total
        size = SPREAD * (squares - centre**2).mean(dim=-1).clamp(min=0).sqrt()
        size = torch.where(total[:, 0] > 1, size, 0.5)
        centre = torch.where(total > 1, centre, 0.5)
        shape = torch.from_numpy(SHAPE).float()
        inverted = shape.roll(20, dims=0)
        chosen = torch.where((total > 1)[..., None], shape, inverted)
        return centre[:, None] + size[:, None, None] * chosen


def spot_looker() -> Looker:
    return Looker(Spotter(), FRAME, IBUG_68, rounds=1, flip_average=False, device=torch.device("cpu"))


def spot_calibration() -> Calibration:
    """Sure of the shape, and sure that any other is no face."""
    chance = Curve(np.log([0.01, 0.5]), np.array([1.0, 0.0]))
    return replace(calibration(weights=np.array([1.0, 0.0]), mean_shape=SHAPE), chance=chance)


def spot_boxes(picture: Image.Image) -> np.ndarray:
    """The detector: (M, 5), boxes around what is light, with a score of 1."""
    places = find_objects(label(np.asarray(picture.convert("L")) > 255 * DARK)[0])
    return np.array([[x.start, y.start, x.stop - x.start, y.stop - y.start, 1] for y, x in places]).reshape(-1, 5) * 1.0


def scene(*centres: tuple[float, float], size: float = 60, width: int = 400, height: int = 300) -> Image.Image:
    """A frame with a spot around each centre; points span `size` pixels."""
    x, y = np.arange(width) + 0.5, np.arange(height)[:, None] + 0.5
    light = [np.exp(-((x - left) ** 2 + (y - top) ** 2) / 2 / (size / SPREAD) ** 2) for left, top in centres]
    pixels = np.max([np.zeros((height, width)), *light], axis=0)
    return Image.fromarray(np.repeat((255 * pixels).astype(np.uint8)[..., None], 3, axis=2))
