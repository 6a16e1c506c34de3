"""The drawn IMM database."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from facial_keypoints.landmarks.asf import parse_asf
from facial_keypoints.sample.danes import draw_danes

PEOPLE, SEED = 2, 7
Files = dict[str, bytes]


@pytest.fixture(scope="module")
def files() -> Files:
    return dict(draw_danes(PEOPLE, SEED))


@pytest.fixture(scope="module")
def points(files: Files) -> dict[str, np.ndarray]:
    """(58, 2) of each picture in pixels, by person and type: "01-1"."""
    shapes = {name: parse_asf(data.decode(), name, 58) for name, data in files.items() if name.endswith(".asf")}
    return {name[:4]: shape.points * (640, 480) for name, shape in shapes.items()}


def test_each_person_has_six_pictures_with_a_shape_file_beside_each(files: Files) -> None:
    pictures = [name for name in files if name.endswith(".jpg")]
    assert sorted({name[:4] for name in pictures}) == [f"{n:02d}-{kind}" for n in (1, 2) for kind in range(1, 7)]
    assert sorted(files) == sorted(name[:-4] + end for name in pictures for end in (".asf", ".jpg"))
    assert {name[4] for name in pictures} <= {"m", "f"}
    assert len({name[:2] + name[4] for name in pictures}) == PEOPLE


def test_each_shape_file_names_the_picture_beside_it(files: Files) -> None:
    for name in files:
        if name.endswith(".asf"):
            assert parse_asf(files[name].decode(), name).image == name[:-4] + ".jpg"


def test_pictures_are_of_640_by_480_pixels(files: Files) -> None:
    sizes = {Image.open(BytesIO(data)).size for name, data in files.items() if name.endswith(".jpg")}
    assert sizes == {(640, 480)}


def test_all_points_lie_inside_the_picture(points: dict[str, np.ndarray]) -> None:
    for face in points.values():
        assert (face > 0).all()
        assert (face < (640, 480)).all()


def test_types_3_and_4_are_turned_to_the_left_and_to_the_right_of_the_image(points: dict[str, np.ndarray]) -> None:
    def turn(face: np.ndarray) -> float:
        return float((face[52, 0] - face[[13, 21], 0].mean()) / np.ptp(face[[13, 21], 0]))

    for number in ("01", "02"):
        assert turn(points[f"{number}-3"]) < -0.12
        assert turn(points[f"{number}-4"]) > 0.12
        assert abs(turn(points[f"{number}-1"])) < 0.12


def test_type_2_smiles(points: dict[str, np.ndarray]) -> None:
    def width(face: np.ndarray) -> float:
        return float(np.linalg.norm(face[39] - face[43]) / np.linalg.norm(face[13] - face[21]))

    for number in ("01", "02"):
        assert width(points[f"{number}-2"]) > 1.05 * width(points[f"{number}-1"])


def test_the_seed_decides_every_byte(files: Files) -> None:
    assert dict(draw_danes(1, SEED)) == {name: data for name, data in files.items() if name.startswith("01")}
    assert not set(dict(draw_danes(1, SEED + 1)).values()) & set(files.values())


def test_the_mean_shape_is_a_bad_answer(points: dict[str, np.ndarray]) -> None:
    faces = np.stack(list(points.values()))
    assert np.linalg.norm(faces - faces.mean(axis=0), axis=-1).mean() > 15
