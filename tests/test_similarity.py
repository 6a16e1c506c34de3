import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from torch import Tensor

from facial_keypoints import geometry
from facial_keypoints.similarity import composed, inverse_maps, jittered, moved_points, upright_maps

SEEDS = st.integers(0, 10_000)
numbers = st.floats(-100, 100)


@st.composite
def similarities(draw: st.DrawFn) -> Tensor:
    """Two maps (2, 2, 3) that turn, scale and move."""
    maps = []
    for _ in range(2):
        angle, scale = draw(st.floats(-3, 3)), draw(st.floats(0.1, 10))
        cos, sin = scale * math.cos(angle), scale * math.sin(angle)
        maps.append([[cos, -sin, draw(numbers)], [sin, cos, draw(numbers)]])
    return torch.tensor(maps, dtype=torch.float64)


def random_affine(seed: int) -> Tensor:
    """Three maps (3, 2, 3) that also shear, and do not flatten the plane."""
    random = np.random.default_rng(seed)
    linear = np.eye(2) * random.choice([-3, 2]) + random.uniform(-0.5, 0.5, (3, 2, 2))
    return torch.from_numpy(np.concatenate([linear, random.uniform(-50, 50, (3, 2, 1))], axis=-1))


def random_points(seed: int, *shape: int) -> Tensor:
    return torch.from_numpy(np.random.default_rng(seed).uniform(-10, 10, (*shape, 2)))


@given(similarities(), SEEDS)
def test_a_known_similarity_is_found_again(maps, seed):
    shape = random_points(seed, 7)
    assert_allclose(upright_maps(shape, moved_points(maps, shape.expand(2, -1, -1))), maps, atol=1e-7)


@given(similarities(), SEEDS)
def test_a_face_that_moves_takes_its_map_along(maps, seed):
    reference, points = random_points(seed, 7), random_points(seed + 1, 2, 7)
    moved = upright_maps(reference, moved_points(maps, points))
    assert_allclose(moved, composed(maps, upright_maps(reference, points)), atol=1e-6)


@given(SEEDS)
def test_no_other_similarity_brings_the_reference_nearer(seed):
    reference, points = random_points(seed, 7), random_points(seed + 1, 1, 7)
    best = upright_maps(reference, points)
    assert best[0, 0, 0] == best[0, 1, 1]
    assert best[0, 0, 1] == -best[0, 1, 0]

    def distance(cos: float = 0, sin: float = 0, x: float = 0, y: float = 0) -> float:
        other = best + torch.tensor([[cos, -sin, x], [sin, cos, y]])
        return float((moved_points(other, reference[None]) - points).square().sum())

    for step in (-0.01, 0.01):
        assert distance() < min(distance(cos=step), distance(sin=step), distance(x=step), distance(y=step))


def test_a_mirrored_face_is_not_mirrored_back():
    reference = random_points(0, 7)
    maps = upright_maps(reference, (reference * torch.tensor([-1.0, 1.0]))[None])
    assert torch.linalg.det(maps[..., :2]) >= 0


def test_points_that_coincide_give_a_map_onto_them():
    maps = upright_maps(random_points(0, 7), torch.full((1, 7, 2), 3.0, dtype=torch.float64))
    assert_allclose(maps, [[[0, 0, 3], [0, 0, 3]]], atol=1e-12)


def test_a_map_has_a_gradient_by_the_points():
    reference, points = random_points(0, 5), random_points(1, 2, 5).requires_grad_()
    assert torch.autograd.gradcheck(lambda moved: upright_maps(reference, moved), points)


@given(SEEDS)
def test_points_and_maps_move_as_in_geometry(seed):
    outer, inner, points = random_affine(seed), random_affine(seed + 1), random_points(seed, 3, 4)
    assert_allclose(moved_points(outer, points), geometry.transform_points(outer.numpy(), points.numpy()))
    assert_allclose(composed(outer, inner), geometry.compose(outer.numpy(), inner.numpy()))
    assert_allclose(inverse_maps(outer), geometry.inverse(outer.numpy()), atol=1e-9)


