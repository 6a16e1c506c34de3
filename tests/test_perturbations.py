from dataclasses import replace
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from PIL import Image

from facial_keypoints.errors import ConfigurationError, DataError
from facial_keypoints.faces import FaceSet
from facial_keypoints.geometry import Crop, crop_boxes, inner_crop_matrix, inverse, transform_points
from facial_keypoints.landmarks import IBUG_68
from facial_keypoints.perturbations import PERTURBATIONS, Perturbation, example_views, perturbations_for, perturbed
from tests.faces import spot_faces

SIZE = 160  # of crops: so large that a blur of 1 % of a face shows
CROP = Crop(scale=2.25, shift_down=0.08, size=SIZE)
EVERY = [pytest.param(each, id=each.name) for each in PERTURBATIONS.values()]
PIXELS = ("blur", "jpeg", "darkness", "occlusion")  # change no point and no box


def photographs(size: tuple[int, int] = (64, 96)) -> FaceSet:
    """Whole photographs in grey, half as wide and a quarter as high as their files."""
    return replace(spot_faces(12, size), to_source=np.tile([[2.0, 0.0, 0.0], [0.0, 4.0, 0.0]], (12, 1, 1)))


def crops() -> FaceSet:
    """Crops in colour, cut at a scale and a place of their own from their photographs."""
    rng = np.random.default_rng(1)
    to_source = np.zeros((12, 2, 3))
    to_source[:, 0, 0] = to_source[:, 1, 1] = rng.uniform(0.5, 3, 12)
    to_source[:, :, 2] = rng.uniform(-40, 300, (12, 2))
    return replace(spot_faces(12, (SIZE, SIZE), IBUG_68, CROP), to_source=to_source)


BOTH = pytest.mark.parametrize("faces", [photographs(), crops()], ids=["photographs", "crops"])


def under(name: str, level: float, faces: FaceSet) -> FaceSet:
    """The faces under a perturbation that is to leave their boxes alone."""
    given = perturbed(faces, PERTURBATIONS[name], level, seed=0)
    assert given.boxes is None
    return given.faces


def moved_boxes(name: str, level: float, faces: FaceSet, seed: int = 0) -> np.ndarray:
    """The boxes of the faces under a perturbation that is to change nothing else."""
    given = perturbed(faces, PERTURBATIONS[name], level, seed)
    assert given.faces is faces
    assert given.boxes is not None
    return given.boxes


def noisy(faces: FaceSet) -> FaceSet:
    """The faces' landmarks on pictures in which a square of one colour stands out anywhere."""
    return replace(faces, images=np.random.default_rng(0).integers(0, 256, faces.images.shape, dtype=np.uint8))


def face_sizes(faces: FaceSet) -> np.ndarray:
    return np.sqrt(np.prod(faces.keypoints.max(axis=1) - faces.keypoints.min(axis=1), axis=1))


def spot_centres(images: np.ndarray) -> np.ndarray:
    """Where the bright spot of each image is, (N, 2)."""
    grey = images.reshape(*images.shape[:3], -1)[..., 0].astype(float)
    weight = np.clip(grey - 60, 0, None)
    rows, columns = np.mgrid[: grey.shape[1], : grey.shape[2]] + 0.5
    return np.stack([(axis * weight).sum(axis=(1, 2)) / weight.sum(axis=(1, 2)) for axis in (columns, rows)], axis=-1)


def test_the_registry_keeps_its_order():
    assert list(PERTURBATIONS) == ["box_shift", "box_scale", "rotation", "blur", "jpeg", "darkness", "occlusion"]
    assert [each.name for each in PERTURBATIONS.values()] == list(PERTURBATIONS)


@pytest.mark.parametrize("perturbation", EVERY)
def test_levels_run_one_way_and_one_of_them_is_harmless(perturbation: Perturbation):
    assert list(perturbation.levels) in (sorted(perturbation.levels), sorted(perturbation.levels, reverse=True))
    assert perturbation.levels.count(perturbation.harmless) == 1


@pytest.mark.parametrize("perturbation", EVERY)
def test_the_harmless_level_gives_back_the_set_itself(perturbation: Perturbation):
    faces = crops()
    given = perturbed(faces, perturbation, perturbation.harmless, seed=0)
    assert given.faces is faces
    assert given.boxes is None


