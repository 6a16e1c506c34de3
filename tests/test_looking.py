import numpy as np
import pytest
from numpy.testing import assert_allclose

from facial_keypoints.errors import DataError
from facial_keypoints.geometry import crop_matrix, transform_points
from facial_keypoints.landmarks import IBUG_68
from facial_keypoints.looking import looker
from tests.faces import oval
from tests.networks import CROP, constant_looker, face_checkpoint
from tests.test_contenders import checkpoint as nose_checkpoint

SHAPE = 0.5 + 0.25 * oval(IBUG_68)  # symmetric, in the middle of what is seen
BOXES = np.array([[30.0, 20.0, 40.0, 40.0], [10.0, 15.0, 60.0, 60.0]])
TO_THE_RIGHT = SHAPE + np.array([0.1, 0.0])
MATRICES = crop_matrix(BOXES, CROP)
IMAGES = np.random.default_rng(0).integers(0, 255, (2, 100, 120, 3), dtype=np.uint8)


def test_points_are_in_pixels_of_the_images():
    seen = constant_looker(SHAPE).look(IMAGES, MATRICES)
    assert_allclose(seen.points, transform_points(MATRICES, 64 * SHAPE), atol=1e-4)


def test_what_was_not_done_tells_nothing():
    seen = constant_looker(SHAPE).look(IMAGES, MATRICES)
    assert all(np.isnan(values).all() for values in (seen.spread, seen.mirrored, seen.moved))


def test_a_symmetric_answer_agrees_with_its_mirror_image():
    seen = constant_looker(SHAPE, flip_average=True).look(IMAGES, MATRICES)
    assert_allclose(seen.mirrored, 0, atol=1e-6)
    assert_allclose(seen.points, transform_points(MATRICES, 64 * SHAPE), atol=1e-4)


def test_an_answer_to_the_right_is_averaged_with_its_mirror_image_to_the_left():
    seen = constant_looker(TO_THE_RIGHT, flip_average=True).look(IMAGES, MATRICES)
    assert_allclose(seen.points, transform_points(MATRICES, 64 * SHAPE), atol=1e-4)
    sizes = np.sqrt(np.prod(np.ptp(seen.points, axis=1), axis=-1))
    apart = 0.2 * 64 * MATRICES[:, 0, 0] / sizes
    assert_allclose(seen.mirrored, np.broadcast_to(apart[:, None], (2, 68)), rtol=1e-4)


def test_later_looks_are_around_the_points_of_the_one_before():
    first = constant_looker(TO_THE_RIGHT).look(IMAGES, MATRICES)
    second = constant_looker(TO_THE_RIGHT, rounds=2).look(IMAGES, MATRICES)
    assert (second.moved > 0).all()
    assert not np.allclose(first.points, second.points, atol=1)
    centres = [(seen.points.min(axis=1) + seen.points.max(axis=1)) / 2 for seen in (first, second)]
    side = np.ptp(first.points, axis=1).max(axis=1) * CROP.scale
    off = (TO_THE_RIGHT.min(axis=0) + TO_THE_RIGHT.max(axis=0)) / 2 - 0.5
    assert_allclose(centres[1] - centres[0], off * side[:, None], atol=1e-2)


@pytest.mark.parametrize("head", ["linear", "two_looks"])
def test_a_network_gives_what_it_has(head):
    seen = looker(face_checkpoint(head), rounds=2, flip_average=True, device="cpu").look(IMAGES, MATRICES)
    assert seen.points.shape == (2, 68, 2)
    assert np.isfinite(seen.mirrored).all()
    assert np.isfinite(seen.moved).all()
    assert np.isfinite(seen.spread).all() == (head == "two_looks")


def test_a_batch_is_seen_as_its_faces_one_by_one():
    looks = looker(face_checkpoint("two_looks"), rounds=2, flip_average=True, device="cpu")
    both = looks.look(IMAGES, MATRICES).points
    each = [looks.look(IMAGES[[row]], MATRICES[[row]]).points[0] for row in (0, 1)]
    assert_allclose(both, each, atol=0.05)


def test_no_faces_have_no_points():
    assert constant_looker(SHAPE).look(IMAGES[:0], MATRICES[:0]).points.shape == (0, 68, 2)


def test_what_is_cut_has_room_for_a_better_look():
    looks = constant_looker(SHAPE)
    assert looks.cut.scale > looks.crop.scale
    assert looks.cut.size / looks.cut.scale > looks.crop.size / looks.crop.scale


def test_a_network_of_whole_photographs_is_refused():
    with pytest.raises(DataError, match=r"train_nose\.lr_1e-3 sees whole photographs"):
        looker(nose_checkpoint(), rounds=1, flip_average=False, device="cpu")
