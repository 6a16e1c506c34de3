"""The XML files of dlib's `imglab`: pictures, the face boxes in them, the landmarks of each box.

Landmarks are whole pixels, the centre of the first pixel at (0, 0).  A box covers the pixels left ... left + width - 1,
so that in continuous coordinates it spans [left, left + width].

The file is read as a stream (SAX), which is fast and knows the line of everything it meets.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from xml.sax import SAXException, SAXParseException
from xml.sax.handler import ContentHandler
from xml.sax.saxutils import escape, quoteattr
from xml.sax.xmlreader import AttributesImpl, Locator

import defusedxml.sax
import numpy as np

from facial_keypoints.errors import DataError
from facial_keypoints.landmarks.schemes import IBUG_68
from facial_keypoints.landmarks.strict import fault, finite_number, quoted, read_bytes, whole_number

MAXIMUM_BYTES = 64 * 1024 * 1024  # the largest file known, 300-W's training faces, has 20 MB
PARENTS = {"images": "dataset", "image": "images", "box": "image", "part": "box"}  # elements that are read
FLAGS = {"1": True, "true": True, "0": False, "false": False}


@dataclass(frozen=True, eq=False)
class ImglabBox:
    """A face.  The box and the points, (K, 2) float64, in continuous pixels; (0, 2) for a box without landmarks."""

    left: float
    top: float
    width: float
    height: float
    points: np.ndarray
    ignore: bool = False


@dataclass(frozen=True, eq=False)
class ImglabImage:
    """A picture and its faces.  file: as written, relative to the XML; width, height: None where not stated."""

    file: str
    width: int | None
    height: int | None
    boxes: tuple[ImglabBox, ...]


def load_imglab(path: Path, expected_points: int | None = IBUG_68.size) -> list[ImglabImage]:
    """Read all pictures of a file.  Raises as `parse_imglab`, and MissingInputError if there is no such file."""
    return parse_imglab(read_bytes(path, MAXIMUM_BYTES), str(path), expected_points)


def parse_imglab(data: bytes, source: str, expected_points: int | None = IBUG_68.size) -> list[ImglabImage]:
    """Read all pictures of a file in any encoding that its XML declaration names.

    source: the file's name for error messages; expected_points: of each box that has any, None for any number.
    Raises DataError, with file, line and picture, for anything that is not as the format says, for entity
    declarations, and for more than MAXIMUM_BYTES.
    """
    if len(data) > MAXIMUM_BYTES:
        raise fault(source, f"{len(data)} bytes", f"at most {MAXIMUM_BYTES}", "This is no annotation file.")
    reader = _ImglabReader(source, expected_points)
    try:
        defusedxml.sax.parseString(data, reader)
    except DataError:
        raise
    except SAXParseException as error:
        where = f"{source}, line {error.getLineNumber()}"
        raise fault(where, f"no well-formed XML ({error.getMessage()})", "an imglab XML file") from error
    except (SAXException, ValueError, LookupError) as error:  # entities that defusedxml forbids; unknown encodings
        raise fault(source, f"XML that is not read ({error})", "an imglab XML file") from error
    return reader.images


def format_imglab(images: Iterable[ImglabImage], name: str, comment: str) -> str:
    """The file's text, to be written as UTF-8; coordinates are rounded to whole pixels."""
    entries = "".join(_format_image(image) for image in images)
    return (
        "<?xml version='1.0' encoding='UTF-8'?>\n<dataset>\n"
        f"<name>{escape(name)}</name>\n<comment>{escape(comment)}</comment>\n"
        f"<images>\n{entries}</images>\n</dataset>\n"
    )


@dataclass
class _OpenBox:
    """The box that is being read, and its parts so far, by number."""

    line: int
    left: float
    top: float
    width: float
    height: float
    ignore: bool
    parts: dict[int, tuple[float, float]] = field(default_factory=dict)


