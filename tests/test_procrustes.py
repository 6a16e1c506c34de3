import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from facial_keypoints.errors import ShapeError
from facial_keypoints.landmarks import IBUG_68, load_imglab
from facial_keypoints.procrustes import aligned_shapes, distances_to_mean, procrustes_distances
from tests.shapes import FIVE, rectangle

SEEDS = st.integers(0, 10_000)


def random_shapes(seed: int, count: int = 6) -> np.ndarray:
    random = np.random.default_rng(seed)
    return rectangle(20, 30) + random.normal(scale=4, size=(count, FIVE.size, 2))


def similar(points: np.ndarray, turn: float, scale: float, shift: tuple[float, float]) -> np.ndarray:
    cosine, sine = np.cos(turn), np.sin(turn)
    return scale * points @ np.array([[cosine, sine], [-sine, cosine]]) + shift


def test_a_square_and_a_rectangle_of_3_to_1_are_as_far_from_their_mean_as_calculated_by_hand():
    points = np.stack([rectangle(1, 1), rectangle(3, 1)])
    # Of unit size their inner product is 16 / (sqrt 8 sqrt 40), the cosine of twice the angle to the mean.
    angle = np.arccos(16 / np.sqrt(320)) / 2
    mean_x = (1 / np.sqrt(8) + 3 / np.sqrt(40)) / (2 * np.cos(angle))
    expected = 100 * np.sin(angle) / np.sqrt(5) / (2 * mean_x)
    assert_allclose(procrustes_distances(points, FIVE), [expected, expected], rtol=1e-5)
    assert_allclose(expected, 12.08, atol=0.005)
    _, mean = aligned_shapes(points)
    assert_allclose(mean[1], [mean_x, -(1 / np.sqrt(8) + 1 / np.sqrt(40)) / (2 * np.cos(angle))], rtol=1e-5)


def test_the_mean_has_its_centre_at_0_and_unit_size():
    _, mean = aligned_shapes(random_shapes(0) + 500)
    assert_allclose(mean.mean(axis=0), [0, 0], atol=1e-6)
    assert_allclose(np.square(mean).sum(), 1)


@given(seed=SEEDS, turn=st.floats(-3, 3), scale=st.floats(0.01, 100), x=st.floats(-999, 999), y=st.floats(-999, 999))
def test_distances_do_not_depend_on_place_size_and_turn_of_any_face(seed, turn, scale, x, y):
    points = random_shapes(seed)
    moved = points.copy()
    moved[2] = similar(points[2], turn, scale, (x * scale, y * scale))
    assert_allclose(procrustes_distances(moved, FIVE), procrustes_distances(points, FIVE), atol=0.02)


@given(seed=SEEDS, turn=st.floats(-3, 3), scale=st.floats(0.01, 100))
def test_similar_shapes_coincide_after_alignment_and_have_distance_0(seed, turn, scale):
    face = random_shapes(seed)[0]
    points = np.stack([face, similar(face, turn, scale, (7, -3)), similar(face, -turn / 2, 1 / scale, (0, 40))])
    aligned, mean = aligned_shapes(points)
    assert_allclose(aligned, np.broadcast_to(mean, aligned.shape), atol=1e-4)
    assert_allclose(procrustes_distances(points, FIVE), 0, atol=0.02)


def test_the_mean_keeps_the_turn_that_the_faces_have_on_the_average():
    face = random_shapes(0)[0]
    _, mean = aligned_shapes(np.stack([similar(face, turn, 1, (0, 0)) for turn in (0.3, -0.1, 0.1)]))
    _, upright = aligned_shapes(similar(face, 0.1, 5, (9, 9))[None])
    assert_allclose(mean, upright, atol=1e-6)


def test_a_mirrored_face_stays_mirrored():
    face = np.array([[-20.0, -30], [20, -28], [6, 0], [-12, 30], [25, 35]])
    shapes = np.stack([face] * 9 + [face * [-1, 1]])
    distances = procrustes_distances(shapes, FIVE)
    assert distances[-1] > 20
    assert distances[:-1].max() < distances[-1] / 5


def test_alignment_is_nearest_of_all_turns_and_sizes():
    aligned, mean = aligned_shapes(random_shapes(1))
    best = distances_to_mean(aligned, mean, FIVE)
    for turn, scale in ((0.02, 1), (-0.02, 1), (0, 1.02), (0, 0.98)):
        assert (distances_to_mean(similar(aligned, turn, scale, (0, 0)), mean, FIVE) > best).all()


def test_faces_lie_nearer_to_their_mean_than_to_any_one_of_them():
    points = random_shapes(2)
    shapes = (points - points.mean(axis=1, keepdims=True)) @ [1, 1j]
    shapes /= np.linalg.norm(shapes, axis=1, keepdims=True)
    to_each_other = 1 - np.square(np.abs(shapes.conj() @ shapes.T))
    aligned, mean = aligned_shapes(points)
    assert np.square(aligned - mean).sum() < to_each_other.sum(axis=0).min()


def test_one_face_is_its_own_mean():
    assert_allclose(procrustes_distances(random_shapes(0, count=1), FIVE), [0], atol=1e-3)


@pytest.mark.parametrize("coordinate", [0.0, 317.3])
def test_a_shape_without_extent_is_nan_and_leaves_the_others_as_they_are(coordinate):
    points = random_shapes(0)
    with_speck = np.concatenate([np.full((1, FIVE.size, 2), coordinate), points])
    aligned, mean = aligned_shapes(with_speck)
    assert np.isnan(aligned[0]).all()
    assert_allclose(aligned[1:], aligned_shapes(points)[0], atol=1e-6)
    distances = procrustes_distances(with_speck, FIVE)
    assert np.isnan(distances[0])
    assert np.isfinite(distances[1:]).all()
    assert np.isfinite(mean).all()


def test_rounding_of_a_speck_s_centre_is_no_extent():
    speck = np.full((1, IBUG_68.size, 2), 317.3)
    assert (speck.mean(axis=1) != 317.3).all()
    assert np.isnan(aligned_shapes(speck)[0]).all()


@pytest.mark.parametrize("count", [0, 2])
def test_without_any_extent_there_is_no_mean(count):
    aligned, mean = aligned_shapes(np.ones((count, FIVE.size, 2)))
    assert aligned.shape == (count, FIVE.size, 2)
    assert np.isnan(mean).all()


def test_points_without_the_axis_of_faces_are_refused():
    with pytest.raises(ShapeError, match=r"\(5, 2\)"):
        aligned_shapes(rectangle(1, 1))


@pytest.mark.real
def test_real_faces_turned_in_the_plane_and_shrunk_align_as_before(ibug_folder):
    images = load_imglab(ibug_folder / "labels_ibug_300W_test.xml")
    points = np.stack([box.points for image in images for box in image.boxes])
    random = np.random.default_rng(0)
    moved = np.stack([similar(face, random.uniform(-3, 3), random.uniform(0.2, 5), (50, 9)) for face in points])
    assert_allclose(procrustes_distances(moved, IBUG_68), procrustes_distances(points, IBUG_68), atol=0.005)