@pytest.mark.parametrize("perturbation", EVERY)
def test_every_other_level_changes_something_and_another_level_something_else(perturbation: Perturbation):
    levels = [level for level in perturbation.levels if level != perturbation.harmless]
    given = [perturbed(crops(), perturbation, level, seed=0) for level in levels]
    seen = {each.faces.images.tobytes() + np.asarray(each.boxes, float).tobytes() for each in given}
    unharmed = crops().images.tobytes() + np.asarray(None, float).tobytes()
    assert len(seen | {unharmed}) == len(perturbation.levels)


@pytest.mark.parametrize("perturbation", EVERY)
def test_one_seed_gives_one_result_and_so_does_a_face_on_its_own(perturbation: Perturbation):
    faces, rows = crops(), np.array([7, 2])
    level = perturbation.levels[-1]
    first, again = (perturbed(faces, perturbation, level, seed=3) for _ in range(2))
    alone = perturbed(faces.select(rows), perturbation, level, seed=3)
    assert_array_equal(first.faces.images, again.faces.images)
    assert_array_equal(first.faces.images[rows], alone.faces.images)
    assert_array_equal(first.faces.keypoints[rows], alone.faces.keypoints)
    if first.boxes is not None:
        assert_array_equal(first.boxes, again.boxes)
        assert_array_equal(first.boxes[rows], alone.boxes)


def test_another_seed_moves_boxes_and_squares_elsewhere():
    faces = crops()
    assert not np.allclose(moved_boxes("box_shift", 0.2, faces, seed=0), moved_boxes("box_shift", 0.2, faces, seed=1))
    covered = [perturbed(faces, PERTURBATIONS["occlusion"], 20, seed).faces.images for seed in (0, 1)]
    assert (covered[0] != covered[1]).any()


def test_the_direction_of_a_face_does_not_tell_its_landmark():
    faces = crops()
    step = moved_boxes("box_shift", 0.2, faces)[:, :2] - crop_boxes(faces.to_source, CROP)[:, :2]
    share_of_turn = np.arctan2(step[:, 1], step[:, 0]) / (2 * np.pi) % 1
    told = faces.keypoints[np.arange(len(faces)), (share_of_turn * faces.scheme.size).astype(int)].astype(int)
    noise = noisy(faces)
    covered = (under("occlusion", 20, noise).images != noise.images).any(axis=-1)
    assert not covered[np.arange(len(faces)), told[:, 1], told[:, 0]].all()


@pytest.mark.parametrize("perturbation", EVERY)
def test_a_set_that_is_mapped_from_a_file_stays_as_it_was(perturbation: Perturbation, tmp_path: Path):
    faces = crops()
    np.save(tmp_path / "images.npy", faces.images)
    mapped = replace(faces, images=np.load(tmp_path / "images.npy", mmap_mode="r"))
    keypoints, to_source = mapped.keypoints.copy(), mapped.to_source.copy()
    given = perturbed(mapped, perturbation, perturbation.levels[-1], seed=0)
    expected = perturbed(faces, perturbation, perturbation.levels[-1], seed=0)
    assert_array_equal(given.faces.images, expected.faces.images)
    assert_array_equal(np.load(tmp_path / "images.npy"), faces.images)
    assert_array_equal(mapped.keypoints, keypoints)
    assert_array_equal(mapped.to_source, to_source)


def test_whole_photographs_have_no_boxes_to_move():
    faces = photographs()
    assert [each.name for each in perturbations_for(crops())] == list(PERTURBATIONS)
    assert [each.name for each in perturbations_for(faces)] == ["rotation", *PIXELS]
    with pytest.raises(ConfigurationError, match="danes holds whole photographs, expected faces cut around boxes"):
        perturbed(faces, PERTURBATIONS["box_shift"], 0.1, seed=0)


@given(st.floats(0.001, 1), st.integers(0, 2**32))
@settings(max_examples=20, deadline=None)
def test_shifting_moves_each_box_by_that_share_of_its_side_and_leaves_its_size(level: float, seed: int):
    faces = crops()
    plain, moved = crop_boxes(faces.to_source, CROP), moved_boxes("box_shift", level, faces, seed)
    assert_array_equal(moved[:, 2:], plain[:, 2:])
    assert_allclose(np.linalg.norm(moved[:, :2] - plain[:, :2], axis=1), level * plain[:, 2])


