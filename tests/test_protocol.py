from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facial_keypoints.errors import ProtocolError
from facial_keypoints.faces import FaceSet
from facial_keypoints.geometry import Crop
from facial_keypoints.protocol import MEASURED, Protocol, manifest, require_one_protocol
from tests.faces import spot_faces
from tests.predictions import PROTOCOL

DESCRIPTIVE = [field.name for field in fields(Protocol) if field.name not in MEASURED]


def boxed_faces() -> FaceSet:
    faces = spot_faces(12)
    return replace(faces, crop=Crop(2.0, 0.0, 48))


def changed(column: str, value: object, row: int = 3) -> FaceSet:
    """The faces, one cell of their table changed."""
    faces = boxed_faces()
    cells = faces.table[column].tolist()
    cells[row] = value
    return replace(faces, table=faces.table.assign(**{column: cells}))


def moved(pixels: float) -> FaceSet:
    """The faces, one point of one moved to the right."""
    faces = boxed_faces()
    keypoints = np.round(faces.keypoints, 1)
    keypoints[5, 7, 0] += pixels
    return replace(faces, keypoints=keypoints)


@settings(deadline=None)
@given(st.permutations(range(12)))
def test_the_manifest_does_not_depend_on_the_order_of_the_faces(order):
    assert manifest(boxed_faces().select(np.array(order))) == manifest(boxed_faces())


def test_the_manifest_is_twelve_hexadecimal_digits():
    assert len(manifest(boxed_faces())) == 12
    int(manifest(boxed_faces()), base=16)


@pytest.mark.parametrize(
    "other",
    [changed("name", "somebody"), changed("group", "group9")],
    ids=["name", "group"],
)
def test_another_name_or_group_makes_another_manifest(other):
    assert manifest(other) != manifest(boxed_faces())


@pytest.mark.parametrize("pixels", [1, -1, 0.1])
def test_a_point_that_moves_makes_another_manifest(pixels):
    assert manifest(moved(pixels)) != manifest(moved(0))


def test_what_rounding_leaves_of_a_point_makes_none():
    assert manifest(moved(0.01)) == manifest(moved(0))


def test_a_coordinate_just_left_of_the_edge_counts_as_on_it():
    faces = boxed_faces()
    right, left = faces.keypoints.copy(), faces.keypoints.copy()
    right[0, 0, 0], left[0, 0, 0] = 0.01, -0.01
    assert manifest(replace(faces, keypoints=right)) == manifest(replace(faces, keypoints=left))


def test_a_face_more_or_less_makes_another_manifest():
    assert manifest(boxed_faces().select(np.arange(11))) != manifest(boxed_faces())


def test_the_pixels_of_the_pictures_make_none():
    faces = boxed_faces()
    assert manifest(replace(faces, images=faces.images // 2)) == manifest(faces)


def test_points_count_in_pixels_of_the_photograph_whatever_was_cut():
    faces = boxed_faces()
    halved = replace(
        faces, keypoints=faces.keypoints / 2, to_source=faces.to_source * [2, 2, 1], crop=Crop(2.0, 0.0, 24)
    )
    assert manifest(halved) == manifest(faces)


def test_the_manifest_of_some_rows_is_that_of_these_faces_alone():
    faces, rows = boxed_faces(), np.arange(12) % 3 == 1
    boxes = np.random.default_rng(0).uniform(0, 99, (12, 4))
    assert manifest(faces, rows=rows) == manifest(faces.select(rows))
    assert manifest(faces, boxes, rows) == manifest(faces.select(rows), boxes[rows])


def test_boxes_of_other_faces_of_the_same_set_make_another_manifest():
    faces, boxes = boxed_faces(), np.random.default_rng(0).uniform(0, 99, (12, 4))
    assert manifest(faces, boxes) != manifest(faces, boxes[::-1])


def test_two_faces_that_have_each_others_names_make_another_manifest():
    names = boxed_faces().table["name"].tolist()
    names[0], names[1] = names[1], names[0]
    assert manifest(replace(boxed_faces(), table=boxed_faces().table.assign(name=names))) != manifest(boxed_faces())


def test_a_missing_number_is_the_same_whatever_its_bits():
    faces = spot_faces(12)
    unlabelled = [replace(faces, keypoints=np.full_like(faces.keypoints, nan)) for nan in (np.nan, -np.nan)]
    assert manifest(unlabelled[0]) == manifest(unlabelled[1])


def test_faces_without_boxes_or_landmarks_have_a_manifest_too():
    faces = spot_faces(12)
    unlabelled = replace(faces, keypoints=np.full_like(faces.keypoints, np.nan))
    assert len({manifest(faces), manifest(boxed_faces()), manifest(unlabelled)}) == 3


def test_a_protocol_comes_back_from_json():
    assert Protocol.from_json(PROTOCOL.to_json()) == PROTOCOL


@pytest.mark.parametrize("field", MEASURED)
def test_errors_that_were_measured_otherwise_are_no_rivals(field):
    other = replace(PROTOCOL, **{field: 12 if field == "faces" else "else"})
    with pytest.raises(ProtocolError) as raised:
        require_one_protocol([("a.one", PROTOCOL), ("a.two", other), ("b.three", PROTOCOL)])
    message = str(raised.value)
    assert f"differ in {field!r}" in message
    assert f"{str(getattr(PROTOCOL, field))!r} of a.one, b.three" in message
    assert f"{str(getattr(other, field))!r} of a.two" in message
    assert "kedro run --pipelines evaluate" in message


@pytest.mark.parametrize("field", DESCRIPTIVE)
def test_rivals_may_see_and_weigh_otherwise(field):
    require_one_protocol([("one", PROTOCOL), ("two", replace(PROTOCOL, **{field: "else"}))])


def test_what_describes_rivals_is_crop_weights_and_code():
    assert DESCRIPTIVE == ["crop", "weights", "code"]


def test_one_alone_and_none_have_one_protocol():
    require_one_protocol([("one", PROTOCOL)])
    require_one_protocol([])


def test_two_of_one_name_are_told_apart():
    with pytest.raises(ProtocolError, match="'norm'"):
        require_one_protocol([("one", PROTOCOL), ("one", replace(PROTOCOL, norm="pupils"))])


def test_a_scheme_of_the_same_name_makes_another_manifest():
    faces = spot_faces(12)
    first, second = faces.scheme.outer_eye_corners
    mirrored = next(place for place in range(58) if faces.scheme.mirror[place] not in (place, first, second))
    other = replace(faces.scheme, outer_eye_corners=(mirrored, faces.scheme.mirror[mirrored]))
    assert manifest(replace(faces, scheme=other)) != manifest(faces)


def test_other_subsets_and_other_boxes_make_another_manifest():
    faces = boxed_faces()
    assert manifest(replace(faces, table=faces.table.assign(subset="common"))) != manifest(faces)
    assert manifest(faces, np.full((len(faces), 4), 7.0)) != manifest(faces)
