"""A network looks at faces, more than once: first around a given box, then around what it has found there, upright.

A bad box costs the first look some of its exactness, and the later ones nothing.  What the looks disagree about, and
whether the mirror image is seen alike, tells how far the points can be relied on.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from facial_keypoints.augmentation import warp
from facial_keypoints.checkpoints import Checkpoint
from facial_keypoints.devices import pick_device
from facial_keypoints.errors import DataError
from facial_keypoints.examples import InputFrame
from facial_keypoints.geometry import Crop
from facial_keypoints.landmarks import LandmarkScheme
from facial_keypoints.models.two_looks import TwoLooks
from facial_keypoints.norms import face_size
from facial_keypoints.photographs import LUMINANCE
from facial_keypoints.similarity import moved_points
from facial_keypoints.upright import upright_crop_matrices

BATCH = 32  # faces
ROOM = 1.35  # a cut face's side, in sides of what the network sees: where a better placed look, turned, may reach
SHARPNESS = 1.25  # pixels of a cut face for each that the network sees


class Seen(NamedTuple):
    """What the last look saw of faces: points (N, K, 2) in pixels of the images, and what tells of their errors.

    spread: of the network's maps, (N, K), in sides of its cut. mirrored: how far the prediction for the mirror image
    lies away, moved: how far that of the look before, (N, K) both, in sizes of the face.
    NaN where a network has no maps, nothing was mirrored, or there was one look only.
    """

    points: NDArray[np.float64]
    spread: NDArray[np.float64]
    mirrored: NDArray[np.float64]
    moved: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Looker:
    """A trained network, and how often it looks.

    rounds: looks at each face, at least 1; those after the first are around the points of the one before.
    flip_average: the last look is the mean with that at the mirror image, which costs as much again.
    """

    model: nn.Module
    frame: InputFrame
    scheme: LandmarkScheme
    rounds: int
    flip_average: bool
    device: torch.device

    @property
    def crop(self) -> Crop:
        """What it sees around a box."""
        assert self.frame.crop is not None
        return self.frame.crop

    @property
    def cut(self) -> Crop:
        """What is to be cut around a box, for all of its looks."""
        return Crop(ROOM * self.crop.scale, self.crop.shift_down, round(ROOM * SHARPNESS * self.crop.size))

    @torch.inference_mode()
    def look(self, images: NDArray[np.uint8], matrices: NDArray[np.floating]) -> Seen:
        """Points of the faces in images (N, H, W, 3).

        matrices: (N, 2, 3), from pixels of what the network sees first to those of the images: `geometry.crop_matrix`.
        """
        if not len(images):
            none = np.empty((0, self.scheme.size))
            return Seen(np.empty((0, self.scheme.size, 2)), none, none, none)
        batches = torch.arange(len(images)).split(BATCH)
        seen = [self._look(self._pictures(images[rows.numpy()]), matrices[rows.numpy()]) for rows in batches]
        return Seen(*(np.concatenate(parts) for parts in zip(*seen, strict=True)))

    def _look(self, pictures: Tensor, matrices: NDArray[np.floating]) -> Seen:
        before = None
        for _ in range(self.rounds - 1):
            before, *_ = self._one_look(pictures, matrices, flip_average=False)  # good enough to look around
            matrices = upright_crop_matrices(before, self.scheme, self.crop)
        points, spread, mirrored = self._one_look(pictures, matrices, self.flip_average)
        sizes = face_size(points, self.scheme)[:, None].clip(min=1e-6)
        moved = np.full(spread.shape, np.nan) if before is None else _distances(points, before) / sizes
        return Seen(points, spread, mirrored / sizes, moved)

    def _one_look(
        self, pictures: Tensor, matrices: NDArray[np.floating], flip_average: bool
    ) -> tuple[NDArray[np.float64], ...]:
        """Points (N, K, 2), spread and distance of the mirror image's prediction, (N, K), in pixels of the pictures."""
        maps = torch.from_numpy(matrices.astype(np.float32)).to(self.device)
        views = warp(pictures, maps, self.frame.size)
        points, spread = self._predict(views)
        disagreement = torch.full_like(spread, torch.nan)
        sides = points.new_tensor([self.frame.width, self.frame.height])
        if flip_average:
            other, other_spread = (values[:, list(self.scheme.mirror)] for values in self._predict(views.flip(-1)))
            other = torch.stack([1 - other[..., 0], other[..., 1]], dim=-1)
            apart = moved_points(maps, other * sides) - moved_points(maps, points * sides)
            disagreement = apart.norm(dim=-1)
            points, spread = (points + other) / 2, (spread + other_spread) / 2
        found = moved_points(maps, points * sides), spread, disagreement
        return tuple(values.double().cpu().numpy() for values in found)

    def _predict(self, views: Tensor) -> tuple[Tensor, Tensor]:
        """Points (N, K, 2) on [0, 1] of the views, and how far their maps are spread, (N, K)."""
        views = views.contiguous(memory_format=torch.channels_last)
        if isinstance(self.model, TwoLooks):
            return self.model.points_and_spread(views)
        points: Tensor = self.model(views)
        return points, torch.full_like(points[..., 0], torch.nan)

    def _pictures(self, images: NDArray[np.uint8]) -> Tensor:
        """(N, C, H, W) on [0, 1]"""
        pictures = torch.from_numpy(np.ascontiguousarray(images)).to(self.device).permute(0, 3, 1, 2).float() / 255
        if self.frame.channels == 3:
            return pictures
        weights = torch.tensor(LUMINANCE, device=self.device)[:, None, None]
        return (pictures * weights).sum(dim=1, keepdim=True)


def looker(checkpoint: Checkpoint, rounds: int, flip_average: bool, device: str) -> Looker:
    """The network of a checkpoint, ready to look.  Raises DataError if it does not see squares around boxes.

    What it predicts are the places themselves: a shift of its data set's labels is not put back.
    """
    if checkpoint.frame.crop is None or checkpoint.indices != list(range(checkpoint.scheme.size)):
        raise DataError(
            f"{checkpoint.training.name} sees whole photographs or predicts some points only, expected a network for "
            "all points of faces in boxes. Name a variant of finetune_resnet."
        )
    chosen = pick_device(device)
    model = checkpoint.model().to(chosen)
    return Looker(model, checkpoint.frame, checkpoint.scheme, rounds, flip_average, chosen)


def _distances(points: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    distances: NDArray[np.float64] = np.linalg.norm(points - others, axis=-1)
    return distances
