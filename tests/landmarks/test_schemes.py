import json
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facial_keypoints.errors import ConfigurationError, DataError
from facial_keypoints.landmarks import (
    IBUG_68,
    IMM_58,
    SCHEMES,
    Contour,
    LandmarkScheme,
    load_asf,
    load_pts,
)
from tests.landmarks.faces import schemes

BOTH = pytest.mark.parametrize("scheme", SCHEMES.values(), ids=SCHEMES)


def three_point_scheme(**changes) -> LandmarkScheme:
    """A scheme of two eyes and a nose tip between them, with some fields replaced."""
    fields = {
        "name": "tiny",
        "size": 3,
        "names": ("right", "tip", "left"),
        "parts": {"eyes": (0, 2), "nose": (1,)},
        "contours": (),
        "mirror": (2, 1, 0),
        "outer_eye_corners": (0, 2),
        "nose_tip": 1,
    }
    return LandmarkScheme(**(fields | changes))


def mirrored(points: np.ndarray, scheme: LandmarkScheme) -> np.ndarray:
    return (points * [-1, 1])[list(scheme.mirror)]


def test_the_imm_mirror_is_the_one_of_the_annotation_note():
    runs = [range(12, -1, -1), range(21, 29), range(13, 21), range(34, 39), range(29, 34), range(43, 38, -1)]
    runs += [range(46, 43, -1), range(57, 46, -1)]
    assert IMM_58.mirror == tuple(i for run in runs for i in run)
    assert [i for i, image in enumerate(IMM_58.mirror) if i == image] == [6, 41, 45, 52]


def test_the_ibug_mirror_swaps_the_known_pairs():
    for one, other in [
        (0, 16),
        (17, 26),
        (36, 45),
        (37, 44),
        (40, 47),
        (31, 35),
        (48, 54),
        (59, 55),
        (60, 64),
        (67, 65),
    ]:
        assert IBUG_68.mirror[one] == other
    fixed = [i for i, image in enumerate(IBUG_68.mirror) if i == image]
    assert fixed == [8, 27, 28, 29, 30, 33, 51, 57, 62, 66]


@BOTH
def test_every_part_is_mirrored_onto_its_counterpart(scheme):
    swap = {"left_eye": "right_eye", "right_eye": "left_eye", "left_brow": "right_brow", "right_brow": "left_brow"}
    for name, points in scheme.parts.items():
        assert {scheme.mirror[i] for i in points} == set(scheme.parts[swap.get(name, name)])


@BOTH
def test_contours_visit_every_point_once_in_file_order(scheme):
    assert [i for contour in scheme.contours for i in contour.points] == list(range(scheme.size))


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"parts": {"eyes": (0, 2)}}, "exactly once"),
        ({"parts": {"eyes": (0, 2, 1), "nose": (1,)}}, "exactly once"),
        ({"contours": (Contour((0, 3), closed=False),)}, "contours"),
        ({"mirror": (2, 1, 1)}, "permutation"),
        ({"mirror": (1, 2, 0)}, "twice"),
        ({"mirror": (0, 1, 2)}, "each other's"),
        ({"outer_eye_corners": (0, 3)}, "below 3"),
        ({"outer_eye_corners": (0, 1)}, "each other's"),
        ({"outer_eye_corners": (1, 1)}, "two points"),
        ({"nose_tip": 0}, "its own mirror image"),
        ({"nose_tip": 3}, "below 3"),
        ({"names": ("right", "left")}, "as many names"),
        ({"names": ("eye", "tip", "eye")}, "same name"),
        ({"size": 0}, "1 to 1000 points"),
    ],
)
def test_a_scheme_that_contradicts_itself_is_refused(changes, rule):
    with pytest.raises(ConfigurationError, match=rule):
        three_point_scheme(**changes)


def test_equal_definitions_are_equal_schemes():
    assert three_point_scheme() == three_point_scheme()
    assert hash(three_point_scheme()) == hash(three_point_scheme())
    assert three_point_scheme() != three_point_scheme(nose_tip=None)
    assert three_point_scheme() != three_point_scheme(parts={"eyes": (0, 2), "tip": (1,)})


