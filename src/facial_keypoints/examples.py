"""Faces as a network takes them: the part of each image that it sees, at its input size, in batches."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from facial_keypoints.augmentation import disturb, random_views, view_keypoints, warp
from facial_keypoints.errors import ConfigurationError, ShapeError
from facial_keypoints.faces import FaceSet
from facial_keypoints.geometry import (
    Crop,
    compose,
    crop_matrix,
    inner_crop_matrix,
    inverse,
    scaling,
    transform_points,
)
from facial_keypoints.norms import interocular
from facial_keypoints.options import AugmentationOptions
from facial_keypoints.photographs import LUMINANCE
from facial_keypoints.similarity import composed


@dataclass(frozen=True)
class InputFrame:
    """What a network sees of a face, and how large.

    height, width: pixels of the network's input. channels: 1 (grey) or 3 (RGB).
    crop: the square around the face's box; None for whole photographs.
    label_shift: how far to the right of where it learns them the labels lie, in pixels of the photographs. What it
        predicts is shifted back to them.
    """

    height: int
    width: int
    channels: int
    crop: Crop | None = None
    label_shift: float = 0.0

    @property
    def size(self) -> tuple[int, int]:
        return self.height, self.width

    def matrices_to_images(self, faces: FaceSet, boxes: NDArray[np.floating] | None = None) -> NDArray[np.floating]:
        """The maps from pixels of the input to pixels of the set's images, (N, 2, 3).

        boxes: (N, 4) left, top, width, height in pixels of the photographs; None for those that the set was cut around.
        Raises ConfigurationError if it sees more than was cut, ShapeError if it was trained on the other kind of set.
        """
        if (self.crop is None) != (faces.crop is None):
            raise ShapeError(
                f"the network sees {'whole photographs' if self.crop is None else 'crops around boxes'}, but the set "
                f"holds {'whole photographs' if faces.crop is None else 'crops'}: give it the kind it was trained on."
            )
        if self.crop is None or faces.crop is None:
            height, width = faces.image_size
            matrix = scaling(width / self.width, height / self.height)
            return np.broadcast_to(matrix, (len(faces), 2, 3))
        if self.crop.scale > faces.crop.scale:
            raise ConfigurationError(
                f"the network sees {self.crop.scale} sides of the box, but the faces were cut at {faces.crop.scale}: "
                "lower finetune_resnet.crop_scale, or raise ingest_ibug.crop.scale and ingest again."
            )
        if boxes is None:
            return np.broadcast_to(inner_crop_matrix(faces.crop, self.crop), (len(faces), 2, 3))
        return compose(inverse(faces.to_source), crop_matrix(boxes, self.crop))


class Views(NamedTuple):
    """Faces as they are to be seen, not yet drawn.

    images: (N, C, H, W) in [0, 1], where they are seen in. matrices: (N, 2, 3), from pixels of the views to theirs.
    targets: (N, K, 2) on [0, 1] of the views. size: (height, width) of the views.
    """

    images: Tensor
    matrices: Tensor
    targets: Tensor
    size: tuple[int, int]


class Examples:
    """A FaceSet behind an InputFrame, on a device.

    indices: which of the scheme's points the network predicts, None for all.
    boxes: (N, 4) in pixels of the photographs, if others than those that the set was cut around.
    """

    def __init__(
        self,
        faces: FaceSet,
        frame: InputFrame,
        device: torch.device,
        indices: list[int] | None = None,
        boxes: NDArray[np.floating] | None = None,
    ) -> None:
        self.frame = frame
        self.device = device
        self.indices = list(range(faces.scheme.size)) if indices is None else indices
        self.mirror = faces.scheme.mirror
        matrices = frame.matrices_to_images(faces, boxes)
        self.to_source = compose(faces.to_source, matrices)
        self.source_keypoints = faces.source_keypoints
        self.boxes = boxes
        self._scheme = faces.scheme
        images = torch.from_numpy(np.asarray(faces.images))
        # On a GPU the whole set lies beside the network; on a CPU it stays mapped from disk.
        self._images = images.to(device) if device.type != "cpu" else images
        self._label_shift = np.array([frame.label_shift, 0.0])
        in_frame = transform_points(inverse(self.to_source), self.source_keypoints - self._label_shift)
        self._keypoints = torch.from_numpy(in_frame).float().to(device)
        self._matrices = torch.from_numpy(matrices.astype(np.float32)).to(device)
        self._is_plain = faces.image_size == frame.size and np.allclose(matrices, np.eye(2, 3))

    def __len__(self) -> int:
        return len(self._images)

    @cached_property
    def norm(self) -> NDArray[np.float64]:
        """The distance of each face's outer eye corners, (N,), in pixels of the photographs."""
        return interocular(self.source_keypoints, self._scheme)

    @property
    def unit_keypoints(self) -> NDArray[np.float32]:
        """The true points that the network is to predict, (N, K, 2) on [0, 1]."""
        return self._targets(self._keypoints).cpu().numpy()

    def mean_shape_of(self, indices: list[int]) -> NDArray[np.float32]:
        """The mean over all faces of some of the scheme's points, (K, 2) on [0, 1]: it looks at no picture."""
        sides = torch.tensor([self.frame.width, self.frame.height], device=self.device)
        mean: NDArray[np.float32] = (self._keypoints[:, indices].mean(dim=0) / sides).cpu().numpy()
        return mean

    @property
    def mirrored_places(self) -> list[int]:
        """For each point that the network predicts, the place among them of the one that a mirror makes of it.

        Raises ConfigurationError if the network does not predict that one.
        """
        missing = sorted({self.mirror[index] for index in self.indices} - set(self.indices))
        if missing:
            raise ConfigurationError(
                f"the network predicts the points {self.indices}, but not {missing}, their mirror images: it cannot be "
                "averaged with its prediction of the mirrored picture. Set evaluate.flip_average=false."
            )
        return [self.indices.index(self.mirror[index]) for index in self.indices]

    def plain(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Pictures (B, C, height, width) and their points (B, K, 2), both on [0, 1]."""
        pictures = self._pictures(rows)
        if not self._is_plain:
            pictures = warp(pictures, self._matrices[rows.to(self.device)], self.frame.size)
        return pictures, self._targets(self._keypoints[rows.to(self.device)])

    def augmented(
        self, rows: Tensor, options: AugmentationOptions, generator: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """As `plain`, each picture moved, mirrored and lit at random."""
        views = self.views(rows, options, generator)
        pictures = warp(views.images, views.matrices, self.frame.size, alike=True)
        return disturb(pictures, options, generator), views.targets

    def views(self, rows: Tensor, options: AugmentationOptions, generator: torch.Generator) -> Views:
        """What `augmented` shows of faces, not yet drawn: for networks that cut their own pictures."""
        moves, mirrored = random_views(len(rows), self.frame.size, options, generator)
        moves, mirrored = moves.to(self.device), mirrored.to(self.device)
        keypoints = view_keypoints(self._keypoints[rows.to(self.device)], moves, mirrored, self.mirror)
        matrices = composed(self._matrices[rows.to(self.device)], moves)
        return Views(self._pictures(rows), matrices, self._targets(keypoints), self.frame.size)

    def from_source_points(self, points: NDArray[np.floating]) -> NDArray[np.floating]:
        """Points (N, K, 2) in pixels of the photographs on [0, 1] of the input: the inverse of `to_source_points`."""
        points = points - self._label_shift
        return transform_points(inverse(self.to_source), points) / (self.frame.width, self.frame.height)

    def to_source_points(self, points: NDArray[np.floating]) -> NDArray[np.floating]:
        """Predicted points (N, K, 2) on [0, 1] of the input in pixels of the photographs."""
        points = points.astype(np.float64) * (self.frame.width, self.frame.height)
        return transform_points(self.to_source, points) + self._label_shift

    def _pictures(self, rows: Tensor) -> Tensor:
        pictures = self._images[rows.to(self._images.device)].to(self.device).float() / 255
        pictures = pictures[:, None] if pictures.ndim == 3 else pictures.permute(0, 3, 1, 2)
        if pictures.shape[1] == 3 and self.frame.channels == 1:
            weights = torch.tensor(LUMINANCE, device=self.device)[:, None, None]
            return (pictures * weights).sum(dim=1, keepdim=True)
        return pictures.expand(-1, self.frame.channels, -1, -1)

    def _targets(self, keypoints: Tensor) -> Tensor:
        return keypoints[:, self.indices] / torch.tensor([self.frame.width, self.frame.height], device=self.device)