class _ImglabReader(ContentHandler):
    """Collects `images`; elements that the format does not define are passed over."""

    def __init__(self, source: str, expected_points: int | None) -> None:
        super().__init__()
        self.images: list[ImglabImage] = []
        self._source = source
        self._expected_points = expected_points
        self._open_tags: list[str] = []
        self._image: ImglabImage | None = None
        self._boxes: list[ImglabBox] = []
        self._box: _OpenBox | None = None
        self._has_images = False

    def setDocumentLocator(self, locator: Locator) -> None:
        self._place = locator

    def startElement(self, name: str, attrs: AttributesImpl) -> None:
        parent = self._open_tags[-1] if self._open_tags else ""
        self._open_tags.append(name)
        if not parent and name != "dataset":
            raise fault(self._where(), f"root element {quoted(name)}", "'dataset', as imglab writes")
        if name not in PARENTS:
            return
        if parent != PARENTS[name]:
            raise fault(self._where(), f"<{name}> inside <{parent}>", f"<{name}> inside <{PARENTS[name]}>")
        if name == "images":
            self._has_images = True
        elif name == "image":
            self._open_image(attrs)
        elif name == "box":
            self._open_box(attrs)
        else:
            self._read_part(attrs)

    def endElement(self, name: str) -> None:
        self._open_tags.pop()
        if name == "box":
            self._close_box()
        elif name == "image":
            self._close_image()
        elif name == "dataset" and not self._has_images:
            raise fault(self._where(), "no <images>", "a list of pictures in <images>")

    def _line(self) -> int:
        return self._place.getLineNumber() or 1

    def _where(self, line: int | None = None) -> str:
        place = f"{self._source}, line {line or self._line()}"
        if self._image is None:
            return place
        box = f", box {len(self._boxes) + 1}" if self._box else ""
        return f"{place}, image {quoted(self._image.file)}{box}"

    def _open_image(self, attributes: AttributesImpl) -> None:
        file = attributes.get("file")
        if not file:
            raise fault(self._where(), "an image without a file", "the attribute file='...'")
        self._image = ImglabImage(file, None, None, ())  # from here on, errors name the picture
        self._image = ImglabImage(file, self._extent(attributes, "width"), self._extent(attributes, "height"), ())
        self._boxes = []

    def _extent(self, attributes: AttributesImpl, name: str) -> int | None:
        if name not in attributes:
            return None
        pixels = whole_number(attributes.get(name), self._where(), f"the image's {name}")
        if pixels < 1:
            raise fault(self._where(), f"the image's {name} is {pixels}", "at least 1")
        return pixels

    def _open_box(self, attributes: AttributesImpl) -> None:
        where = f"{self._where()}, box {len(self._boxes) + 1}"
        sides = (finite_number(attributes.get(name), where, name) for name in ("left", "top", "width", "height"))
        left, top, width, height = sides
        if min(width, height) <= 0:
            raise fault(where, f"a box of {width:g} x {height:g} pixels", "a width and a height above 0")
        flag = attributes.get("ignore", "0")
        if flag not in FLAGS:
            raise fault(where, f"ignore is {quoted(flag)}", f"one of {', '.join(FLAGS)}")
        self._box = _OpenBox(self._line(), left, top, width, height, FLAGS[flag])

    def _read_part(self, attributes: AttributesImpl) -> None:
        assert self._box is not None
        where = self._where()
        number = whole_number(attributes.get("name"), where, "name")
        if number in self._box.parts:
            raise fault(where, f"a second part {number:02d}", "each part once")
        x, y = (finite_number(attributes.get(axis), where, f"{axis} of part {number:02d}") for axis in "xy")
        self._box.parts[number] = (x, y)

    def _close_box(self) -> None:
        assert self._box is not None
        box, where = self._box, self._where(self._box.line)
        self._box = None
        points = np.array([box.parts[i] for i in self._part_numbers(box, where)], dtype=np.float64).reshape(-1, 2)
        self._boxes.append(ImglabBox(box.left, box.top, box.width, box.height, points + 0.5, box.ignore))

    def _part_numbers(self, box: _OpenBox, where: str) -> range:
        """0, 1, ...: the names that the box's parts bear, or the error that they do not."""
        count, due = len(box.parts), self._expected_points
        names = range(count)
        if count and due is not None and count != due:
            found = f"{count} parts where {due} are due (named {min(box.parts):02d} to {max(box.parts):02d})"
            raise fault(where, found, f"the parts 00 to {due - 1:02d}")
        if box.parts.keys() != set(names):
            missing = min(set(names) - box.parts.keys())
            raise fault(where, f"{count} parts, none of them named {missing:02d}", f"the parts 00 to {count - 1:02d}")
        return names

    def _close_image(self) -> None:
        assert self._image is not None
        self.images.append(replace(self._image, boxes=tuple(self._boxes)))
        self._image = None


def _format_image(image: ImglabImage) -> str:
    sizes = (("width", image.width), ("height", image.height))
    stated = "".join(f" {name}='{value}'" for name, value in sizes if value is not None)
    boxes = "".join(_format_box(box) for box in image.boxes)
    return f"  <image file={quoteattr(image.file)}{stated}>\n{boxes}  </image>\n"


def _format_box(box: ImglabBox) -> str:
    sides = f"top='{round(box.top)}' left='{round(box.left)}' width='{round(box.width)}' height='{round(box.height)}'"
    tag = f"box {sides} ignore='1'" if box.ignore else f"box {sides}"
    if not len(box.points):
        return f"    <{tag}/>\n"
    pixels = np.rint(box.points - 0.5).astype(int)
    parts = "".join(f"      <part name='{i:02d}' x='{x}' y='{y}'/>\n" for i, (x, y) in enumerate(pixels))
    return f"    <{tag}>\n{parts}    </box>\n"
