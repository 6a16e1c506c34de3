"""Points of a face in a picture, in its pixels: needs numpy, Pillow and onnxruntime, model.json and model.onnx."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from PIL import Image, ImageOps


def find_points(session: Any, about: dict[str, Any], picture: np.ndarray, box: list[float] | None) -> np.ndarray:
    """(K, 2) in pixels of a picture (H, W, 3) uint8, RGB.  box: left, top, width, height; None: all of it is seen."""
    (_, channels, height, width), crop = about["input"]["shape"], about["crop"]
    size = np.array(picture.shape[1::-1])
    corner, seen = np.zeros(2), size.astype(float)
    if crop and box:
        side = np.sqrt(box[2] * box[3])
        seen = np.full(2, crop["scale"] * side)
        corner = np.array([box[0] + box[2] / 2, box[1] + box[3] / 2 + crop["shift_down"] * side]) - seen / 2
    low, high = np.floor(corner).astype(int), np.ceil(corner + seen).astype(int)
    (left, top), (right, bottom) = low.clip(0, size - 1), high.clip(1, size)  # what lies beyond repeats the border
    beyond = np.array([[top - low[1], high[1] - bottom], [left - low[0], high[0] - right], [0, 0]]).clip(0)
    part = Image.fromarray(np.pad(picture[top:bottom, left:right], beyond, mode="edge"))
    box_in_part = (*(corner - low), *(corner + seen - low))
    pixels = np.asarray(part.resize((width, height), Image.Resampling.BILINEAR, box_in_part), np.float32) / 255
    if channels == 1:
        pixels = (pixels @ np.array(about["input"]["grey"], np.float32))[..., None]
    (points,) = session.run(None, {about["input"]["name"]: np.ascontiguousarray(pixels.transpose(2, 0, 1)[None])})
    return points[0] * seen + corner


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("picture")
    sides = ("LEFT", "TOP", "WIDTH", "HEIGHT")
    parser.add_argument("--box", type=float, nargs=4, metavar=sides, help="of the face; none: all of the picture")
    given = parser.parse_args()
    if given.box and min(given.box[2:]) <= 0:
        parser.error(f"the box is {given.box}, expected a width and a height above 0")
    try:
        image = np.asarray(ImageOps.exif_transpose(Image.open(given.picture)).convert("RGB"))
    except OSError as error:
        parser.error(f"{error}; expected a picture that Pillow reads")
    folder = Path(__file__).parent
    description = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    network = onnxruntime.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])
    for x, y in find_points(network, description, image, given.box):
        sys.stdout.write(f"{x:.2f} {y:.2f}\n")