def test_boxes_shift_in_directions_of_their_own_which_they_keep_from_level_to_level():
    faces = crops()
    plain = crop_boxes(faces.to_source, CROP)
    near, far = (moved_boxes("box_shift", level, faces)[:, :2] - plain[:, :2] for level in (0.05, 0.2))
    assert_allclose(far, 4 * near)
    angles = np.arctan2(near[:, 1], near[:, 0])
    assert len(np.unique(angles.round(6))) == len(faces)
    assert np.ptp(angles) > np.pi


@given(st.floats(-0.9, 2).filter(bool))
@settings(max_examples=20, deadline=None)
def test_scaling_keeps_each_boxs_centre(level: float):
    faces = crops()
    plain, scaled = crop_boxes(faces.to_source, CROP), moved_boxes("box_scale", level, faces)
    assert_allclose(scaled[:, 2:], plain[:, 2:] * (1 + level))
    assert_allclose(scaled[:, :2] + scaled[:, 2:] / 2, plain[:, :2] + plain[:, 2:] / 2)


@BOTH
@pytest.mark.parametrize("degrees", [-30, 10, 20])
def test_turning_keeps_distances_and_leaves_the_spot_under_its_landmark(faces: FaceSet, degrees: float):
    turned = under("rotation", degrees, faces)
    assert_array_equal(turned.to_source, faces.to_source)
    for before, after in zip(faces.source_keypoints, turned.source_keypoints, strict=True):
        distances = [np.linalg.norm(points[:, None] - points, axis=-1) for points in (before, after)]
        assert_allclose(distances[1], distances[0], atol=1e-3)
    noses = turned.keypoints[:, faces.scheme.nose_tip]
    inside = ((noses > 10) & (noses < np.array(turned.image_size[::-1]) - 10)).all(axis=1)
    assert inside.sum() > 6
    assert_allclose(spot_centres(turned.images)[inside], noses[inside], atol=0.35)


def test_a_positive_angle_turns_clockwise_about_the_middle_of_the_picture_or_of_the_box():
    boxes = crop_boxes(crops().to_source, CROP)
    for faces, centres in (
        (photographs(), np.tile([96.0, 128.0], (12, 1))),  # of photographs of 192 x 256
        (crops(), boxes[:, :2] + boxes[:, 2:] / 2),
    ):
        before = faces.source_keypoints - centres[:, None]
        after = under("rotation", 90, faces).source_keypoints - centres[:, None]
        assert_allclose(after, np.stack([-before[..., 1], before[..., 0]], axis=-1), atol=1e-3)  # y runs down


def test_beyond_the_border_a_turned_picture_repeats_it():
    faces = photographs()
    plain = replace(faces, images=np.full_like(faces.images, 90))
    assert (under("rotation", 30, plain).images == 90).all()


def test_turning_more_faces_than_fit_a_chunk_turns_each():
    faces = spot_faces(40, (32, 48))
    assert_allclose(
        under("rotation", 10, faces).images[35:], under("rotation", 10, faces.select(np.arange(35, 40))).images, atol=1
    )


@BOTH
@pytest.mark.parametrize("name", PIXELS)
def test_what_changes_pixels_leaves_the_points_alone(faces: FaceSet, name: str):
    after = under(name, PERTURBATIONS[name].levels[-1], faces)
    assert after.images.shape == faces.images.shape
    assert after.images.dtype == np.uint8
    assert_array_equal(after.keypoints, faces.keypoints)
    assert_array_equal(after.to_source, faces.to_source)


def test_blur_keeps_the_mean_and_lowers_the_variance_level_by_level():
    faces = spot_faces(8, (SIZE, SIZE), IBUG_68, CROP)
    blurred = [under("blur", level, faces).images.astype(float) for level in PERTURBATIONS["blur"].levels]
    for images in blurred:
        assert_allclose(images.mean(axis=(1, 2)), blurred[0].mean(axis=(1, 2)), atol=0.6)
    variances = np.array([images.reshape(len(faces), -1).var(axis=1) for images in blurred])
    assert (np.diff(variances, axis=0) < 0).all()


def test_an_edge_is_blurred_by_the_share_of_the_face_that_the_level_says():
    faces = photographs((128, 192))
    edge = np.zeros_like(faces.images)
    edge[:, :, 96:] = 255
    place = np.arange(1, 192) - 96
    for level in (2, 4, 8):
        blurred = under("blur", level, replace(faces, images=edge)).images[:, 64].astype(float)
        weight = np.diff(blurred, axis=1) / 255
        assert_allclose(weight @ place, 0, atol=0.05)
        assert_allclose(np.sqrt(weight @ place**2), level / 100 * face_sizes(faces), rtol=0.03)


