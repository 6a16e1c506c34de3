"""A trained network as MLflow runs and serves it: from pictures to a table of points. Kedro is not needed."""

import io
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import torch
from mlflow.exceptions import MlflowException
from mlflow.pyfunc import PythonModel
from numpy.typing import NDArray
from PIL import Image, ImageOps

from facial_keypoints.checkpoints import Checkpoint
from facial_keypoints.errors import DataError
from facial_keypoints.examples import Examples
from facial_keypoints.faces import UNLABELLED, FaceSet
from facial_keypoints.geometry import Crop, crop_matrix, cut, identity
from facial_keypoints.inference import predict_unit_points
from facial_keypoints.photographs import UNREADABLE, in_colour
from facial_keypoints.point_table import column_names, keypoint_columns

PICTURE = "picture"
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF")  # of Pillow's: others start programs, as EPS does
BOX = ("left", "top", "width", "height")


class ServedModel(PythonModel):
    """Finds points in pictures of faces.

    Input: a table with a row a face. `picture`: the bytes of a picture file, or in Python an (H, W) or (H, W, 3) uint8
    array. `left`, `top`, `width`, `height`: the face's box in pixels, for networks that look at crops; without it the
    picture is the crop. Networks of whole photographs take the picture as it is.
    Output: a row a face, x00, y00, ... in pixels of the picture, turned upright as its EXIF data say.
    """

    checkpoint: Checkpoint

    def load_context(self, context: Any) -> None:
        file = context.artifacts["checkpoint"]
        self.checkpoint = Checkpoint.from_plain(torch.load(file, map_location="cpu", weights_only=True), file)
        self._network = self.checkpoint.model()

    def predict(self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """Raises MlflowException, whose message its server hands on, for bytes that are no picture and no boxes."""
        points = []
        for number, row in enumerate(model_input.to_dict("records")):
            try:
                points.append(self._points(opened(row[PICTURE]), box_of(row)))
            except DataError as error:
                raise MlflowException.invalid_parameter_value(f"row {number}: {error}") from error
        columns = column_names(self.checkpoint.indices)
        if not points:
            return pd.DataFrame(columns=columns, dtype=float)
        return pd.DataFrame(keypoint_columns(np.stack(points), self.checkpoint.indices), columns=columns)

    def _points(self, picture: Image.Image, box: NDArray[np.floating] | None) -> NDArray[np.floating]:
        """(K, 2) in pixels of the picture."""
        faces = one_face(picture, box, self.checkpoint)
        examples = Examples(faces, self.checkpoint.frame, torch.device("cpu"), self.checkpoint.indices)
        found: NDArray[np.floating] = examples.to_source_points(predict_unit_points(self._network, examples))[0]
        return found


def opened(picture: bytes | NDArray[np.uint8]) -> Image.Image:
    """A picture, upright and in RGB.  Raises DataError if it cannot be read."""
    if isinstance(picture, np.ndarray):
        return in_colour(Image.fromarray(picture))
    try:
        with Image.open(io.BytesIO(picture), formats=FORMATS) as file:
            return in_colour(ImageOps.exif_transpose(file))
    except UNREADABLE as error:
        raise DataError(
            f"found {len(picture)} bytes that are no picture ({error}); expected a whole JPEG, PNG or the like, which "
            "JSON holds in base64."
        ) from error


def box_of(row: Mapping[Any, Any]) -> NDArray[np.floating] | None:
    """The box that a row states, (4,), or None.  Raises DataError for half a box, or one without a size."""
    box = np.array([row.get(side, np.nan) for side in BOX], dtype=np.float64)
    if np.isnan(box).all():
        return None
    if not np.isfinite(box).all() or (box[2:] <= 0).any():
        raise DataError(
            f"found the box {dict(zip(BOX, box.tolist(), strict=True))}; expected all of {', '.join(BOX)} in pixels, "
            "width and height above 0, or none of them."
        )
    return box


def one_face(picture: Image.Image, box: NDArray[np.floating] | None, checkpoint: Checkpoint) -> FaceSet:
    """The picture, or the part that the network looks at, as a set of one face without landmarks."""
    frame, scheme = checkpoint.frame, checkpoint.scheme
    image, to_source, crop = np.array(picture), identity(), None
    if frame.crop is not None:
        crop = replace(frame.crop, size=frame.width)
        to_source = crop_matrix(around_all(picture, crop) if box is None else box, crop)
        image = cut(picture, to_source, frame.size)
    return FaceSet(
        data_set=checkpoint.training.data_set,
        images=image[None],
        keypoints=np.full((1, scheme.size, 2), np.nan, np.float32),
        to_source=to_source[None],
        table=pd.DataFrame({"name": [PICTURE], "group": [PICTURE], "split": [UNLABELLED], "subset": [""]}),
        scheme=scheme,
        crop=crop,
    )


def around_all(picture: Image.Image, crop: Crop) -> NDArray[np.floating]:
    """The box of which the crop is the whole picture, (4,), and more where that is no square."""
    side = max(picture.size) / crop.scale
    left = picture.width / 2 - side / 2
    top = picture.height / 2 - side / 2 - crop.shift_down * side
    return np.array([left, top, side, side])