@BOTH
def test_points_of_the_built_in_schemes_are_named_by_their_numbers(scheme):
    assert scheme.names == tuple(f"{point:02d}" for point in range(scheme.size))


@pytest.mark.parametrize(
    "scheme", [*SCHEMES.values(), three_point_scheme(nose_tip=None)], ids=lambda scheme: scheme.name
)
def test_a_scheme_is_the_same_after_json_and_back(scheme):
    assert LandmarkScheme.from_plain(json.loads(json.dumps(scheme.to_plain())), "a.json") == scheme


@given(schemes())
def test_any_scheme_is_the_same_after_json_and_back(scheme):
    assert LandmarkScheme.from_plain(json.loads(json.dumps(scheme.to_plain())), "a.json") == scheme


@given(st.data())
def test_a_damaged_plain_scheme_is_a_scheme_or_a_data_error(data):
    plain = three_point_scheme().to_plain() | {data.draw(st.sampled_from([*three_point_scheme().to_plain(), "x"])): 0}
    values = st.recursive(
        st.none() | st.booleans() | st.integers(-2, 4) | st.floats() | st.text(max_size=2),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    )
    plain[data.draw(st.sampled_from([*plain]))] = data.draw(values)
    with suppress(DataError):
        LandmarkScheme.from_plain(plain, "a.json")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"nose": 1}, "a.json: unknown key 'nose', expected one of name, names, .* Did you mean 'nose_tip'"),
        ({"mirror": [2, 1, True]}, "a.json: a point of mirror is True, expected a whole number"),
        ({"outer_eye_corners": [0]}, "a.json: 1 outer eye corners, expected 2"),
        ({"mirror": [0, 1, 2]}, "a.json: landmark scheme 'tiny' breaks a rule: the outer eye corners are each other's"),
    ],
)
def test_a_wrong_plain_scheme_names_its_source(changes, message):
    with pytest.raises(DataError, match=message):
        LandmarkScheme.from_plain(three_point_scheme().to_plain() | changes, "a.json")


@pytest.mark.real
def test_the_mean_danish_face_is_nearly_its_own_mirror_image(danes_folder):
    frontal = [load_asf(path).points * [640, 480] for path in sorted(danes_folder.glob("*-[12]?.asf"))]
    assert_symmetric(np.mean(frontal, axis=0), IMM_58)


@pytest.mark.real
def test_the_mean_ibug_face_is_nearly_its_own_mirror_image(ibug_folder):
    faces = [load_pts(path) for path in sorted(ibug_folder.glob("helen/testset/*.pts"))]
    corners = IBUG_68.outer_eye_corners
    scaled = [face / np.linalg.norm(face[corners[0]] - face[corners[1]]) for face in faces]
    assert_symmetric(np.mean([face - face.mean(axis=0) for face in scaled], axis=0), IBUG_68)


@pytest.mark.real
def test_right_is_the_side_of_the_person(danes_folder):
    points = load_asf(danes_folder / "01-1m.asf").points
    parts = {name: points[list(indices)].mean(axis=0) for name, indices in IMM_58.parts.items()}
    assert parts["right_eye"][0] < parts["nose"][0] < parts["left_eye"][0]
    assert parts["right_brow"][0] < parts["nose"][0] < parts["left_brow"][0]
    assert parts["left_brow"][1] < parts["left_eye"][1] < parts["nose"][1] < parts["mouth"][1] < parts["jaw"][1]


def assert_symmetric(face: np.ndarray, scheme: LandmarkScheme) -> None:
    """Each point lies within 8 % of the eye distance of its mirror image."""
    face = face - face.mean(axis=0)
    first, second = scheme.outer_eye_corners
    unit = np.linalg.norm(face[first] - face[second])
    assert np.linalg.norm(mirrored(face, scheme) - face, axis=1).max() < 0.08 * unit
