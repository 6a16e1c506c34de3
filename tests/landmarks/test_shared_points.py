from pathlib import Path

import numpy as np
import pytest

from facial_keypoints.errors import ConfigurationError
from facial_keypoints.landmarks import IBUG_68, IMM_58, SCHEMES, load_asf, load_pts, load_scheme, shared_points
from tests.project import PROJECT


@pytest.mark.parametrize("scheme", SCHEMES.values(), ids=SCHEMES)
def test_a_scheme_shares_all_points_with_itself(scheme):
    assert shared_points(scheme, scheme) == [(point, point) for point in range(scheme.size)]


def test_the_two_directions_are_each_others_inverse_and_no_point_occurs_twice():
    pairs = shared_points(IMM_58, IBUG_68)
    assert sorted((imm, ibug) for ibug, imm in shared_points(IBUG_68, IMM_58)) == pairs
    assert len({imm for imm, _ in pairs}) == len({ibug for _, ibug in pairs}) == len(pairs) == 14


def test_it_does_not_matter_whether_one_mirrors_before_or_after():
    pairs = dict(shared_points(IMM_58, IBUG_68))
    assert {IMM_58.mirror[imm]: IBUG_68.mirror[ibug] for imm, ibug in pairs.items()} == pairs


def test_the_eye_corners_that_normalise_the_error_are_shared():
    pairs = dict(shared_points(IMM_58, IBUG_68))
    assert {pairs[corner] for corner in IMM_58.outer_eye_corners} == set(IBUG_68.outer_eye_corners)


def test_each_pair_lies_in_the_same_part_of_the_face():
    part = [{point: name for name, points in s.parts.items() for point in points} for s in (IMM_58, IBUG_68)]
    assert all(part[0][imm] == part[1][ibug] for imm, ibug in shared_points(IMM_58, IBUG_68))


def test_schemes_without_known_common_points_are_refused():
    with pytest.raises(ConfigurationError, match="'eyes_12' and 'imm_58' have no known points in common"):
        shared_points(load_scheme(PROJECT / "conf/schemes/eyes_12.yml"), IMM_58)


@pytest.mark.real
def test_real_mean_faces_agree_on_the_shared_points(danes_folder: Path, ibug_folder: Path):
    danes = [load_asf(path).points * [640, 480] for path in sorted(danes_folder.glob("*-[12]?.asf"))]
    ibug = [load_pts(path) for path in sorted(ibug_folder.rglob("*.pts"))]
    assert (len(danes), len(ibug)) == (80, 1372)
    imm_points, ibug_points = (list(points) for points in zip(*shared_points(IMM_58, IBUG_68), strict=True))
    mean = mean_shape(ibug, ibug_points)
    distance = np.abs(aligned(mean_shape(danes, imm_points), mean) - mean)
    eyes = [ibug_points.index(corner) for corner in IBUG_68.outer_eye_corners]
    percent = 100 * distance / np.abs(mean[eyes[0]] - mean[eyes[1]])
    assert percent.max() < 5.5, dict(zip(shared_points(IMM_58, IBUG_68), percent.round(1).tolist(), strict=True))


def mean_shape(faces: list[np.ndarray], points: list[int]) -> np.ndarray:
    """The mean of these points once all faces are aligned with it (Procrustes), as complex numbers x + iy."""
    shapes = [face[points] @ [1, 1j] for face in faces]
    mean = shapes[0]
    for _ in range(5):
        mean = np.mean([aligned(shape, mean) for shape in shapes], axis=0)
    return mean


def aligned(shape: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The shape, moved, turned and scaled to lie as close to the target as it can (least squares)."""
    centred, due = shape - shape.mean(), target - target.mean()
    return centred * (np.vdot(centred, due) / np.vdot(centred, centred)) + target.mean()
