"""The XML files of dlib's `imglab`: pictures, the face boxes in them, the landmarks of each box.

Landmarks are whole pixels, the centre of the first pixel at (0, 0).  A box covers the pixels left ... left + width - 1,
so that in continuous coordinates it spans [left, left + width].
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import numpy as np

from facial_keypoints.landmarks.annotated_face import AnnotatedFace
from facial_keypoints.landmarks.imglab_reader import ImglabBox, ImglabImage, stream_images
from facial_keypoints.landmarks.schemes import IBUG_68, LandmarkScheme, numbered_names
from facial_keypoints.landmarks.strict import checked_file, fault, quoted

__all__ = ["ImglabBox", "ImglabImage", "format_imglab", "imglab_faces", "iter_imglab", "load_imglab", "parse_imglab"]

MAXIMUM_BYTES = 1024**3  # 300-W, ten times over, has 250 MB
CHUNK = 64 * 1024  # bytes
QUOTE = {"'": "&apos;"}


def iter_imglab(path: Path, names: Sequence[str] | None = IBUG_68.names) -> Iterator[ImglabImage]:
    """The pictures of a file in any encoding that its XML declaration names, each as soon as it is read.

    names: of the parts that a box with parts must have, in the order of its points; None for any number of parts that
    are named 00 upwards.  A number may have leading zeros in the one and not in the other.
    Raises DataError, with file, line and picture, for anything that is not as the format says, for document type
    declarations, and for more than MAXIMUM_BYTES; MissingInputError if there is no such file.
    """
    with checked_file(path, MAXIMUM_BYTES).open("rb") as file:
        yield from stream_images(iter(partial(file.read, CHUNK), b""), str(path), names)


def load_imglab(path: Path, names: Sequence[str] | None = IBUG_68.names) -> list[ImglabImage]:
    """All pictures of a file at once.  As `iter_imglab`."""
    return list(iter_imglab(path, names))


def parse_imglab(data: bytes, source: str, names: Sequence[str] | None = IBUG_68.names) -> list[ImglabImage]:
    """All pictures of a file's content.  source: the file's name for error messages.  Else as `iter_imglab`."""
    if len(data) > MAXIMUM_BYTES:
        raise fault(source, f"{len(data)} bytes", f"at most {MAXIMUM_BYTES}", "This is no annotation file.")
    chunks = (data[start : start + CHUNK] for start in range(0, len(data), CHUNK))
    return list(stream_images(chunks, source, names))


def imglab_faces(path: Path, scheme: LandmarkScheme) -> list[AnnotatedFace]:
    """A face for each box; those to be ignored have a fault.  Raises as `iter_imglab`."""
    return [
        _face(image.file, box, f"{path}, image {quoted(image.file)}, box {number}")
        for image in iter_imglab(path, scheme.names)
        for number, box in enumerate(image.boxes, start=1)
    ]


def _face(file: str, box: ImglabBox, where: str) -> AnnotatedFace:
    sides = np.array([box.left, box.top, box.width, box.height])
    if box.ignore:
        return AnnotatedFace(file, None, sides, where, fault="ignored")
    return AnnotatedFace(file, box.points if len(box.points) else None, sides, where)


def format_imglab(images: Iterable[ImglabImage], name: str, comment: str, names: Sequence[str] | None = None) -> str:
    """The file's text, to be written as UTF-8; coordinates are rounded to whole pixels, boxes to at least one.

    names: of the parts; None for 00 upwards.
    """
    entries = "".join(_format_image(image, names) for image in images)
    return (
        "<?xml version='1.0' encoding='UTF-8'?>\n<dataset>\n"
        f"<name>{escape(name)}</name>\n<comment>{escape(comment)}</comment>\n"
        f"<images>\n{entries}</images>\n</dataset>\n"
    )


def _format_image(image: ImglabImage, names: Sequence[str] | None) -> str:
    sizes = (("width", image.width), ("height", image.height))
    stated = "".join(f" {name}='{value}'" for name, value in sizes if value is not None)
    boxes = "".join(_format_box(box, names) for box in image.boxes)
    return f"  <image file={quoteattr(image.file)}{stated}>\n{boxes}  </image>\n"


def _format_box(box: ImglabBox, names: Sequence[str] | None) -> str:
    width, height = (max(1, round(side)) for side in (box.width, box.height))
    sides = f"top='{round(box.top)}' left='{round(box.left)}' width='{width}' height='{height}'"
    tag = f"box {sides} ignore='1'" if box.ignore else f"box {sides}"
    if not len(box.points):
        return f"    <{tag}/>\n"
    rows = zip(names or numbered_names(len(box.points)), np.rint(box.points - 0.5).tolist(), strict=True)
    parts = "".join(f"      <part name='{escape(name, QUOTE)}' x='{int(x)}' y='{int(y)}'/>\n" for name, (x, y) in rows)
    return f"    <{tag}>\n{parts}    </box>\n"
