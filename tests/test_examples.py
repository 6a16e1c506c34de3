from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from skimage.color import rgb2gray

from facial_keypoints.errors import ConfigurationError, ShapeError
from facial_keypoints.examples import Examples, InputFrame
from facial_keypoints.geometry import Crop, scaling
from facial_keypoints.landmarks import IBUG_68, IMM_58
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


def test_the_mean_shape_is_the_mean_of_all_faces():
    faces = spot_faces(12)
    examples = Examples(faces, InputFrame(32, 48, 1), CPU)
    assert_allclose(examples.mean_shape, faces.keypoints.mean(axis=0) / (48, 32), rtol=1e-5)


def test_a_network_for_crops_refuses_whole_photographs():
    with pytest.raises(ShapeError, match="whole photographs"):
        Examples(spot_faces(6), InputFrame(60, 60, 1, Crop(1.5, 0.08, 60)), CPU)


def test_a_network_cannot_see_more_than_was_cut():
    faces = spot_faces(6, size=(90, 90), scheme=IBUG_68, crop=CUT)
    with pytest.raises(ConfigurationError, match=r"2\.5 .* 2\.25"):
        Examples(faces, InputFrame(60, 60, 3, Crop(2.5, 0.08, 60)), CPU)
