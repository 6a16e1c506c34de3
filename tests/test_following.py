from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from torch import Tensor

from facial_keypoints.following import Face, Follower, boxes_of, different, rectangle
from facial_keypoints.geometry import Crop, crop_matrix
from facial_keypoints.landmarks import IBUG_68
from facial_keypoints.upright import upright_crop_matrices
from tests.networks import constant_looker
from tests.spots import SHAPE, Spotter, scene, spot_boxes, spot_calibration, spot_looker

CALIBRATION = spot_calibration()


class Detector:
    """Finds spots, and counts how often it looked."""

    def __init__(self) -> None:
        self.looked = 0

    def __call__(self, picture: Any) -> np.ndarray:
        self.looked += 1
        return spot_boxes(picture)


class Counting(Spotter):
    """Counts what it is shown."""

    shown = 0

    def forward(self, pictures: Tensor) -> Tensor:
        self.shown += len(pictures)
        return super().forward(pictures)


def follower(detector: Any = spot_boxes, known: Any = CALIBRATION, **changed: float) -> Follower:
    usual = {"least_new": 0.5, "least": 0.5, "search_every": 1000.0}
    return Follower(spot_looker(), known, detector, **(usual | changed))


def numbers(faces: list[Face]) -> list[int]:
    return [face.number for face in faces]


def test_a_face_that_moves_across_the_scene_keeps_its_number_and_the_detector_looks_once():
    detector = Detector()
    follow = follower(detector)
    for frame, left in enumerate(np.linspace(60, 340, 15)):
        (face,) = follow(scene((left, 150)), frame / 10)
        assert face.number == 0
        assert_allclose(face.points, (left, 150) + 60 * SHAPE, atol=6)  # dim light is not seen
        assert face.confidence > 0.9
    assert detector.looked == 1


def test_where_a_followed_face_was_looked_for_is_around_its_points_of_the_frame_before():
    follow = follower()
    (first,) = follow(scene((100, 150)), 0)
    (second,) = follow(scene((110, 150)), 0.1)
    assert (first.score, np.isnan(second.score)) == (1, True)
    low, side = second.box[:2], second.box[2:]
    assert_allclose(low + side / 2, rectangle(first.points)[:2] + rectangle(first.points)[2:] / 2, atol=1)
    assert_allclose(side, np.ptp(first.points, axis=0).max(), rtol=1e-6)


def test_a_face_that_leaves_is_lost_and_one_that_comes_gets_a_number_that_was_never_used():
    follow = follower()
    seen = [follow(scene((left, 150)), 0) for left in (340, 370, 400, 430, 460)]
    assert [numbers(faces) for faces in seen] == [[0], [0], [0], [], []]
    assert numbers(follow(scene(), 0)) == []
    assert numbers(follow(scene((200, 150)), 0)) == [1]


def test_a_face_that_goes_out_where_it_was_is_lost_by_its_confidence():
    follow = follower()
    assert numbers(follow(scene((100, 150), (300, 150)), 0)) == [0, 1]
    (face,) = follow(scene((300, 150)), 0)
    assert face.number == 1
    assert numbers(follow(scene((100, 150), (300, 150)), 0)) == [1]  # it has not been looked for
    unknown = follower(known=None)
    unknown(scene((100, 150)), 0)
    assert len(unknown(scene(), 0)) == 1  # nothing tells that it has gone


def test_new_faces_are_looked_for_every_so_often():
    follow = follower(detector := Detector(), search_every=1.0)
    follow(scene((100, 150)), 0.0)
    both = scene((100, 150), (300, 150))
    assert [numbers(follow(both, seconds)) for seconds in (0.5, 0.9)] == [[0], [0]]
    assert [numbers(follow(both, seconds)) for seconds in (1.0, 1.9)] == [[0, 1], [0, 1]]
    assert detector.looked == 2


def test_a_scene_with_other_faces_is_searched_at_once():
    follow = follower()
    follow(scene((60, 60), (340, 60)), 0)
    assert numbers(follow(scene((200, 250)), 0.1)) == [2]


