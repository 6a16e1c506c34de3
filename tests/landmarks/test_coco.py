import json
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facial_keypoints.errors import DataError, MissingInputError
from facial_keypoints.landmarks import (
    IBUG_68,
    AnnotatedFace,
    format_coco,
    imglab_faces,
    load_coco,
    parse_coco,
)
from facial_keypoints.landmarks.coco import MAXIMUM_BYTES
from facial_keypoints.landmarks.schemes import numbered_names
from tests.landmarks.faces import THREE, annotated_faces, assert_same

TEXT = """\
{"info": {"year": 2026},
 "images": [{"id": 7, "file_name": "a/1.jpg", "width": 100, "height": 80}, {"id": "b", "file_name": "b.jpg"}],
 "categories": [{"id": 1, "name": "face", "keypoints": ["right", "tip", "left"]}, {"id": 2, "name": "car"}],
 "annotations": [
  {"id": 1, "image_id": 7, "category_id": 1, "keypoints": [0, 0, 2, 1.5, 2, 1, -1, 3, 2], "bbox": [1, 2, 30, 40]},
  {"id": 2, "image_id": 7, "category_id": 1, "keypoints": [0, 0, 0, 1, 2, 2, 1, 3, 2], "bbox": [1, 2, 0, 40]},
  {"id": 3, "image_id": "b", "category_id": 1, "keypoints": [0, 0, 0, 0, 0, 0, 0, 0, 0], "iscrowd": 0},
  {"id": 4, "image_id": "b", "category_id": 2, "bbox": [1, 2, 30, 40]},
  {"id": 5, "image_id": "b", "category_id": 1, "iscrowd": 1, "keypoints": [0, 0, 2, 1, 2, 2, 1, 3, 2]}
 ]}
"""


def parse(text: str) -> list[AnnotatedFace]:
    return parse_coco(text, "a.json", THREE)


def test_keypoints_are_pixel_indices_and_boxes_are_continuous():
    face = parse(TEXT)[0]
    assert (face.file, face.where, face.fault) == ("a/1.jpg", "a.json, annotation 1", None)
    np.testing.assert_array_equal(face.points, [[0.5, 0.5], [2, 2.5], [-0.5, 3.5]])
    np.testing.assert_array_equal(face.box, [1, 2, 30, 40])


def test_what_is_not_labelled_is_nothing_or_a_fault():
    _, some, none, car, crowd = parse(TEXT)
    assert (some.points, some.box, some.fault) == (None, None, "1 of 3 points are not labelled")
    assert (none.file, none.points, none.box, none.fault) == ("b.jpg", None, None, None)
    assert (car.points, car.fault) == (None, None)
    assert (crowd.points, crowd.fault) == (None, "a crowd")


def test_the_names_of_keypoints_do_not_matter_to_a_scheme_that_only_numbers_its_points():
    scheme = replace(THREE, names=numbered_names(3))
    assert_same(parse_coco(TEXT, "a.json", scheme), parse(TEXT), tolerance=0)


@given(st.lists(annotated_faces, max_size=4))
def test_what_is_written_is_read_back_to_rounding(faces):
    written = format_coco(faces, {face.file: (640, 480) for face in faces}, THREE)
    assert_same(parse(written), faces, tolerance=1e-11)


def test_a_contour_is_written_as_a_skeleton_of_points_counted_from_1():
    skeleton = json.loads(format_coco([], {}, IBUG_68))["categories"][0]["skeleton"]
    assert skeleton[0] == [1, 2]
    assert [42, 37] in skeleton  # the right eye is closed
    assert [36, 32] not in skeleton  # the nose's base is open


@settings(max_examples=300)
@given(st.data())
def test_a_damaged_file_is_read_or_is_a_data_error(data):
    start = data.draw(st.integers(0, len(TEXT)))
    stop = data.draw(st.integers(start, min(start + 30, len(TEXT))))
    special = ["[", "{", '"', "null", "NaN", "1e999", "-Infinity", "9" * 400, "true", "[]", "{}", '"\\ud800"']
    junk = data.draw(st.one_of(st.text(max_size=12), st.sampled_from(special)))
    with suppress(DataError):
        faces = parse(TEXT[:start] + junk + TEXT[stop:])
        assert all(np.isfinite(face.points).all() for face in faces if face.points is not None)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "keypoints"]), inner),
)


