"""Points of a face in a picture: python example.py face.jpg [left top width height]

Needs numpy, Pillow and onnxruntime, and model.json and model.onnx beside it.
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from PIL import Image, ImageOps


def find_points(session: Any, about: dict[str, Any], picture: Image.Image, box: list[float] | None) -> np.ndarray:
    """(K, 2) in pixels of the picture.  box: left, top, width, height; None where the picture is what is to be seen."""
    (_, channels, height, width), crop = about["input"]["shape"], about["crop"]
    corner, seen = np.zeros(2), np.array(picture.size, float)
    if crop and box:
        side = np.sqrt(box[2] * box[3])
        seen = np.full(2, crop["scale"] * side)
        corner = np.array([box[0] + box[2] / 2, box[1] + box[3] / 2 + crop["shift_down"] * side]) - seen / 2
    beyond = int(max(0, *np.ceil(-corner), *np.ceil(corner + seen - picture.size)))
    padded = Image.fromarray(np.pad(np.asarray(picture), ((beyond, beyond), (beyond, beyond), (0, 0)), mode="edge"))
    part = (*(corner + beyond), *(corner + beyond + seen))
    pixels = np.asarray(padded.resize((width, height), Image.Resampling.BILINEAR, part), np.float32) / 255
    if channels == 1:
        pixels = (pixels @ np.array(about["input"]["grey"], np.float32))[..., None]
    (points,) = session.run(None, {"pictures": pixels.transpose(2, 0, 1)[None]})
    return points[0] * seen + corner


if __name__ == "__main__":
    folder = Path(__file__).parent
    description = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    network = onnxruntime.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])
    image = ImageOps.exif_transpose(Image.open(sys.argv[1])).convert("RGB")
    for x, y in find_points(network, description, image, [float(value) for value in sys.argv[2:6]] or None):
        sys.stdout.write(f"{x:.2f} {y:.2f}\n")
