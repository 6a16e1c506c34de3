from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from skimage.color import rgb2gray

from facial_keypoints.errors import ConfigurationError, ShapeError
from facial_keypoints.examples import Examples, InputFrame
from facial_keypoints.faces import FaceSet
from facial_keypoints.geometry import Crop, crop_boxes, crop_matrix, scaling
from facial_keypoints.landmarks import IBUG_68, IMM_58
from facial_keypoints.options import AS_THEY_ARE
from tests.faces import spot_faces
from tests.options import LIVELY
from tests.test_augmentation import spot_centre

CPU = torch.device("cpu")
CUT = Crop(scale=2.25, shift_down=0.08, size=90)


def ibug_examples(channels: int = 3) -> Examples:
    faces = spot_faces(12, size=(90, 90), scheme=IBUG_68, crop=CUT)
    return Examples(faces, InputFrame(60, 60, channels, Crop(1.5, 0.08, 60)), CPU)


def test_whole_pictures_are_shrunk_with_their_points():
    examples = Examples(spot_faces(12, size=(64, 96)), InputFrame(32, 48, 1), CPU)
    pictures, points = examples.plain(torch.arange(12))
    assert pictures.shape == (12, 1, 32, 48)
    for picture, point in zip(pictures, points, strict=True):
        assert_allclose(
            spot_centre(255 * picture[0].numpy()), point[IMM_58.nose_tip] * torch.tensor([48, 32]), atol=0.4
        )


def test_pictures_of_the_input_size_are_taken_as_they_are():
    faces = spot_faces(6)
    pictures, _ = Examples(faces, InputFrame(32, 48, 1), CPU).plain(torch.arange(6))
    assert_allclose(pictures[:, 0].numpy() * 255, faces.images, atol=1e-4)


def test_the_network_sees_the_middle_of_a_crop():
    pictures, points = ibug_examples().plain(torch.arange(12))
    assert pictures.shape == (12, 3, 60, 60)
    inside = ((points[:, 30] > 0.15) & (points[:, 30] < 0.85)).all(dim=1)
    assert inside.sum() >= 6
    for picture, point in zip(pictures[inside], points[inside], strict=True):
        assert_allclose(spot_centre(255 * picture[0].numpy()), 60 * point[30], atol=0.4)


def test_colour_becomes_the_luminance_of_scikit_image():
    faces = spot_faces(4, size=(90, 90), scheme=IBUG_68, crop=CUT)
    colourful = np.random.default_rng(0).integers(0, 255, faces.images.shape, dtype=np.uint8)
    frame = InputFrame(90, 90, 1, CUT)
    pictures, _ = Examples(replace(faces, images=colourful), frame, CPU).plain(torch.arange(4))
    assert_allclose(pictures[:, 0].numpy(), rgb2gray(colourful), atol=1e-5)


def test_predictions_come_back_in_pixels_of_the_photograph():
    faces = spot_faces(12, size=(64, 96))
    faces = replace(faces, to_source=np.tile(scaling(3, 3), (12, 1, 1)))
    examples = Examples(faces, InputFrame(32, 48, 1), CPU)
    _, points = examples.plain(torch.arange(12))
    assert_allclose(examples.to_source_points(points.numpy()), faces.source_keypoints, rtol=1e-4)


def test_only_the_chosen_points_are_to_be_learnt():
    _, points = Examples(spot_faces(6), InputFrame(32, 48, 1), CPU, indices=[IMM_58.nose_tip]).plain(torch.arange(3))
    assert points.shape == (3, 1, 2)


def test_augmented_pictures_carry_their_points_along():
    examples = ibug_examples()
    pictures, points = examples.augmented(torch.arange(12), LIVELY, torch.Generator().manual_seed(0))
    nose = 60 * points[:, 30]
    inside = ((nose > 10) & (nose < 50)).all(dim=1)
    assert inside.sum() >= 6
    found = [spot_centre(255 * picture[0].numpy()) for picture in pictures[inside]]
    assert_allclose(found, nose[inside], atol=0.5)


SHIFT = 3.0  # pixels of the photographs, which are three times as large as their crops


def labelled_beside_their_spots() -> Examples:
    """Faces whose points all lie to the right of what they mark, seen by a network that is told."""
    faces = spot_faces(24, (90, 90), IBUG_68, CUT)
    keypoints = faces.keypoints + np.array([SHIFT / 3, 0], np.float32)
    faces = replace(faces, to_source=np.tile(scaling(3, 3), (24, 1, 1)), keypoints=keypoints)
    return Examples(faces, InputFrame(60, 60, 1, Crop(1.5, 0.08, 60), SHIFT), CPU)


