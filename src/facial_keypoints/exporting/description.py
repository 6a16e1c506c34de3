"""What has to be known to use an exported network, as plain values."""

from typing import Any

from facial_keypoints.checkpoints import Checkpoint
from facial_keypoints.exporting.onnx_file import OPSET
from facial_keypoints.exporting.program import FREE, INPUT, OUTPUT
from facial_keypoints.photographs import LUMINANCE

FORMAT = 1
SQUARE = (
    "a square around the face's box (left, top, width, height in pixels of the upright picture; as dlib's detector "
    "draws it, from the brows to the chin). Its side: scale * sqrt(width * height). Its centre: that of the box, "
    "shift_down * sqrt(width * height) lower. Beyond the picture its border is repeated"
)
WHOLE = "the whole upright picture, stretched to the input's width and height"
PIXELS = "x to the right and y down; a pixel's centre is at +0.5, so that a picture spans 0 to 1"


def described(checkpoint: Checkpoint) -> dict[str, Any]:
    """Input, crop, output, points, where the network comes from: nothing but dictionaries, lists, numbers and texts."""
    frame, training, crop = checkpoint.frame, checkpoint.training, checkpoint.frame.crop
    return {
        "format": FORMAT,
        "network": training.name,
        "training": {"id": training.id, "data_set": training.data_set, "epoch": training.epoch},
        "opset": OPSET,
        "input": {
            "name": INPUT,
            "shape": [FREE, frame.channels, frame.height, frame.width],
            "type": "float32, 0 to 1; all other normalisation is part of the network",
            "colour": "rgb" if frame.channels == 3 else "grey",
            "grey": LUMINANCE,
            "resizing": "bilinear, with antialiasing where it shrinks",
        },
        "crop": crop and {"scale": crop.scale, "shift_down": crop.shift_down},
        "seen": SQUARE if crop else WHOLE,
        "output": {
            "name": OUTPUT,
            "shape": [FREE, len(checkpoint.indices), 2],
            "unit": f"the input's width and height; {PIXELS}",
        },
        "indices": checkpoint.indices,
        "label_shift": {
            "pixels": frame.label_shift,
            "meaning": "how far to the right of the output the labels of the data set lie, in pixels of the photograph",
        },
        "scheme": checkpoint.scheme.to_plain(),
    }
