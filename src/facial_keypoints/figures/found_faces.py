"""Pictures with what was found in them: points, contours and boxes in the colour of predictions."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from facial_keypoints.figures.style import PREDICTION
from facial_keypoints.landmarks import LandmarkScheme

ENLARGED = 3  # times, at most: what is drawn into
LINE = 1 / 150  # of a face's size: the width of its contours
LEAST_LINE = 0.75  # pixels
DOT = 1.4  # lines: the radius of a point
OVERSAMPLED = 2  # lines are drawn so much larger and shrunk, to be smooth
FADED = "#8fbbd9"  # the box, beside the points


def resized_with_faces(
    picture: Image.Image,
    whole: tuple[int, int],
    longer_side: int,
    boxes: NDArray[np.floating],
    points: NDArray[np.floating],
    labels: list[str],
    scheme: LandmarkScheme,
) -> Image.Image:
    """`with_faces` with a longer side of `longer_side` pixels, or ENLARGED times its own if that is less.

    picture: perhaps shrunk already. whole: its width and height before that, whose pixels boxes and points are in.
    A small picture is enlarged so that the points of small faces can be told apart.
    """
    scale = scale_of(whole, longer_side)
    width, height = (max(1, round(scale * side)) for side in whole)
    shown = picture.resize((width, height), Image.Resampling.BILINEAR, reducing_gap=2.0)
    return with_faces(shown, scale * boxes, scale * points, labels, scheme)


def scale_of(size: tuple[int, int], longer_side: int) -> float:
    """How many times as large a picture of that size is drawn."""
    return min(ENLARGED, longer_side / max(size))


def with_faces(
    picture: Image.Image,
    boxes: NDArray[np.floating],
    points: NDArray[np.floating],
    labels: list[str],
    scheme: LandmarkScheme,
) -> Image.Image:
    """The picture in RGB with boxes (M, 4), points (M, K, 2) and a label for each face, in its own pixels."""
    large = (OVERSAMPLED * picture.width, OVERSAMPLED * picture.height)
    layer = Image.new("RGBA", large, (*_rgb(PREDICTION), 0))
    draw = ImageDraw.Draw(layer)
    for box, face, label in zip(OVERSAMPLED * boxes, OVERSAMPLED * points, labels, strict=True):
        _draw_face(draw, box, face, label, scheme)
    drawn = picture.convert("RGBA")
    drawn.alpha_composite(layer.resize(picture.size, Image.Resampling.BOX))
    return drawn.convert("RGB")


def _draw_face(
    draw: ImageDraw.ImageDraw, box: NDArray[np.floating], face: NDArray[np.floating], label: str, scheme: LandmarkScheme
) -> None:
    line = max(LEAST_LINE * OVERSAMPLED, LINE * float(np.ptp(face, axis=0).max()))
    left, top, width, height = (float(value) for value in box)
    draw.rectangle((left, top, left + width, top + height), outline=FADED, width=round(line))
    for contour in scheme.contours:
        order = [*contour.points, contour.points[0]] if contour.closed else list(contour.points)
        draw.line([(float(x), float(y)) for x, y in face[order]], fill=PREDICTION, width=round(line), joint="curve")
    dot = DOT * line
    for x, y in face.tolist():
        draw.ellipse((x - dot, y - dot, x + dot, y + dot), fill=PREDICTION)
    if label:
        size = float(np.clip(width / 8, 10 * OVERSAMPLED, 36 * OVERSAMPLED))
        font = ImageFont.load_default(size)
        place = (left + 2 * line, top + height - 2 * line)
        draw.text(
            place, label, fill="white", font=font, anchor="lb", stroke_width=round(size / 10), stroke_fill=PREDICTION
        )


def _rgb(colour: str) -> tuple[int, int, int]:
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return red, green, blue
