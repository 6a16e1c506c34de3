from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from PIL import Image

from facial_keypoints.augmentation import blur, disturb, occlude, random_views, relight, view_keypoints, warp
from facial_keypoints.geometry import cut, scaling
from facial_keypoints.landmarks import IBUG_68, IMM_58
from facial_keypoints.options import AS_THEY_ARE
from tests.faces import oval, spot_faces
from tests.options import LIVELY


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(3)


def spot_centre(picture: np.ndarray) -> np.ndarray:
    weight = np.clip(picture - np.median(picture) - 20, 0, None)
    rows, columns = np.mgrid[: picture.shape[0], : picture.shape[1]] + 0.5
    return np.array([(columns * weight).sum(), (rows * weight).sum()]) / weight.sum()


def test_without_amounts_the_map_is_the_identity():
    maps, mirrored = random_views(4, (32, 48), AS_THEY_ARE, generator())
    assert_allclose(maps, np.tile(np.eye(2, 3), (4, 1, 1)), atol=1e-5)
    assert not mirrored.any()


@pytest.mark.parametrize("lively", [LIVELY, replace(LIVELY, stretch=0.2)], ids=["usual", "stretched"])
def test_keypoints_stay_on_what_they_mark(lively):
    faces = spot_faces(24, size=(64, 96))
    maps, mirrored = random_views(24, (64, 96), lively, generator())
    pictures = warp(torch.from_numpy(faces.images)[:, None].float(), maps, (64, 96))[:, 0].numpy()
    moved = view_keypoints(torch.from_numpy(faces.keypoints), maps, mirrored, IMM_58.mirror).numpy()
    assert mirrored.any()
    assert not mirrored.all()
    nose = moved[:, IMM_58.nose_tip]
    inside = ((nose > 12) & (nose < (84, 52))).all(axis=1)  # the whole spot is in the picture
    assert inside.sum() > 15
    found = np.stack([spot_centre(picture) for picture in pictures[inside]])
    assert_allclose(found, nose[inside], atol=0.35)


@pytest.mark.parametrize("scheme", [IMM_58, IBUG_68], ids=lambda scheme: scheme.name)
def test_a_mirrored_symmetric_face_is_itself(scheme):
    mirror_only = replace(AS_THEY_ARE, flip=1)
    maps, mirrored = random_views(1, (40, 60), mirror_only, generator())
    face = torch.from_numpy(oval(scheme) * 10 + (30, 20)).float()[None]
    assert mirrored.all()
    assert_allclose(view_keypoints(face, maps, mirrored, scheme.mirror), face, atol=1e-4)


def test_mirroring_twice_is_the_identity():
    mirror_only = replace(AS_THEY_ARE, flip=1)
    faces = spot_faces(6)
    maps, mirrored = random_views(6, (32, 48), mirror_only, generator())
    keypoints = torch.from_numpy(faces.keypoints)
    once = view_keypoints(keypoints, maps, mirrored, IMM_58.mirror)
    assert not torch.allclose(once, keypoints)
    assert_allclose(view_keypoints(once, maps, mirrored, IMM_58.mirror), keypoints, atol=1e-4)


def test_amounts_stay_in_their_range():
    maps, _ = random_views(2000, (100, 100), LIVELY, generator())
    scale = torch.linalg.det(maps[..., :2]).abs().sqrt()
    assert 1 / 1.1501 <= scale.min() < 0.9
    assert 1.1 < scale.max() <= 1 / 0.8499
    centre = maps[..., :2] @ torch.tensor([50.0, 50.0]) + maps[..., 2]
    assert 9 < (centre - 50).abs().max() <= 10.001


def test_stretching_makes_wider_or_narrower_and_keeps_the_area():
    maps, _ = random_views(2000, (100, 100), replace(AS_THEY_ARE, stretch=0.2), generator())
    assert_allclose(torch.linalg.det(maps[..., :2]), np.ones(2000), rtol=1e-5)
    assert_allclose(maps[:, 0, 1], np.zeros(2000), atol=1e-6)
    shares = maps[:, 0, 0].log()
    assert 0.19 < shares.max() <= 0.2001
    assert -0.2001 <= shares.min() < -0.19


