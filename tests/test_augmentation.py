import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from PIL import Image

from facial_keypoints.augmentation import random_views, relight, view_keypoints, warp
from facial_keypoints.geometry import cut, scaling
from facial_keypoints.landmarks import IBUG_68, IMM_58
from facial_keypoints.options import AugmentationOptions
from tests.faces import oval, spot_faces
from tests.options import LIVELY, STILL


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(3)


def spot_centre(picture: np.ndarray) -> np.ndarray:
    weight = np.clip(picture - np.median(picture) - 20, 0, None)
    rows, columns = np.mgrid[: picture.shape[0], : picture.shape[1]] + 0.5
    return np.array([(columns * weight).sum(), (rows * weight).sum()]) / weight.sum()


def test_without_amounts_the_map_is_the_identity():
    maps, mirrored = random_views(4, (32, 48), STILL, generator())
    assert_allclose(maps, np.tile(np.eye(2, 3), (4, 1, 1)), atol=1e-5)
    assert not mirrored.any()


def test_keypoints_stay_on_what_they_mark():
    faces = spot_faces(24, size=(64, 96))
    maps, mirrored = random_views(24, (64, 96), LIVELY, generator())
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
    mirror_only = AugmentationOptions(flip=1, rotate=0, translate=0, scale=0, brightness=0, contrast=0)
    maps, mirrored = random_views(1, (40, 60), mirror_only, generator())
    face = torch.from_numpy(oval(scheme) * 10 + (30, 20)).float()[None]
    assert mirrored.all()
    assert_allclose(view_keypoints(face, maps, mirrored, scheme.mirror), face, atol=1e-4)


def test_mirroring_twice_is_the_identity():
    mirror_only = AugmentationOptions(flip=1, rotate=0, translate=0, scale=0, brightness=0, contrast=0)
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
    assert torch.equal(relight(pictures, STILL, generator()), pictures)
