import itertools
import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from torch import Tensor, nn

from facial_keypoints.models.dilated import DilatedTrunk
from facial_keypoints.models.spatial import Maps, SpatialHead, SpatialNet, cell_centres

HEIGHT, WIDTH = 3, 5  # cells


def transparent_head(points: int) -> SpatialHead:
    """A head whose features are its maps: the logits of all points, then their offsets right, then down."""
    head = SpatialHead(3 * points, points)
    with torch.no_grad():
        head.maps.weight.copy_(torch.eye(3 * points)[..., None, None])
    return head


def peaks(*cells: tuple[int, int]) -> Tensor:
    """Logits (1, K, 3, 5), each of which is sure of one cell (row, column)."""
    logits = torch.zeros(1, len(cells), HEIGHT, WIDTH)
    for point, (row, column) in enumerate(cells):
        logits[0, point, row, column] = 40
    return logits


def no_offsets(points: int) -> Tensor:
    return torch.zeros(1, 2 * points, HEIGHT, WIDTH)


def random_features(seed: int = 0) -> Tensor:
    """Of 2 pictures, for 4 points."""
    return 3 * torch.randn(2, 12, HEIGHT, WIDTH, generator=torch.Generator().manual_seed(seed))


def net() -> SpatialNet:
    return SpatialNet(DilatedTrunk([4, 8], [1]), 8, 7)


def test_cells_have_their_centres_at_one_half_and_run_along_rows():
    x, y = (1 / 8, 3 / 8, 5 / 8, 7 / 8), (1 / 4, 3 / 4)  # x to the right, y down
    assert_allclose(cell_centres(torch.zeros(6, 9, 2, 4)), [(across, down) for down in y for across in x])


def test_a_cell_of_a_flat_map_has_the_centre_of_its_row_and_column():
    logits = torch.zeros(HEIGHT, WIDTH)
    logits[2, 1] = 1
    assert_allclose(cell_centres(logits)[logits.flatten().argmax()], [1.5 / 5, 2.5 / 3])


def test_a_peak_is_a_point_at_the_centre_of_its_cell():
    points = transparent_head(3)(torch.cat([peaks((0, 0), (2, 1), (1, 4)), no_offsets(3)], dim=1)).points
    assert_allclose(points.detach()[0], [(0.5 / 5, 0.5 / 3), (1.5 / 5, 2.5 / 3), (4.5 / 5, 1.5 / 3)], atol=1e-6)


def test_between_two_equal_peaks_lies_their_middle():
    logits = peaks((0, 1)) + peaks((2, 2))
    (point,) = transparent_head(1)(torch.cat([logits, no_offsets(1)], dim=1)).points[0]
    assert_allclose(point.detach(), [2 / 5, 1 / 2], atol=1e-6)


def test_an_offset_moves_the_point_by_as_many_cells():
    right, down = torch.zeros(1, 2, HEIGHT, WIDTH), torch.zeros(1, 2, HEIGHT, WIDTH)
    right[0, 0, 2, 1], down[0, 0, 2, 1] = 0.25, -0.5
    right[0, 1, 0, 0] = 9  # where the second point is not
    points = transparent_head(2)(torch.cat([peaks((2, 1), (1, 4)), right, down], dim=1)).points
    assert_allclose(points.detach()[0], [(1.75 / 5, 2.0 / 3), (4.5 / 5, 1.5 / 3)], atol=1e-6)


def test_points_are_the_mean_over_all_cells():
    features = random_features()
    points = transparent_head(4)(features).points.detach()
    logits, right, down = features.double().chunk(3, dim=1)
    for face, point in itertools.product(range(2), range(4)):
        chances = logits[face, point].exp() / logits[face, point].exp().sum()
        x = sum(chances[i, j] * (j + 0.5 + right[face, point, i, j]) for i in range(HEIGHT) for j in range(WIDTH))
        y = sum(chances[i, j] * (i + 0.5 + down[face, point, i, j]) for i in range(HEIGHT) for j in range(WIDTH))
        assert_allclose(points[face, point], [x / WIDTH, y / HEIGHT], rtol=1e-4)


def test_rough_points_do_not_ask_where_features_are():
    head, features = SpatialHead(12, 4), random_features()
    elsewhere = features.flip(-1, -2)
    assert torch.allclose(head(elsewhere).rough, head(features).rough, atol=1e-6)
    assert not torch.allclose(head(elsewhere).points, head(features).points, atol=1e-4)


def spread_of(logits: Tensor) -> Tensor:
    nowhere = torch.zeros(*logits.shape[:2], 2)
    return Maps(logits, nowhere, nowhere).spread


@given(st.integers(0, 10_000))
def test_the_spread_is_the_distance_from_the_mean_by_the_chances_of_the_cells(seed):
    logits = random_features(seed)
    for face, point in ((0, 0), (1, 3)):
        chances = logits[face, point].double().exp()
        chances = chances / chances.sum()
        cells = [(chances[i, j], (j + 0.5) / WIDTH, (i + 0.5) / HEIGHT) for i in range(HEIGHT) for j in range(WIDTH)]
        x, y = (sum(cell[0] * cell[axis] for cell in cells) for axis in (1, 2))
        expected = math.sqrt(sum(chance * ((right - x) ** 2 + (down - y) ** 2) for chance, right, down in cells))
        assert float(spread_of(logits)[face, point]) == pytest.approx(expected, abs=1e-3)


def test_a_map_that_is_sure_has_no_spread_and_two_peaks_half_their_distance():
    both = torch.maximum(peaks((0, 0)), peaks((2, 4)))
    assert_allclose(spread_of(torch.cat([peaks((1, 1)), both], dim=1)), [[0, math.hypot(2 / 5, 1 / 3)]], atol=1e-3)


@pytest.mark.parametrize("size", [(48, 64), (32, 32), (37, 53)], ids=str)
def test_pictures_of_any_size_become_points(size):
    maps = net().maps(torch.rand(2, 1, *size))
    assert maps.logits.shape == (2, 7, math.ceil(size[0] / 4), math.ceil(size[1] / 4))
    assert maps.points.shape == maps.rough.shape == (2, 7, 2)
    assert maps.spread.shape == (2, 7)


def test_the_network_predicts_the_points_of_its_maps():
    model, pictures = net().eval(), torch.rand(2, 1, 32, 48)
    assert torch.equal(model(pictures), model.maps(pictures).points)


def test_under_autocast_coordinates_keep_their_digits():
    head, features = transparent_head(4), random_features()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        maps = head(features)
        spread = maps.spread
    assert maps.points.dtype == torch.float32
    assert torch.equal(maps.points, head(features).points)
    assert torch.allclose(spread, head(features).spread, atol=1e-6)


def test_its_first_kernels_are_those_that_see_the_picture():
    model = net()
    first = next(layer for layer in model.trunk.modules() if isinstance(layer, nn.Conv2d))
    assert model.first_kernels is first.weight
    assert model.first_kernels.shape == (4, 1, 5, 5)