def test_shrinking_agrees_with_the_crop_of_ingest():
    rows, columns = np.mgrid[:120, :160]
    picture = (127 + 120 * np.sin(columns / 9) * np.cos(rows / 7)).astype(np.uint8)
    map_ = torch.from_numpy(scaling(4, 4)).float()[None]
    seen = warp(torch.from_numpy(picture)[None, None].float(), map_, (30, 40))[0, 0].numpy()
    inner = (slice(2, -2), slice(2, -2))
    assert_allclose(seen[inner], cut(Image.fromarray(picture), scaling(4, 4), (30, 40))[inner], atol=4)


def maps_of_scales(scales: list[float]) -> torch.Tensor:
    return torch.from_numpy(np.stack([scaling(scale, scale) for scale in scales])).float()


def test_a_view_does_not_depend_on_the_rest_of_its_batch():
    maps = maps_of_scales([1, 3, 1.5, 1, 2.2, 3, 1.3])
    pictures = torch.rand(len(maps), 3, 60, 90, generator=generator())
    together = warp(pictures, maps, (20, 30))
    for row, alone in enumerate(together):
        assert_allclose(alone, warp(pictures[row : row + 1], maps[row : row + 1], (20, 30))[0], atol=1e-6)


def test_views_alike_are_shrunk_by_the_mean_of_their_scales():
    pictures = torch.rand(2, 1, 60, 90, generator=generator())
    of_same = warp(pictures, maps_of_scales([2, 2]), (20, 30), alike=True)
    assert torch.equal(of_same, warp(pictures, maps_of_scales([2, 2]), (20, 30)))
    of_two = warp(pictures, maps_of_scales([2, 4]), (20, 30), alike=True)
    assert of_two[0].std() < 0.9 * of_same[0].std()  # shrunk by 3 it is smoother


def test_relighting_changes_light_and_nothing_else():
    pictures = torch.rand(5, 1, 8, 8, generator=generator()) * 0.4 + 0.3
    lit = relight(pictures, LIVELY, generator())
    assert (lit.mean(dim=(1, 2, 3)) - pictures.mean(dim=(1, 2, 3))).abs().max() > 0.02
    for before, after in zip(pictures, lit, strict=True):
        assert np.corrcoef(before.flatten(), after.flatten())[0, 1] > 0.999
    assert torch.equal(relight(pictures, AS_THEY_ARE, generator()), pictures)


def test_each_colour_of_each_picture_is_tinted_by_itself():
    pictures = torch.rand(50, 3, 6, 6, generator=generator()) * 0.7
    tints = relight(pictures, replace(AS_THEY_ARE, colour=0.2), generator()) / pictures
    assert_allclose(tints, tints[..., :1, :1].expand(tints.shape), rtol=1e-4)
    assert 0.79 < tints.min() < 0.85 < 1.15 < tints.max() < 1.21
    assert tints[..., 0, 0].unique().numel() == 150


def test_a_constant_picture_stays_constant_under_blur():
    pictures = torch.linspace(0.2, 0.9, 16).reshape(16, 1, 1, 1).expand(-1, 3, 20, 30)
    assert_allclose(blur(pictures, 0.1, generator()), pictures, atol=1e-5)


