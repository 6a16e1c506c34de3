"""COCO keypoints: one JSON file with pictures, annotations and categories (cocodataset.org, "Data format").

An annotation has `keypoints`, [x, y, v] for each point, and `bbox`, [left, top, width, height].  Keypoints are pixel
indices, so that 0.5 is added to be continuous, as detectron2 does; boxes are continuous already.  v is 0 for a point
that is not labelled, else 1 (hidden) or 2 (visible).
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from facial_keypoints.landmarks.annotated_face import AnnotatedFace
from facial_keypoints.landmarks.plain import as_list, as_mapping, as_numbers, as_text, shown
from facial_keypoints.landmarks.schemes import LandmarkScheme, numbered_names
from facial_keypoints.landmarks.strict import fault, read_text

MAXIMUM_BYTES = 128 * 1024 * 1024  # some 100,000 faces with 68 points
CENTRE = 0.5  # a pixel's, in continuous coordinates, where the file has 0
ADVICE = "Correct the file: docs/own_data.md says what is read."
LABELLED = 2  # visible: what is written, since nothing here says that a point is hidden


def load_coco(path: Path, scheme: LandmarkScheme) -> list[AnnotatedFace]:
    """Read all faces.  Raises as `parse_coco`, and MissingInputError if there is no such file."""
    return parse_coco(read_text(path, MAXIMUM_BYTES), str(path), scheme)


def parse_coco(text: str, source: str, scheme: LandmarkScheme) -> list[AnnotatedFace]:
    """A face for each annotation, in their order.  source: the file's name for error messages.

    A crowd, and a face some of whose points are not labelled, have a fault.  Raises DataError, with file and
    annotation, for anything that is not as described above, and for keypoints that are not those of the scheme.
    """
    content = as_mapping(_parse_json(text, source), source, "the file", ADVICE)
    files = {
        key: as_text(image.get("file_name"), f"{source}, image {shown(key)}", "file_name", ADVICE)
        for key, image in _by_id(content, "images", source).items()
    }
    categories = _by_id(content, "categories", source) if "categories" in content else None
    annotations = _by_id(content, "annotations", source)
    if categories is not None:
        used = [
            _reference(annotation, "category_id", categories, f"{source}, annotation {shown(key)}")
            for key, annotation in annotations.items()
        ]
        for key in dict.fromkeys(used):
            _check_category(categories[key], f"{source}, category {shown(key)}", scheme)
    return [
        _face(annotation, files, f"{source}, annotation {shown(key)}", scheme)
        for key, annotation in annotations.items()
    ]


def format_coco(faces: Iterable[AnnotatedFace], sizes: Mapping[str, tuple[int, int]], scheme: LandmarkScheme) -> str:
    """The file's text.  sizes: the width and the height of each picture, by its `file`; also of those without a face.

    A face with a fault is written without points; `split` and `group` have no place in the format.
    """
    faces = list(faces)
    ids = {file: number for number, file in enumerate(dict.fromkeys([*sizes, *(face.file for face in faces)]), start=1)}
    images = [
        {"id": number, "file_name": file, "width": sizes[file][0], "height": sizes[file][1]}
        for file, number in ids.items()
    ]
    annotations = [_annotation(number, ids[face.file], face, scheme) for number, face in enumerate(faces, start=1)]
    skeleton = [
        [one + 1, other + 1]
        for points, closed in scheme.contours
        for one, other in zip(points, (*points[1:], *points[: int(closed)]), strict=False)
    ]
    category = {"id": 1, "name": "face", "keypoints": list(scheme.names), "skeleton": skeleton}
    content = {"images": images, "annotations": annotations, "categories": [category]}
    return json.dumps(content, allow_nan=False, ensure_ascii=False)


def _annotation(number: int, image: int, face: AnnotatedFace, scheme: LandmarkScheme) -> dict[str, object]:
    keypoints = np.zeros((scheme.size, 3))
    if face.points is not None:
        keypoints[:, :2] = face.points - CENTRE
        keypoints[:, 2] = LABELLED
    annotation: dict[str, object] = {"id": number, "image_id": image, "category_id": 1, "iscrowd": 0}
    annotation |= {"keypoints": keypoints.ravel().tolist(), "num_keypoints": int((keypoints[:, 2] > 0).sum())}
    if face.box is not None:
        annotation |= {"bbox": face.box.tolist(), "area": float(face.box[2] * face.box[3])}
    return annotation


def _parse_json(text: str, source: str) -> object:
    try:
        return json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        raise fault(f"{source}, line {error.lineno}", f"no JSON ({error.msg})", "a COCO JSON file", ADVICE) from error
    except (RecursionError, ValueError) as error:  # nested too deeply; whole numbers of thousands of digits
        found = "JSON nested too deeply" if isinstance(error, RecursionError) else f"JSON that is not read ({error})"
        raise fault(source, found, "a COCO JSON file", ADVICE) from error


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number")


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    content = dict(pairs)
    if len(content) != len(pairs):
        raise ValueError("the same key twice in one object")
    return content


def _by_id(content: dict, key: str, source: str) -> dict[int | str, dict]:
    """The entries of a list of the file by their ids, which are whole numbers or texts."""
    entries: dict[int | str, dict] = {}
    for item in as_list(content.get(key), source, key, ADVICE):
        entry = as_mapping(item, f"{source}, {key}", "an entry", ADVICE)
        number = entry.get("id")
        if type(number) is not int and type(number) is not str:
            raise fault(f"{source}, {key}", f"the id {shown(number)}", "a whole number or a text", ADVICE)
        if number in entries:
            raise fault(f"{source}, {key}", f"the id {shown(number)} twice", "each id once", ADVICE)
        entries[number] = entry
    return entries


def _reference(entry: dict, key: str, known: Mapping[int | str, object], where: str) -> int | str:
    """The id that an entry refers to by this key."""
    number = entry.get(key)
    if (type(number) is not int and type(number) is not str) or number not in known:
        raise fault(where, f"{key} is {shown(number)}", "the id of an entry of the file", ADVICE)
    return number


def _check_category(category: dict, where: str, scheme: LandmarkScheme) -> None:
    """That the names of the category's keypoints, if it has any, are the scheme's."""
    if category.get("keypoints") is None:
        return
    names = as_list(category["keypoints"], where, "keypoints", ADVICE)
    if len(names) != scheme.size:
        raise fault(where, f"{len(names)} keypoints", f"{scheme.size}, as scheme {scheme.name} has", ADVICE)
    if scheme.names == numbered_names(scheme.size):
        return
    for point, (name, due) in enumerate(zip(names, scheme.names, strict=True)):
        if name != due:
            raise fault(where, f"keypoint {point} is {shown(name)}", f"{due!r}, as in scheme {scheme.name}", ADVICE)


def _face(annotation: dict, files: Mapping[int | str, str], where: str, scheme: LandmarkScheme) -> AnnotatedFace:
    file = files[_reference(annotation, "image_id", files, where)]
    points, reason = _points(annotation.get("keypoints"), where, scheme)
    box = _box(annotation.get("bbox"), where)
    crowd = annotation.get("iscrowd", 0)
    if type(crowd) not in (int, bool) or crowd not in (0, 1):
        raise fault(where, f"iscrowd is {shown(crowd)}", "0 or 1", ADVICE)
    if crowd:
        return AnnotatedFace(file, None, box, where, fault="a crowd")
    return AnnotatedFace(file, points, box, where, fault=reason)


def _points(value: object, where: str, scheme: LandmarkScheme) -> tuple[np.ndarray | None, str | None]:
    """The points, if all are labelled, and the fault, if only some are."""
    if value is None:
        return None, None
    rows = as_numbers(value, 3 * scheme.size, where, "keypoints", ADVICE).reshape(-1, 3)
    if not np.isin(rows[:, 2], (0, 1, 2)).all():
        raise fault(where, "a keypoint with another v", "v is 0, 1 or 2", ADVICE)
    missing = int((rows[:, 2] == 0).sum())
    if missing == 0:
        return rows[:, :2] + CENTRE, None
    return None, f"{missing} of {scheme.size} points are not labelled" if missing < scheme.size else None


def _box(value: object, where: str) -> np.ndarray | None:
    if value is None:
        return None
    box = as_numbers(value, 4, where, "bbox", ADVICE)
    if min(box[2:]) < 0:
        raise fault(where, f"a bbox of {box[2]:g} x {box[3]:g} pixels", "no width or height below 0", ADVICE)
    return box if min(box[2:]) > 0 else None
