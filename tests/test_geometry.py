import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from PIL import Image

from facial_keypoints.errors import ShapeError
from facial_keypoints.geometry import (
    Crop,
    compose,
    crop_matrix,
    cut,
    identity,
    inner_crop_matrix,
    inverse,
    scaling,
    transform_points,
)

numbers = st.floats(-100, 100)


@st.composite
def maps(draw: st.DrawFn) -> np.ndarray:
    angle, scale = draw(st.floats(-3, 3)), draw(st.floats(0.1, 10))
    rotation = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.column_stack([rotation, [draw(numbers), draw(numbers)]])


points = st.lists(st.tuples(numbers, numbers), min_size=1, max_size=5).map(np.array)


@given(maps(), maps(), points)
def test_composing_maps_applies_the_inner_one_first(outer, inner, given_points):
    expected = transform_points(outer, transform_points(inner, given_points))
    assert_allclose(transform_points(compose(outer, inner), given_points), expected, atol=1e-6)


@given(maps(), points)
def test_the_inverse_brings_points_back(matrix, given_points):
    assert_allclose(transform_points(inverse(matrix), transform_points(matrix, given_points)), given_points, atol=1e-6)


def test_a_map_that_flattens_the_plane_has_no_inverse():
    with pytest.raises(np.linalg.LinAlgError):
        inverse(np.zeros((2, 3)))


def test_a_batch_of_maps_moves_each_its_own_points():
    batch = np.stack([identity(), scaling(2, 3)])
    moved = transform_points(batch, np.array([[[1.0, 1.0]], [[1.0, 1.0]]]))
    assert_allclose(moved[:, 0], [[1, 1], [2, 3]])


def test_the_crop_is_centred_below_the_box_by_the_shift():
    matrix = crop_matrix(np.array([100.0, 50.0, 40.0, 40.0]), Crop(scale=2, shift_down=0.1, size=80))
    # The box's centre is (120, 70); the crop's lies 0.1 x 40 lower and its side is 2 x 40.
    assert_allclose(
        transform_points(matrix, np.array([[40.0, 40.0], [0.0, 0.0], [80.0, 80.0]])), [[120, 74], [80, 34], [160, 114]]
    )


def test_an_inner_crop_sees_the_same_place_of_the_photograph():
    box = np.array([13.0, 7.0, 50.0, 60.0])
    outer, inner = Crop(2.25, 0.08, 336), Crop(1.5, 0.08, 224)
    within = compose(crop_matrix(box, outer), inner_crop_matrix(outer, inner))
    assert_allclose(within, crop_matrix(box, inner))


def cut_from(picture: np.ndarray, matrix: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    return cut(Image.fromarray(picture), matrix, size)


def test_cutting_with_the_identity_gives_the_picture():
    picture = np.random.default_rng(0).integers(0, 255, (20, 30, 3), dtype=np.uint8)
    assert (cut_from(picture, identity(), (20, 30)) == picture).all()


@pytest.mark.parametrize("shrink", [0.7, 1.0, 2.0, 3.7])
def test_a_smooth_picture_keeps_its_values_at_any_scale(shrink):
    x, y = np.meshgrid(np.arange(160) + 0.5, np.arange(160) + 0.5)
    picture = np.rint(30 + 0.9 * x + 0.4 * y).astype(np.uint8)
    matrix = np.array([[shrink, 0.0, 21.3], [0.0, shrink, 17.8]])
    seen_at = transform_points(matrix, np.stack(np.meshgrid(np.arange(30) + 0.5, np.arange(30) + 0.5), axis=-1))
    difference = cut_from(picture, matrix, (30, 30)) - (30 + seen_at @ [0.9, 0.4])
    assert np.abs(difference).max() < 1.1  # rounded twice
    assert np.abs(difference.mean()) < 0.2  # half a pixel would be 0.65


def test_shrinking_smooths_first():
    stripes = np.tile(np.array([0, 255], np.uint8), (120, 60))
    assert (
        np.ptp(cut_from(stripes, scaling(4, 4), (30, 30))[:, 1:-1]) <= 2
    )  # a look-up would give stripes or one colour


@pytest.mark.parametrize("matrix", [[[0, -1, 5], [1, 0, 0]], [[-1, 0, 20], [0, 1, 0]]], ids=["turned", "mirrored"])
def test_a_cut_neither_turns_nor_mirrors(matrix):
    with pytest.raises(ShapeError, match="turns or mirrors"):
        cut_from(np.zeros((20, 20), np.uint8), np.array(matrix, float), (4, 4))


def test_a_marked_pixel_is_found_where_the_map_says():
    picture = np.zeros((60, 60), np.uint8)
    picture[20:23, 40:43] = 255  # its centre is at (41.5, 21.5)
    matrix = np.array([[1.0, 0.0, 30.0], [0.0, 1.0, 10.0]])
    seen = cut_from(picture, matrix, (30, 30)).astype(float)
    rows, columns = np.mgrid[:30, :30] + 0.5
    centre = [(columns * seen).sum() / seen.sum(), (rows * seen).sum() / seen.sum()]
    assert_allclose(transform_points(matrix, np.array([centre])), [[41.5, 21.5]], atol=1e-6)


@given(st.floats(-90, 90), st.floats(-90, 90), st.floats(0.2, 5))
def test_wherever_a_cut_lies_it_shows_the_nearest_place_of_the_picture(x, y, pixel):
    across, down = np.meshgrid(np.arange(64) + 0.5, np.arange(48) + 0.5)
    picture = np.rint(np.stack([across, down, across + down], axis=-1)).astype(np.uint8)
    seen = cut_from(picture, np.array([[pixel, 0.0, x], [0.0, pixel, y]]), (8, 9)).astype(float)
    centres = np.meshgrid(x + pixel * (np.arange(9) + 0.5), y + pixel * (np.arange(8) + 0.5))
    for axis, limit in ((0, 64), (1, 48)):
        assert (
            np.abs(seen[..., axis] - np.clip(centres[axis], 0, limit)).max() <= 1.5 + 1.5 * pixel
        )  # the next pixel wholly inside may be so far


def test_beyond_the_picture_its_border_is_repeated():
    picture = np.full((10, 10), 7, np.uint8)
    picture[:, -1] = 200
    far_right = np.array([[1.0, 0.0, 50.0], [0.0, 1.0, 0.0]])
    assert (cut_from(picture, far_right, (4, 4)) == 200).all()


def test_a_cut_whose_edge_is_the_pictures_but_for_rounding_sees_the_picture():
    size, pixel, start, last = 336, 1.12, -14.560000000000002, 313
    assert start + last * pixel > size  # in exact numbers it is the size
    rows = np.tile(np.arange(size)[:, None] / 2, (1, size)).astype(np.uint8)
    seen = cut(Image.fromarray(rows), np.array([[pixel, 0, start], [0, pixel, start]]), (336, 336))
    middle = np.arange(20, 300)
    assert_allclose(seen[middle, 50], (start + pixel * (middle + 0.5)) / 2, atol=1)
