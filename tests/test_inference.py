import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from torch import Tensor, nn

from facial_keypoints.errors import ConfigurationError
from facial_keypoints.examples import Examples, InputFrame
from facial_keypoints.faces import FaceSet
from facial_keypoints.geometry import Crop, crop_boxes, crop_matrix
from facial_keypoints.inference import predict_unit_points
from facial_keypoints.landmarks import IBUG_68, IMM_58
from facial_keypoints.models.spatial import Maps
from facial_keypoints.models.two_looks import TwoLooks
from tests.faces import spot_faces

CPU = torch.device("cpu")
FRAME = InputFrame(32, 48, 1)
NOSE = [IMM_58.nose_tip]


class SpotFinder(nn.Module):
    """Every point lies at the spot, plus an offset of its own: equivariant under mirrors if the offsets are so."""

    def __init__(self, offsets: np.ndarray) -> None:
        super().__init__()
        self.offsets = nn.Parameter(torch.from_numpy(offsets).float())
        self.seen: list[int] = []

    def forward(self, pictures: Tensor) -> Tensor:
        self.seen.append(len(pictures))
        _, _, height, width = pictures.shape
        weight = (pictures[:, 0] - 0.2).clamp(min=0)
        weight = weight / weight.sum(dim=(1, 2), keepdim=True)
        x = (weight.sum(dim=1) * (torch.arange(width) + 0.5) / width).sum(dim=1)
        y = (weight.sum(dim=2) * (torch.arange(height) + 0.5) / height).sum(dim=1)
        return torch.stack([x, y], dim=-1)[:, None] + self.offsets


def offsets(points: int = IMM_58.size) -> np.ndarray:
    return np.random.default_rng(1).uniform(-0.2, 0.2, (points, 2))


def symmetric(some: np.ndarray) -> np.ndarray:
    """Offsets that a mirror takes to themselves."""
    return (some + some[list(IMM_58.mirror)] * (-1, 1)) / 2


def examples(indices: list[int] | None = None) -> Examples:
    return Examples(spot_faces(12), FRAME, CPU, indices)


def test_points_are_those_of_the_network_for_each_face_in_order():
    faces = examples()
    pictures, _ = faces.plain(torch.arange(12))
    network = SpotFinder(offsets())
    assert_allclose(predict_unit_points(network, faces), network(pictures).detach(), atol=1e-6)


@pytest.mark.parametrize("batch_size", [1, 5, 12, 64])
def test_batches_change_nothing(batch_size):
    network, faces = SpotFinder(offsets()), examples()
    points = predict_unit_points(network, faces, batch_size=batch_size)
    assert max(network.seen) <= batch_size
    assert_allclose(points, predict_unit_points(network, faces), atol=1e-6)


def noisy_crops(count: int = 12) -> tuple[FaceSet, np.ndarray]:
    """Faces cut around boxes, on pictures full of detail, and boxes of half their size to a little more."""
    rng, cut = np.random.default_rng(0), Crop(2.25, 0.08, 144)
    faces = spot_faces(count, (144, 144), IBUG_68, cut)
    images = rng.integers(0, 255, faces.images.shape, dtype=np.uint8)
    boxes = np.hstack([rng.uniform(0, 200, (count, 2)), np.full((count, 2), 100.0)])
    faces = replace(faces, images=images, to_source=crop_matrix(boxes, cut))
    sizes = rng.uniform(0.5, 1.1, (count, 1))
    boxes = crop_boxes(faces.to_source, cut)
    return faces, np.hstack([boxes[:, :2] + (1 - sizes) / 2 * boxes[:, 2:], sizes * boxes[:, 2:]])


class ByContrast(nn.Module):
    """Points on a circle that is as large as the picture's contrast, which shrinking takes away."""

    def forward(self, pictures: Tensor) -> Tensor:
        angle = torch.arange(68) * (2 * math.pi / 68)
        circle = torch.stack([angle.cos(), angle.sin()], dim=-1)
        return 0.5 + pictures.std(dim=(1, 2, 3))[:, None, None] * circle

    def maps(self, pictures: Tensor) -> Maps:
        return Maps(pictures.new_zeros(len(pictures), 68, 1, 1), self(pictures), self(pictures))