def test_blur_spreads_a_dot_and_keeps_its_place_and_its_sum():
    pictures = torch.zeros(64, 1, 41, 61)
    pictures[:, :, 20, 25] = 1
    blurred = blur(pictures, 0.06, generator())[:, 0]
    assert_allclose(blurred.sum(dim=(1, 2)), np.ones(64), atol=1e-4)
    spreads = []
    for axis, middle in ((1, 25), (2, 20)):  # sums over rows tell of x, over columns of y
        profile, places = blurred.sum(dim=axis), torch.arange(blurred.shape[3 - axis]) - middle
        assert_allclose((profile * places).sum(dim=1), np.zeros(64), atol=1e-3)
        spreads.append((profile * places**2).sum(dim=1).sqrt())
    assert_allclose(*spreads, atol=1e-3)
    assert 0.75 * 0.06 * 61 < spreads[0].max() <= 0.06 * 61
    assert spreads[0].median() < 0.25 * 0.06 * 61  # most stay nearly sharp


def test_each_channel_of_a_picture_is_blurred_alike_and_each_picture_by_itself():
    pictures = torch.zeros(2, 3, 21, 21)
    pictures[:, :, 10, 10] = torch.tensor([0.2, 0.5, 1.0])
    first, second = blur(pictures, 0.1, torch.Generator().manual_seed(0))
    assert_allclose(first[0] / 0.2, first[2], atol=1e-5)
    assert_allclose(first[1] / 0.5, first[2], atol=1e-5)
    assert not torch.allclose(first, second, atol=1e-3)


def hidden_parts(share: float) -> torch.Tensor:
    """Of 600 pictures of 40 x 60 pixels, where something hides them: (600, 40, 60) bool."""
    return (occlude(torch.full((600, 1, 40, 60), -1.0), share, generator()) >= 0)[:, 0]


def test_a_share_of_the_pictures_is_partly_hidden():
    hidden = hidden_parts(0.3).any(dim=2).any(dim=1).double().mean()
    assert hidden == pytest.approx(0.3, abs=0.06)
    assert not hidden_parts(0).any()


def test_what_hides_a_picture_is_a_rectangle_of_one_colour_and_no_larger_than_stated():
    pictures = torch.rand(300, 3, 40, 60, generator=generator())
    occluded = occlude(pictures, 1, generator())
    hidden = (occluded != pictures).any(dim=1)
    sides = []
    for picture, mask in zip(occluded, hidden, strict=True):
        rows, columns = mask.any(dim=1), mask.any(dim=0)
        assert torch.equal(mask, rows[:, None] & columns)
        assert (picture[:, mask] == picture[:, mask][:, :1]).all()
        sides.append((int(rows.sum()) / 40, int(columns.sum()) / 60))
    low, high = np.array(sides).min(axis=0), np.array(sides).max(axis=0)
    assert (low >= 0).all()  # some hang over the border
    assert (high > 0.3).all()
    assert (high < 0.35 + 1 / 40).all()


def test_anything_may_be_hidden():
    assert (hidden_parts(1).double().mean(dim=0) > 0).all()


@pytest.mark.parametrize("change", [disturb, lambda pictures, options, chance: blur(pictures, options.blur, chance)])
def test_the_same_seed_disturbs_alike(change):
    pictures = torch.rand(6, 1, 20, 30, generator=generator())
    options = replace(LIVELY, blur=0.05, occlude=0.5)
    first, second, other = (change(pictures, options, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2))
    assert torch.equal(first, second)
    assert not torch.equal(first, other)


def test_pictures_are_blurred_and_hidden_only_where_asked_for():
    pictures = torch.rand(40, 1, 20, 30, generator=generator()) * 0.8 + 0.1
    assert_allclose(disturb(pictures, AS_THEY_ARE, generator()), pictures, atol=1e-6)
    assert torch.equal(disturb(pictures, LIVELY, generator()), relight(pictures, LIVELY, generator()))
    hiding = disturb(pictures, replace(AS_THEY_ARE, occlude=0.5), generator())
    hidden = (hiding - pictures).abs().amax(dim=(1, 2, 3)) > 1e-4
    assert 8 < hidden.sum() < 32
    blurred = disturb(pictures, replace(AS_THEY_ARE, blur=0.05), generator())
    assert blurred.std() < 0.95 * pictures.std()