@BOTH
def test_compression_is_that_of_a_jpeg_file(faces: FaceSet):
    file = BytesIO()
    Image.fromarray(faces.images[3]).save(file, "JPEG", quality=10)
    assert_array_equal(under("jpeg", 10, faces).images[3], np.asarray(Image.open(file)))


@BOTH
@pytest.mark.parametrize("level", [0.5, 0.75])
def test_darkness_leaves_the_rest_of_the_brightness_and_of_the_shades(faces: FaceSet, level: float):
    dark = under("darkness", level, faces).images
    assert_allclose(dark.mean(axis=(1, 2)), faces.images.mean(axis=(1, 2)) * (1 - level), atol=0.5)
    assert len(np.unique(dark)) <= 256 * (1 - level) + 1


@BOTH
@pytest.mark.parametrize("level", [20, 40])
def test_occlusion_covers_a_square_around_a_landmark_with_the_mean_colour(faces: FaceSet, level: float):
    noise = noisy(faces).images
    after = under("occlusion", level, noisy(faces)).images
    changed = (after != noise).reshape(*noise.shape[:3], -1).any(axis=-1)
    for row, size in enumerate(face_sizes(faces)):
        rows, columns = (np.flatnonzero(changed[row].any(axis=axis)) for axis in (1, 0))
        square = (row, slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
        middle = np.array([columns[0] + columns[-1] + 1, rows[0] + rows[-1] + 1]) / 2
        assert np.abs([np.ptp(rows) + 1 - level / 100 * size, np.ptp(columns) + 1 - level / 100 * size]).max() <= 1
        assert np.abs(faces.keypoints[row] - middle).max(axis=1).min() <= 0.5
        assert_array_equal(
            after[square], np.broadcast_to(np.rint(noise[row].mean(axis=(0, 1))), np.shape(after[square]))
        )


def test_occlusion_grows_about_one_landmark_and_ends_at_the_picture():
    noise = noisy(crops())
    covered = [(under("occlusion", level, noise).images != noise.images).any(axis=-1) for level in (20, 40, 60)]
    for smaller, larger in pairwise(covered):
        assert (larger.sum(axis=(1, 2)) > 1.5 * smaller.sum(axis=(1, 2))).all()
        assert (smaller & ~larger).sum() <= 0.02 * smaller.sum()  # noise that is the mean colour by chance
    everything = under("occlusion", 1000, noise).images
    assert (everything == everything[:, :1, :1]).all()


@pytest.mark.parametrize("name", ["blur", "occlusion"])
def test_a_face_without_landmarks_has_no_size_to_perturb_it_by(name: str):
    faces = photographs()
    keypoints = faces.keypoints.copy()
    keypoints[4] = np.nan
    with pytest.raises(DataError, match="1 of 12 faces, face004 the first, have no landmarks"):
        perturbed(replace(faces, keypoints=keypoints), PERTURBATIONS[name], 4, seed=0)


@BOTH
def test_examples_show_one_face_at_every_level(faces: FaceSet):
    views = example_views(faces, row=5, seed=0)
    assert list(views) == [each.name for each in perturbations_for(faces)]
    assert [label for label, _, _ in views["jpeg"]] == ["100", "50", "25", "10", "5"]
    for level, (_, picture, points) in zip(PERTURBATIONS["rotation"].levels, views["rotation"], strict=True):
        nose = points[faces.scheme.nose_tip]
        assert_allclose(spot_centres(picture[None])[0], nose, atol=0.02 * len(picture), err_msg=f"{level} degrees")


def test_examples_are_what_a_network_sees_around_the_moved_box():
    faces, inner = crops(), Crop(scale=1.5, shift_down=0.08, size=32)
    views = example_views(faces, row=5, seed=0, crop=inner)
    plain = transform_points(inverse(inner_crop_matrix(CROP, inner)), faces.keypoints[5].astype(float))
    assert views["blur"][0][1].shape == (32, 32, 3)
    assert_allclose(views["blur"][0][2], plain, atol=1e-4)
    for level, (_, _, points) in zip(PERTURBATIONS["box_shift"].levels, views["box_shift"], strict=True):
        moved = np.linalg.norm(points - plain, axis=1)
        assert_allclose(moved, level * 32 / 1.5, atol=1e-4)  # a side of the box is 32 / 1.5 pixels of the view