def test_boxes_of_other_sizes_in_the_batch_change_nothing():
    faces, boxes = noisy_crops()
    examples = Examples(faces, InputFrame(32, 32, 3, Crop(1.5, 0.08, 32)), CPU, boxes=boxes)
    alone = predict_unit_points(ByContrast(), examples, batch_size=1)
    assert np.ptp(alone, axis=0).max() > 0.03
    assert_allclose(predict_unit_points(ByContrast(), examples, batch_size=64), alone, atol=1e-5)


def test_faces_of_other_sizes_in_the_batch_do_not_change_what_a_second_look_sees():
    faces, _ = noisy_crops()
    contrast = np.linspace(0.3, 1, len(faces))[:, None, None, None]
    faces = replace(faces, images=(contrast * np.asarray(faces.images)).astype(np.uint8))
    network = TwoLooks(ByContrast(), ByContrast(), 68, (144, 144), (16, 16), looks=1)
    network.reference.copy_(ByContrast()(torch.tensor([0.0, 1]).expand(1, 1, 1, 2))[0])
    examples = Examples(faces, InputFrame(144, 144, 3, Crop(2.25, 0.08, 144)), CPU)
    alone = predict_unit_points(network, examples, batch_size=1)
    assert np.ptp(alone, axis=0).max() > 0.01
    assert_allclose(predict_unit_points(network, examples, batch_size=64), alone, atol=1e-5)


def test_a_network_in_training_is_set_to_predict():
    network = nn.Sequential(nn.Flatten(), nn.Dropout(0.5), nn.Linear(32 * 48, 2), nn.Unflatten(1, (1, 2))).train()
    faces = examples(NOSE)
    assert_array_equal(predict_unit_points(network, faces), predict_unit_points(network, faces))


def test_flipping_changes_nothing_for_a_network_that_sees_mirror_images_as_such():
    network = SpotFinder(symmetric(offsets()))
    plain = predict_unit_points(network, examples())
    assert_allclose(predict_unit_points(network, examples(), flip_average=True), plain, atol=1e-5)


def test_flipping_takes_away_what_a_network_has_against_one_side():
    one_sided, fair = SpotFinder(offsets()), SpotFinder(symmetric(offsets()))
    averaged = predict_unit_points(one_sided, examples(), flip_average=True)
    assert np.abs(averaged - predict_unit_points(one_sided, examples())).max() > 0.05
    assert_allclose(averaged, predict_unit_points(fair, examples()), atol=1e-5)


def test_flipping_costs_a_second_look():
    network = SpotFinder(offsets())
    predict_unit_points(network, examples(), batch_size=12, flip_average=True)
    assert network.seen == [12, 12]


def test_a_point_that_is_its_own_mirror_image_can_be_averaged_alone():
    assert examples(NOSE).mirrored_places == [0]
    assert predict_unit_points(SpotFinder(offsets(1)), examples(NOSE), flip_average=True).shape == (12, 1, 2)


def test_a_pair_of_points_changes_places_in_the_mirror():
    first, second = IMM_58.outer_eye_corners
    assert examples([second, *NOSE, first]).mirrored_places == [2, 1, 0]


def test_a_point_without_its_mirror_image_cannot_be_averaged():
    first, second = IMM_58.outer_eye_corners
    faces = examples([first, *NOSE])
    with pytest.raises(ConfigurationError, match=rf"not \[{second}\], .*evaluate.flip_average=false"):
        predict_unit_points(SpotFinder(offsets(2)), faces, flip_average=True)
    assert predict_unit_points(SpotFinder(offsets(2)), faces).shape == (12, 2, 2)


def test_no_faces_have_no_points():
    none = Examples(spot_faces(12).select(np.zeros(12, bool)), FRAME, CPU)
    assert predict_unit_points(SpotFinder(offsets()), none, flip_average=True).shape == (0, 58, 2)