@given(SEEDS)
def test_composed_maps_move_points_one_after_the_other(seed):
    outer, inner, points = random_affine(seed), random_affine(seed + 1), random_points(seed, 3, 4)
    assert_allclose(moved_points(composed(outer, inner), points), moved_points(outer, moved_points(inner, points)))


@given(SEEDS)
def test_the_inverse_undoes_a_map_from_either_side(seed):
    maps, points = random_affine(seed), random_points(seed, 3, 4)
    assert_allclose(moved_points(inverse_maps(maps), moved_points(maps, points)), points, atol=1e-9)
    assert_allclose(moved_points(maps, moved_points(inverse_maps(maps), points)), points, atol=1e-9)


def test_under_autocast_points_keep_their_digits():
    maps, points = random_affine(0).float(), random_points(0, 3, 4).float() + 500
    with torch.autocast("cpu", dtype=torch.bfloat16):
        moved = moved_points(maps, points)
    assert_allclose(moved, moved_points(maps.double(), points.double()), rtol=1e-5)


SIZE = (40, 60)  # height, width
CENTRE = torch.tensor([30.0, 20.0])
IDENTITY = torch.eye(2, 3).expand(4000, -1, -1)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@given(similarities())
def test_without_amounts_nothing_is_jittered(maps):
    assert_allclose(jittered(maps, SIZE, 0, 0, 0, generator()), maps, atol=1e-6)


@given(similarities(), st.floats(0, 30), st.floats(0, 0.2))
def test_turning_and_scaling_keep_the_centre_of_the_cut(maps, rotate, scale):
    centre = CENTRE.double().expand(2, 1, 2)
    moved = moved_points(jittered(maps, SIZE, rotate, 0, scale, generator()), centre)
    assert_allclose(moved, moved_points(maps, centre), atol=1e-4)


def test_turns_spread_as_stated():
    maps = jittered(IDENTITY, SIZE, rotate=8, translate=0, scale=0, generator=generator())
    angles = torch.atan2(maps[:, 1, 0], maps[:, 0, 0]).rad2deg()
    assert angles.mean() == pytest.approx(0, abs=0.5)
    assert angles.std() == pytest.approx(8, rel=0.05)
    assert_allclose(torch.linalg.det(maps[..., :2]), 1, atol=1e-5)


def test_sizes_spread_as_stated():
    maps = jittered(IDENTITY, SIZE, rotate=0, translate=0, scale=0.08, generator=generator())
    factors = torch.linalg.det(maps[..., :2]).sqrt().log()
    assert factors.mean() == pytest.approx(0, abs=0.005)
    assert factors.std() == pytest.approx(0.08, rel=0.05)


def test_shifts_spread_as_stated_by_the_sides_of_the_cut():
    maps = jittered(IDENTITY, SIZE, rotate=0, translate=0.05, scale=0, generator=generator())
    x, y = maps[..., 2].unbind(-1)
    assert (x.std(), y.std()) == (pytest.approx(0.05 * 60, rel=0.05), pytest.approx(0.05 * 40, rel=0.05))
    assert abs(np.corrcoef(x, y)[0, 1]) < 0.05


def test_a_cut_of_half_the_scale_is_moved_by_half_as_much():
    whole = jittered(IDENTITY, SIZE, rotate=0, translate=0.05, scale=0, generator=generator())
    halved = jittered(IDENTITY / 2, SIZE, rotate=0, translate=0.05, scale=0, generator=generator())
    assert_allclose(halved[..., 2], whole[..., 2] / 2, rtol=1e-5)


def test_the_same_seed_jitters_alike():
    first, second, other = (jittered(IDENTITY, SIZE, 8, 0.05, 0.08, generator(seed)) for seed in (1, 1, 2))
    assert torch.equal(first, second)
    assert not torch.equal(first, other)