@pytest.mark.parametrize("flip", [0, 1], ids=["plain", "mirrored"])
def test_points_are_learnt_where_they_should_lie_also_in_mirror_images(flip):
    pictures, points = labelled_beside_their_spots().augmented(
        torch.arange(24), replace(AS_THEY_ARE, flip=flip), torch.Generator().manual_seed(0)
    )
    nose = 60 * points[:, 30]
    inside = ((nose > 10) & (nose < 50)).all(dim=1)
    assert inside.sum() >= 12
    beside = nose[inside] - torch.tensor(np.array([spot_centre(255 * one[0].numpy()) for one in pictures[inside]]))
    assert beside.mean(dim=0).abs().max() < 0.1  # unshifted 0.67


def test_predictions_lie_where_the_labels_do():
    examples = labelled_beside_their_spots()
    assert_allclose(examples.to_source_points(examples.unit_keypoints), examples.source_keypoints, atol=1e-3)
    assert_allclose(examples.from_source_points(examples.source_keypoints), examples.unit_keypoints, atol=1e-5)


def test_the_mean_shape_is_the_mean_of_all_faces():
    faces = spot_faces(12)
    examples = Examples(faces, InputFrame(32, 48, 1), CPU)
    assert_allclose(examples.mean_shape_of(examples.indices), faces.keypoints.mean(axis=0) / (48, 32), rtol=1e-5)


def test_a_network_for_crops_refuses_whole_photographs():
    with pytest.raises(ShapeError, match="whole photographs"):
        Examples(spot_faces(6), InputFrame(60, 60, 1, Crop(1.5, 0.08, 60)), CPU)


def test_a_network_cannot_see_more_than_was_cut():
    faces = spot_faces(6, size=(90, 90), scheme=IBUG_68, crop=CUT)
    with pytest.raises(ConfigurationError, match=r"2\.5 .* 2\.25"):
        Examples(faces, InputFrame(60, 60, 3, Crop(2.5, 0.08, 60)), CPU)


FRAME = InputFrame(60, 60, 3, Crop(1.5, 0.08, 60))


def cut_faces() -> FaceSet:
    """Faces of photographs of their own, cut around boxes of all sizes."""
    rng = np.random.default_rng(2)
    boxes = np.hstack([rng.uniform(-20, 200, (12, 2)), np.repeat(rng.uniform(40, 200, (12, 1)), 2, axis=1)])
    return replace(spot_faces(12, (90, 90), IBUG_68, CUT), to_source=crop_matrix(boxes, CUT))


def shifted_examples(shift: tuple[float, float], growth: float = 0) -> Examples:
    """Seen around boxes that lie aside by `shift` of their sides, and are larger by `growth` of them."""
    faces = cut_faces()
    boxes = crop_boxes(faces.to_source, CUT)
    boxes[:, :2] += (np.array(shift) - growth / 2) * boxes[:, 2:]
    boxes[:, 2:] *= 1 + growth
    return Examples(faces, FRAME, CPU, boxes=boxes)


def test_the_boxes_that_the_set_was_cut_around_change_nothing():
    given, own = shifted_examples((0, 0)), Examples(cut_faces(), FRAME, CPU)
    for one, other in zip(given.plain(torch.arange(12)), own.plain(torch.arange(12)), strict=True):
        assert_allclose(one, other, atol=1e-4)
    assert_allclose(given.to_source, own.to_source, atol=1e-6)


def test_a_box_to_the_right_shows_the_picture_further_left():
    given, own = shifted_examples((0.15, -0.06)), Examples(cut_faces(), FRAME, CPU)
    moved = given.plain(torch.arange(12))[0][:, :, 4:, :-6]  # of 60 pixels for 1.5 sides: 6 to the left, 2.4 down
    assert np.abs(moved.numpy() - own.plain(torch.arange(12))[0][:, :, 4:, :-6].numpy()).max() > 0.1
    assert_allclose(given.unit_keypoints - own.unit_keypoints, np.broadcast_to([-0.1, 0.04], (12, 68, 2)), atol=1e-5)


@pytest.mark.parametrize(("shift", "growth"), [((0.15, -0.06), 0), ((0, 0), 0.2), ((-0.1, 0.1), -0.1)])
def test_around_other_boxes_points_stay_on_what_they_mark(shift, growth):
    pictures, points = shifted_examples(shift, growth).plain(torch.arange(12))
    inside = ((points[:, 30] > 0.2) & (points[:, 30] < 0.8)).all(dim=1)
    assert inside.sum() >= 4
    for picture, point in zip(pictures[inside], points[inside], strict=True):
        assert_allclose(spot_centre(255 * picture[0].numpy()), 60 * point[30], atol=0.5)


@pytest.mark.parametrize(("shift", "growth"), [((0, 0), 0), ((0.15, -0.06), 0.2)])
def test_around_any_boxes_true_points_come_back_to_the_same_pixels_of_the_photograph(shift, growth):
    examples = shifted_examples(shift, growth)
    truth = cut_faces().source_keypoints
    assert_allclose(examples.to_source_points(examples.unit_keypoints), truth, atol=1e-3)
    assert_allclose(examples.from_source_points(truth), examples.unit_keypoints, atol=1e-5)
    assert_allclose(examples.source_keypoints, truth)
