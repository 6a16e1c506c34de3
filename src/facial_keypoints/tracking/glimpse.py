"""A few validation faces with what a network says of them: a picture for its run's page, an example for its model."""

import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from facial_keypoints.checkpoints import Checkpoint
from facial_keypoints.examples import Examples
from facial_keypoints.faces import VALIDATION, FaceSet
from facial_keypoints.figures.faces import contact_sheet
from facial_keypoints.inference import predict_unit_points
from facial_keypoints.landmarks import LandmarkScheme

FACES = 4
JPEG_QUALITY = 85
THUMBNAIL_DPI = 70  # so that it is 630 pixels wide: as wide as descriptions on MLflow's pages


@dataclass(frozen=True)
class Glimpse:
    """pictures: (N, H, W) or (N, H, W, 3) uint8, as the network sees the faces.

    truth, predicted: (N, K, 2) in pixels of those.
    """

    pictures: NDArray[np.uint8]
    truth: NDArray[np.floating]
    predicted: NDArray[np.floating]
    scheme: LandmarkScheme

    def sheet(self, title: str) -> bytes:
        """The faces side by side as a PNG, truth orange and prediction blue."""
        drawn = contact_sheet(
            self.pictures,
            truth=self.truth,
            predicted=self.predicted,
            scheme=self.scheme,
            title=title,
            columns=len(self.pictures),
        )
        return _written(lambda file: drawn.savefig(file, format="png", dpi=THUMBNAIL_DPI))

    def example(self) -> bytes:
        """The first of the faces as a JPEG."""
        picture = Image.fromarray(self.pictures[0])
        return _written(lambda file: picture.save(file, "JPEG", quality=JPEG_QUALITY))


def glimpse(faces: FaceSet, checkpoint: Checkpoint) -> Glimpse:
    """Some validation faces, evenly from the whole set, whatever the network makes of them."""
    rows = np.flatnonzero(faces.table["split"] == VALIDATION)
    chosen = faces.select(rows[np.linspace(0, len(rows) - 1, min(FACES, len(rows))).astype(int)])
    examples = Examples(chosen, checkpoint.frame, torch.device("cpu"), checkpoint.indices)
    pictures, truth = examples.plain(torch.arange(len(examples)))
    height, width = checkpoint.frame.size
    return Glimpse(
        pictures=(pictures.permute(0, 2, 3, 1).squeeze(-1) * 255).round().byte().numpy(),
        truth=truth.numpy() * (width, height),
        predicted=predict_unit_points(checkpoint.model(), examples) * (width, height),
        scheme=checkpoint.scheme,
    )


def _written(write: Callable[[io.BytesIO], None]) -> bytes:
    file = io.BytesIO()
    write(file)
    return file.getvalue()
