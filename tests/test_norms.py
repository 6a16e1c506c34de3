import numpy as np
import pytest
from numpy.testing import assert_allclose

from facial_keypoints.errors import ConfigurationError, DataError, ShapeError
from facial_keypoints.landmarks import IBUG_68, IMM_58, load_scheme
from facial_keypoints.norms import NORMS, interocular, norm_lengths
from tests.project import PROJECT
from tests.shapes import FIVE, rectangle

EYES_12 = load_scheme(PROJECT / "conf/schemes/eyes_12.yml")


def two_eyes() -> np.ndarray:
    """Two closed eyes of six points, 3 wide, 8 between their outer corners, the left one 4 higher: (1, 12, 2)."""
    eye = np.array([[0.0, 0], [1, 0], [2, 0], [3, 0], [2, 0], [1, 0]])
    return np.concatenate([eye, [8, -4] - eye])[None][:, [0, 1, 2, 3, 4, 5, 9, 8, 7, 6, 11, 10]]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("outer_eye_corners", np.sqrt(8**2 + 4**2)),
        ("pupils", np.sqrt(5**2 + 4**2)),
        ("box_diagonal", np.sqrt(8**2 + 4**2)),
        ("face_size", np.sqrt(8 * 4)),
    ],
)
def test_norms_are_as_calculated_by_hand(name, expected):
    assert_allclose(norm_lengths(two_eyes(), EYES_12, name), [expected])


def test_the_box_is_upright_and_holds_all_points():
    face = rectangle(3, 4)[None]
    assert_allclose(norm_lengths(face, FIVE, "box_diagonal"), [10])
    assert_allclose(norm_lengths(face, FIVE, "face_size"), [np.sqrt(48)])
    turned = face @ np.array([[1, 1], [-1, 1]]) / np.sqrt(2)
    assert_allclose(norm_lengths(turned, FIVE, "face_size"), [14 / np.sqrt(2)])


@pytest.mark.parametrize(("scheme", "corners"), [(IMM_58, (13, 21)), (IBUG_68, (36, 45))])
def test_the_inter_ocular_distance_is_that_of_the_outer_eye_corners(scheme, corners):
    truth = np.random.default_rng(0).uniform(size=(3, scheme.size, 2))
    expected = np.hypot(*(truth[:, corners[0]] - truth[:, corners[1]]).T)
    assert_allclose(interocular(truth, scheme), expected)
    assert_allclose(norm_lengths(truth, scheme, "outer_eye_corners"), expected)


@pytest.mark.parametrize(("scheme", "eyes"), [(IMM_58, (13, 21, 29)), (IBUG_68, (36, 42, 48))])
def test_pupils_are_the_means_of_the_points_of_the_eyes(scheme, eyes):
    truth = np.random.default_rng(0).uniform(size=(3, scheme.size, 2))
    first, second = truth[:, eyes[0] : eyes[1]].mean(axis=1), truth[:, eyes[1] : eyes[2]].mean(axis=1)
    assert_allclose(norm_lengths(truth, scheme, "pupils"), np.hypot(*(first - second).T))


@pytest.mark.parametrize("name", NORMS)
def test_a_face_without_landmarks_has_no_norm_and_leaves_the_others_theirs(name):
    truth = np.random.default_rng(0).uniform(size=(3, 68, 2))
    expected = norm_lengths(truth, IBUG_68, name)
    truth[1] = expected[1] = np.nan
    assert_allclose(norm_lengths(truth, IBUG_68, name), expected)
    assert len(norm_lengths(truth[:0], IBUG_68, name)) == 0


@pytest.mark.parametrize("name", NORMS)
def test_a_norm_of_0_is_an_error_that_names_the_face(name):
    truth = np.random.default_rng(0).uniform(size=(3, 58, 2))
    truth[1] = truth[1, 0]
    with pytest.raises(DataError, match=rf"{name} of faces \[1\] is 0"):
        norm_lengths(truth, IMM_58, name)


@pytest.mark.parametrize("points", [np.zeros((1, 68, 2)), np.zeros((58, 2)), np.zeros((1, 58, 3))])
def test_points_of_another_scheme_have_no_norm(points):
    with pytest.raises(ShapeError, match="imm_58"):
        interocular(points, IMM_58)


def test_a_scheme_without_eyes_is_told_which_norms_it_has():
    with pytest.raises(
        ConfigurationError, match=r"five has no parts.* one of outer_eye_corners, box_diagonal, face_size"
    ):
        norm_lengths(rectangle(1, 1)[None], FIVE, "pupils")


def test_an_unknown_norm_is_answered_with_the_known_ones():
    with pytest.raises(ConfigurationError, match="'nose': there is none, expected one of outer_eye_corners, pupils"):
        norm_lengths(two_eyes(), EYES_12, "nose")
