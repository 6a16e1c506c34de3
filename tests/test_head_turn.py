import json
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from facial_keypoints.errors import ShapeError
from facial_keypoints.eye_contours import EYES, reverse_eye, reversed_eyes
from facial_keypoints.head_turn import NOSE_TIP_DEPTH, head_tilt, head_turn
from facial_keypoints.landmarks import IBUG_68, IMM_58, load_asf, load_scheme
from tests.project import PROJECT
from tests.shapes import FIVE, rectangle

# x to the picture's right, y down, z away from the camera; the eyes are 1 apart. All else is one point below them.
HEAD = np.tile([0, 0.8, 0.0], (IBUG_68.size, 1))
HEAD[[*IBUG_68.outer_eye_corners]] = [(-0.5, 0, 0), (0.5, 0, 0)]
HEAD[IBUG_68.nose_tip] = (0, 0.35, -NOSE_TIP_DEPTH)


def seen_from_afar(yaw: float, roll: float = 0.0, size: float = 100.0) -> np.ndarray:
    """The landmarks of HEAD turned to the picture's right by yaw, then clockwise by roll, in degrees: (1, 68, 2)."""
    yaw, roll = np.radians([yaw, roll])
    x = np.cos(yaw) * HEAD[:, 0] - np.sin(yaw) * HEAD[:, 2]
    y = HEAD[:, 1]
    turned = np.stack([np.cos(roll) * x - np.sin(roll) * y, np.sin(roll) * x + np.cos(roll) * y], axis=-1)
    return size * turned[None] + 300


@given(yaw=st.floats(-85, 85), roll=st.floats(-180, 180), size=st.floats(1, 1000))
def test_the_turn_of_a_rigid_head_is_found_whatever_its_roll_and_size(yaw, roll, size):
    assert_allclose(head_turn(seen_from_afar(yaw, roll, size), IBUG_68), [yaw], atol=1e-6)


@given(yaw=st.floats(-85, 85))
def test_a_mirrored_face_is_turned_the_other_way(yaw):
    face = seen_from_afar(yaw)
    assert_allclose(head_turn(face[:, list(IBUG_68.mirror)] * [-1, 1], IBUG_68), -head_turn(face, IBUG_68), atol=1e-9)


def test_a_nose_to_the_right_of_the_eyes_middle_is_a_positive_turn():
    face = seen_from_afar(0)
    assert_allclose(head_turn(face, IBUG_68), [0], atol=1e-9)
    face[0, IBUG_68.nose_tip, 0] += 15
    assert head_turn(face, IBUG_68) > 10
    face[0, IBUG_68.nose_tip, 0] -= 30
    assert head_turn(face, IBUG_68) < -10


def test_the_turn_is_unknown_without_a_nose_tip_landmarks_or_distance_of_the_eyes():
    eyes = load_scheme(PROJECT / "conf/schemes/eyes_12.yml")
    faces = np.concatenate([seen_from_afar(20)] * 3)
    faces[0] = np.nan
    faces[1, 36] = faces[1, 45]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isnan(head_turn(np.ones((2, 12, 2)), eyes)).all()
        assert np.isnan(head_turn(rectangle(20, 30)[None], FIVE)).all()  # how deep its nose is, is not known
        assert_allclose(head_turn(faces, IBUG_68), [np.nan, np.nan, 20])
        assert head_turn(faces[:0], IBUG_68).shape == (0,)


@pytest.mark.parametrize("roll", [0, 20, 90, 180, -150])
def test_the_tilt_of_a_head_is_that_of_its_eyes_also_upside_down(roll):
    tilt = head_tilt(seen_from_afar(10, roll), IBUG_68)[0]
    assert_allclose(np.exp(1j * np.radians(tilt)), np.exp(1j * np.radians(roll)), atol=1e-9)


def test_points_of_another_scheme_are_refused():
    with pytest.raises(ShapeError, match="imm_58"):
        head_turn(np.zeros((1, 68, 2)), IMM_58)


@pytest.mark.real
def test_real_danes_turn_by_about_30_degrees_in_pictures_3_and_4_and_look_ahead_in_the_others(danes_folder):
    turns = {}
    for kind in (1, 2, 3, 4, 5):
        points = [load_asf(path).points * [640, 480] for path in sorted(danes_folder.glob(f"*-{kind}?.asf"))]
        turns[kind] = head_turn(np.stack([repaired(face) for face in points]), IMM_58)
    assert {len(turn) for turn in turns.values()} == {40}
    assert (turns[3] < -10).all()
    assert (turns[4] > 10).all()
    assert_allclose([turns[3].mean(), turns[4].mean()], [-30, 30], atol=3)
    assert_allclose([turns[kind].mean() for kind in (1, 2, 5)], 0, atol=2)


def repaired(face: np.ndarray) -> np.ndarray:
    for eye, is_reversed in zip(EYES, reversed_eyes(face), strict=True):
        face = reverse_eye(face, eye) if is_reversed else face
    return face


@pytest.mark.real
def test_real_300w_faces_turn_as_their_annotated_head_poses_say_but_for_the_scale(golden_folder):
    faces = json.loads((golden_folder / "annotations.json").read_text())
    yaw = np.array([face["headpose"][0] for face in faces])
    turn = head_turn(np.array([face["landmarks"] for face in faces]), IBUG_68)
    assert np.corrcoef(turn, yaw)[0, 1] > 0.965
    scale = turn @ yaw / (turn @ turn)
    assert_allclose(scale, 0.65, atol=0.01)
    assert np.abs(scale * turn - yaw).mean() < 2.4