@settings(max_examples=300)
@given(st.data())
def test_a_file_with_any_value_replaced_is_read_or_is_a_data_error(data):
    content = json.loads(TEXT)
    holder = data.draw(
        st.sampled_from(
            [content, *(entry for key in ("images", "categories", "annotations") for entry in content[key])]
        )
    )
    holder[data.draw(st.sampled_from([*holder]))] = data.draw(json_values)
    with suppress(DataError):
        parse(json.dumps(content))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"images": [{', '"images": {', "a.json, line 2: no JSON"),
        ('"images"', '"image"', "a.json: images is None, expected a list"),
        ('"id": "b"', '"id": 7', "a.json, images: the id 7 twice, expected each id once"),
        ('"id": "b"', '"id": 1.5', "a.json, images: the id 1.5, expected a whole number or a text"),
        ('"file_name": "b.jpg"', '"file_name": "b\\u0000"', r"a.json, image 'b': file_name is .*, expected a text"),
        ('"image_id": "b"', '"image_id": 8', "a.json, annotation 3: image_id is 8, expected the id of an entry"),
        ('"category_id": 2', '"category_id": 3', "annotation 4: category_id is 3, expected the id of an entry"),
        ('"tip", ', "", "a.json, category 1: 2 keypoints, expected 3, as scheme three has"),
        ('"tip"', '"nose"', "a.json, category 1: keypoint 1 is 'nose', expected 'tip', as in scheme three"),
        ("1.5, 2, 1,", "", "a.json, annotation 1: keypoints has 6 numbers, expected 9"),
        ("1.5", "1e999", "a.json, annotation 1: inf in keypoints, expected finite numbers"),
        ("1.5", "true", "a.json, annotation 1: True in keypoints, expected finite numbers"),
        ("1.5", "9" * 400, r"a.json, annotation 1: 9+\.\.\. in keypoints, expected finite numbers"),
        ("1.5", "9" * 5000, r"a.json: JSON that is not read \(Exceeds the limit"),
        ("1.5", "NaN", r"a.json: JSON that is not read \(NaN is no number\)"),
        ("1.5, 2, 1", "1.5, 2, 3", "a.json, annotation 1: a keypoint with another v, expected v is 0, 1 or 2"),
        ("[1, 2, 0, 40]", "[1, 2, -1, 40]", "a.json, annotation 2: a bbox of -1 x 40 pixels"),
        ("[1, 2, 0, 40]", "[1, 2, 40]", "a.json, annotation 2: bbox has 3 numbers, expected 4"),
        ('"iscrowd": 1', '"iscrowd": 2', "a.json, annotation 5: iscrowd is 2, expected 0 or 1"),
        ('"iscrowd": 1', '"id": 1', "the same key twice in one object"),
        ('{"year": 2026}', "[" * 100_000, "a.json: JSON nested too deeply"),
    ],
)
def test_a_wrong_file_says_where_what_and_what_to_do(old, new, message):
    assert old in TEXT
    with pytest.raises(DataError, match=message) as caught:
        parse(TEXT.replace(old, new))
    assert str(caught.value).endswith("docs/own_data.md says what is read.")


def test_a_huge_file_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "huge.json"
    with path.open("wb") as file:
        file.truncate(MAXIMUM_BYTES + 1)
    with pytest.raises(DataError, match=f"{MAXIMUM_BYTES + 1} bytes, expected at most {MAXIMUM_BYTES}"):
        load_coco(path, THREE)


def test_a_missing_file_is_a_missing_input(tmp_path):
    with pytest.raises(MissingInputError, match=r"none\.json: no such file"):
        load_coco(tmp_path / "none.json", THREE)


@pytest.mark.real
def test_real_faces_survive_coco(samples_folder: Path):
    faces = imglab_faces(samples_folder / "dlib_faces" / "testing_with_face_landmarks.xml", IBUG_68)
    assert len(faces) == 25
    written = format_coco(faces, {face.file: (500, 332) for face in faces}, IBUG_68)
    assert_same(parse_coco(written, "a.json", IBUG_68), faces, tolerance=1e-11)