@pytest.mark.parametrize("front", [0, 1], ids=["the older is in front", "the younger is in front"])
@pytest.mark.parametrize("moving", [0, 1], ids=["the older moves", "the younger moves"])
def test_where_one_covers_another_the_one_in_front_keeps_its_number(front, moving):
    follow = follower(search_every=0)
    for frame, step in enumerate(np.linspace(0, 200, 41)):
        lefts = np.array([150.0, 250.0])
        lefts[moving] += step if moving == 0 else -step
        apart = lefts[1] - lefts[0]  # negative when they have passed each other
        lights = lefts[[front]] if -75 < apart < 50 else lefts
        places = {face.number: face.points[:, 0].mean() for face in follow(scene(*((x, 150) for x in lights)), frame)}
        assert_allclose(places[front], lefts[front], atol=25)  # light of the other one draws it aside
    assert 1 - front not in places
    assert len(places) == 2


def test_what_is_no_face_to_the_network_is_not_followed():
    def sees_a_face_in_the_dark(picture: Any) -> np.ndarray:
        return np.array([[200.0, 100, 60, 60, np.nan]])

    assert follower(sees_a_face_in_the_dark)(scene(), 0) == []
    assert len(follower(sees_a_face_in_the_dark, least_new=0)(scene(), 0)) == 1


def test_a_face_that_jumps_is_lost_and_found_in_the_same_frame_beside_one_that_stays():
    follow = follower()
    assert numbers(follow(scene((100, 150), (300, 150)), 0)) == [0, 1]
    assert numbers(follow(scene((100, 40), (300, 150)), 0.1)) == [1, 2]


def test_a_place_that_a_followed_face_takes_is_not_looked_at_twice():
    looks = replace(spot_looker(), model=(network := Counting()))
    follow = Follower(looks, CALIBRATION, spot_boxes, least_new=0.5, least=0.5, search_every=0)
    for _ in range(5):
        assert len(follow(scene((100, 150)), 0)) == 1
    assert network.shown == 5


@pytest.mark.parametrize(
    ("answer", "frames"),
    [
        pytest.param(SHAPE / 1.5 + (0.8, 0.5), 3, id="points leave the frame"),
        pytest.param(SHAPE / 1.5 / 3 + 0.5, 2, id="points collapse"),
    ],
)
def test_without_a_calibration_a_face_is_lost_at_the_latest_where_there_can_be_none(answer, frames):
    detector = Detector()
    follow = Follower(constant_looker(answer), None, detector, least_new=0, least=0, search_every=1000)
    seen = [numbers(follow(scene((340, 150)), 0)) for _ in range(frames)]
    assert seen[0] == [0]
    assert seen[-1] != [0]
    assert detector.looked == 2


def test_frames_of_another_size_are_another_scene():
    follow = follower()
    follow(scene((100, 150)), 0)
    assert numbers(follow(scene((100, 150), width=500), 0)) == [1]


def test_faces_of_a_frame_are_the_same_alone_and_together():
    places = [(80.0, 80.0), (300.0, 90.0), (200.0, 220.0)]
    together = follower()(scene(*places), 0)
    alone = [follower()(scene(place), 0)[0] for place in places]
    for face in together:
        near = min(alone, key=lambda other: np.abs(other.points - face.points).mean())
        assert_allclose(face.points, near.points, atol=0.01)


@settings(max_examples=40)
@given(st.floats(-180, 180), st.floats(20, 200), st.floats(-50, 300), st.floats(0, 0.3))
def test_the_box_of_a_turned_square_has_its_centre_and_side(degrees, size, place, shift_down):
    crop = Crop(scale=1.5, shift_down=shift_down, size=60)
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    matrices = upright_crop_matrices((size * SHAPE @ turn + place)[None], IBUG_68, crop)
    again = crop_matrix(boxes_of(matrices, crop), crop)[0]
    middle = np.array([30, 30])
    assert_allclose(again[:, :2] @ middle + again[:, 2], matrices[0, :, :2] @ middle + matrices[0, :, 2], atol=1e-6)
    assert_allclose(np.linalg.det(again[:, :2]), np.linalg.det(matrices[0, :, :2]))


@pytest.mark.parametrize(("apart", "left"), [(5, [0]), (60, [0, 1])])
def test_faces_are_different_where_they_hardly_overlap(apart, left):
    faces = [Face(row, np.zeros(4), 1.0, 60 * SHAPE + apart * row, 1.0, 1.0, 1.0) for row in (0, 1)]
    assert numbers(different(faces)) == left
