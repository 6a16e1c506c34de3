"""Reading imglab XML as a stream, with expat: fast, in flat memory, and knowing the line of everything it meets.

The parts of a box are kept as expat hands them over and converted all at once when the box closes; only where that
fails are they walked one by one, to find the fault.  Document type declarations, and with them entities, are refused.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from xml.parsers import expat

import numpy as np

from facial_keypoints.errors import DataError
from facial_keypoints.landmarks.schemes import LARGEST_SCHEME, numbered_names
from facial_keypoints.landmarks.strict import fault, finite_number, finite_numbers, quoted, whole_number

PARENTS = {"images": "dataset", "image": "images", "box": "image", "part": "box"}  # elements that are read
FLAGS = {"1": True, "true": True, "0": False, "false": False}
DEEPEST = 32  # open elements; imglab writes 5
MOST_BOXES = 10_000  # in a picture; the fullest of WIDER FACE has 2000 faces
LONGEST_TAG = 1024 * 1024  # bytes that expat may hold back until the end of a tag or comment is there
OTHER_POINTS = (
    "To read such a file, describe its points in a scheme (docs/own_data.md), as conf/schemes/eyes_12.yml does."
)


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


@dataclass
class _OpenBox:
    """The box that is being read, and its parts so far: the line of each, and its attributes as name, value, ..."""

    line: int
    left: float
    top: float
    width: float
    height: float
    ignore: bool
    lines: list[int] = field(default_factory=list)
    parts: list[list[str]] = field(default_factory=list)


@dataclass
class _OpenImage:
    file: str
    width: int | None = None
    height: int | None = None
    boxes: list[ImglabBox] = field(default_factory=list)


def stream_images(chunks: Iterable[bytes], source: str, names: Sequence[str] | None) -> Iterator[ImglabImage]:
    """The pictures, each as soon as the chunks read so far hold the whole of it.  Raises as `iter_imglab`."""
    reader = _Reader(source, names)
    for chunk in chunks:
        yield from reader.feed(chunk, is_last=False)
    yield from reader.feed(b"", is_last=True)


class _Reader:
    """Collects pictures; elements that the format does not define are passed over."""

    def __init__(self, source: str, names: Sequence[str] | None) -> None:
        self._source = source
        self._names = None if names is None else tuple(names)
        self._done: list[ImglabImage] = []
        self._open_tags = [""]
        self._image: _OpenImage | None = None
        self._box: _OpenBox | None = None
        self._has_images = False
        self._fed = 0
        self._expat = expat.ParserCreate()
        self._expat.ordered_attributes = True
        self._expat.StartElementHandler = self._start
        self._expat.EndElementHandler = self._end
        self._expat.StartDoctypeDeclHandler = self._refuse_document_type

    def feed(self, chunk: bytes, is_last: bool) -> list[ImglabImage]:
        """The pictures that this chunk completes."""
        try:
            self._expat.Parse(chunk, is_last)
        except DataError:
            raise
        except expat.ExpatError as error:
            where = f"{self._source}, line {error.lineno}"
            raise fault(where, f"no well-formed XML ({expat.ErrorString(error.code)})", "an imglab XML file") from error
        except (ValueError, LookupError) as error:  # unknown encodings
            raise fault(self._source, f"XML that is not read ({error})", "an imglab XML file") from error
        self._fed += len(chunk)
        if self._fed - self._expat.CurrentByteIndex > LONGEST_TAG:
            raise fault(self._where(), f"a tag of more than {LONGEST_TAG} bytes", "an imglab XML file")
        done, self._done = self._done, []
        return done

    def _start(self, name: str, attributes: list[str]) -> None:
        parent = self._open_tags[-1]
        self._open_tags.append(name)
        if name == "part" and parent == "box" and self._box is not None:
            self._box.parts.append(attributes)
            self._box.lines.append(self._expat.CurrentLineNumber)
            if len(self._box.parts) > LARGEST_SCHEME:
                raise fault(self._where(), f"more than {LARGEST_SCHEME} parts", "the landmarks of one face")
        else:
            self._check_place(name, parent)
            self._open_element(name, dict(zip(attributes[::2], attributes[1::2], strict=True)))

    def _check_place(self, name: str, parent: str) -> None:
        if not parent and name != "dataset":
            raise fault(self._where(), f"root element {quoted(name)}", "'dataset', as imglab writes")
        if parent and name == "dataset":
            raise fault(self._where(), f"<dataset> inside <{_short(parent)}>", "<dataset> once, around everything")
        if parent != PARENTS.get(name, parent):
            raise fault(self._where(), f"<{name}> inside <{_short(parent)}>", f"<{name}> inside <{PARENTS[name]}>")
        if len(self._open_tags) > DEEPEST:
            raise fault(self._where(), f"more than {DEEPEST} elements inside each other", "an imglab XML file")

    def _open_element(self, name: str, attributes: dict[str, str]) -> None:
        if name == "images":
            self._has_images = True
        elif name == "image":
            self._open_image(attributes)
        elif name == "box":
            self._open_box(attributes)

    def _end(self, name: str) -> None:
        self._open_tags.pop()
        if name == "box":
            self._close_box()
        elif name == "image":
            self._close_image()
        elif name == "dataset" and not self._has_images:
            raise fault(self._where(), "no <images>", "a list of pictures in <images>")

    def _refuse_document_type(self, *_: object) -> None:
        raise fault(self._where(), "a document type declaration", "none, as imglab writes none")

    def _where(self, line: int | None = None) -> str:
        place = f"{self._source}, line {line or self._expat.CurrentLineNumber}"
        if self._image is None:
            return place
        box = f", box {len(self._image.boxes) + 1}" if self._box else ""
        return f"{place}, image {quoted(self._image.file)}{box}"

    def _open_image(self, attributes: dict[str, str]) -> None:
        file = attributes.get("file")
        if not file:
            raise fault(self._where(), "an image without a file", "the attribute file='...'")
        self._image = _OpenImage(file)  # from here on, errors name the picture
        self._image.width = self._extent(attributes, "width")
        self._image.height = self._extent(attributes, "height")

    def _extent(self, attributes: dict[str, str], name: str) -> int | None:
        if name not in attributes:
            return None
        pixels = whole_number(attributes[name], self._where(), f"the image's {name}")
        if pixels < 1:
            raise fault(self._where(), f"the image's {name} is {_short(str(pixels))}", "at least 1")
        return pixels

    def _open_box(self, attributes: dict[str, str]) -> None:
        assert self._image is not None
        count = len(self._image.boxes)
        if count == MOST_BOXES:
            raise fault(self._where(), f"more than {MOST_BOXES} boxes", "the faces of one picture")
        where = f"{self._where()}, box {count + 1}"
        sides = (finite_number(attributes.get(name), where, name) for name in ("left", "top", "width", "height"))
        left, top, width, height = sides
        if min(width, height) <= 0:
            raise fault(where, f"a box of {width:g} x {height:g} pixels", "a width and a height above 0")
        flag = attributes.get("ignore", "0")
        if flag not in FLAGS:
            raise fault(where, f"ignore is {quoted(flag)}", f"one of {', '.join(FLAGS)}")
        self._box = _OpenBox(self._expat.CurrentLineNumber, left, top, width, height, FLAGS[flag])

    def _close_box(self) -> None:
        assert self._box is not None
        assert self._image is not None
        box = self._box
        names = numbered_names(len(box.parts)) if self._names is None else self._names
        points = _points_at_once(box.parts, names)
        if points is None:
            points = self._points_one_by_one(box, names)
        self._box = None
        self._image.boxes.append(ImglabBox(box.left, box.top, box.width, box.height, points + 0.5, box.ignore))

    def _close_image(self) -> None:
        assert self._image is not None
        image, self._image = self._image, None
        self._done.append(ImglabImage(image.file, image.width, image.height, tuple(image.boxes)))

    def _points_one_by_one(self, box: _OpenBox, names: tuple[str, ...]) -> np.ndarray:
        """(K, 2), in the order of the names.  Raises DataError for whatever kept them from being read at once."""
        parts = self._parts_by_name(box)
        if len(parts) != len(names):
            named = " to ".join(_short(name) for name in (min(parts), max(parts)))
            found = f"{len(parts)} parts where {len(names)} are due (named {named})"
            raise fault(self._where(box.line), found, _due(names), OTHER_POINTS)
        places = {_padded(name): place for place, name in enumerate(names)}
        points = np.empty((len(names), 2))
        for name, (line, part) in parts.items():
            if name not in places:
                raise fault(self._where(line), f"a part named {quoted(name)}", _due(names), OTHER_POINTS)
            for axis in (0, 1):
                what = f"{'xy'[axis]} of part {_short(name)}"
                points[places[name], axis] = finite_number(part.get("xy"[axis]), self._where(line), what)
        return points

    def _parts_by_name(self, box: _OpenBox) -> dict[str, tuple[int, dict[str, str]]]:
        """The line and the attributes of each part."""
        parts: dict[str, tuple[int, dict[str, str]]] = {}
        for line, attributes in zip(box.lines, box.parts, strict=True):
            part = dict(zip(attributes[::2], attributes[1::2], strict=True))
            if "name" not in part:
                raise fault(self._where(line), "a part without a name", "the attribute name='...'")
            name = _padded(part["name"])
            if name in parts:
                raise fault(self._where(line), f"a second part {_short(name)}", "each part once")
            parts[name] = (line, part)
        return parts


def _points_at_once(parts: list[list[str]], names: tuple[str, ...]) -> np.ndarray | None:
    """(K, 2), if the parts have exactly the attributes name, x, y, stand in order and hold plain numbers; else None."""
    if not parts:
        return np.empty((0, 2))
    if any(len(part) != 6 for part in parts):
        return None
    name_keys, found_names, x_keys, xs, y_keys, ys = zip(*parts, strict=True)
    if found_names != names or {*name_keys} != {"name"} or {*x_keys} != {"x"} or {*y_keys} != {"y"}:
        return None
    numbers = finite_numbers([*xs, *ys])
    return None if numbers is None else numbers.reshape(2, -1).T


def _padded(name: str) -> str:
    """The name, a number with two digits at least: '0' and '00' are the same part."""
    return name.lstrip("0").zfill(2) if name.isascii() and name.isdigit() else name


def _short(name: str) -> str:
    return name if name.isascii() and name.isalnum() and len(name) <= 12 else quoted(name)


def _due(names: tuple[str, ...]) -> str:
    return f"the parts {names[0]} to {names[-1]}"
