import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from PIL import Image
from skimage import data

from facial_keypoints.box_fit import BOX
from facial_keypoints.detection import LONGEST_SIDE, detect_boxes, nearest_boxes, overlaps
from facial_keypoints.errors import ConfigurationError, DataError, MissingInputError, ShapeError
from facial_keypoints.faces import FaceSet
from facial_keypoints.geometry import Crop, crop_matrix, cut
from facial_keypoints.landmarks import IBUG_68
from tests.faces import spot_faces

FACE = np.array([178.0, 65.0, 91.0, 111.0])  # of the astronaut
CROP = Crop(scale=2.25, shift_down=0.08, size=336)


@pytest.fixture(scope="module")
def yunet(yunet_file):
    cv2 = pytest.importorskip("cv2")
    if int(cv2.__version__.split(".")[0]) < 5:
        pytest.skip(f"OpenCV {cv2.__version__} does not read {yunet_file.name}, 5 does")
    return yunet_file


def resized(picture: np.ndarray, width: int, height: int) -> np.ndarray:
    return np.asarray(Image.fromarray(picture).resize((width, height)))


def faint(picture: np.ndarray) -> np.ndarray:
    """The picture with so little contrast that what is found there has a low score."""
    return (0.15 * picture + 90).astype(np.uint8)


def astronauts(boxes: list[np.ndarray], picture: np.ndarray | None = None, crop: Crop = CROP) -> FaceSet:
    """The astronaut's photograph, cut around each of the boxes as ingest cuts."""
    photograph = Image.fromarray(data.astronaut() if picture is None else picture)
    matrices = np.stack([crop_matrix(box, crop) for box in boxes])
    images = np.stack([cut(photograph, matrix, (crop.size, crop.size)) for matrix in matrices])
    faces = spot_faces(len(boxes), size=(crop.size, crop.size), scheme=IBUG_68, crop=crop)
    table = pd.concat([faces.table, pd.DataFrame(boxes, columns=BOX)], axis=1)
    return replace(faces, images=images, to_source=matrices, table=table)


@pytest.mark.real
def test_the_astronaut_has_one_face(yunet):
    (found,) = detect_boxes([data.astronaut()], yunet)
    assert found.shape == (1, 5)
    assert_allclose(found[0, :4], FACE, atol=6)
    assert found[0, 4] > 0.9


@pytest.mark.real
def test_channels_reach_the_detector_in_the_order_that_opencv_reads_files(yunet, tmp_path):
    import cv2

    Image.fromarray(data.astronaut()).save(tmp_path / "astronaut.png")
    _, found = cv2.FaceDetectorYN.create(str(yunet), "", (512, 512)).detect(cv2.imread(str(tmp_path / "astronaut.png")))
    assert_allclose(detect_boxes([data.astronaut()], yunet)[0], found[:, [0, 1, 2, 3, 14]], atol=1e-3)


@pytest.mark.real
def test_pictures_of_many_sizes_are_searched_one_after_the_other(yunet):
    astronaut = data.astronaut()
    sizes = [(512, 512), (300, 260), (512, 512), (130, 150)]
    for (width, height), found in zip(
        sizes, detect_boxes((resized(astronaut, *size) for size in sizes), yunet), strict=True
    ):
        scale = np.tile([width / 512, height / 512], 2)
        assert overlaps(found[:, :4] / scale, FACE).max() > 0.8


@pytest.mark.real
def test_a_face_larger_than_the_detector_sees_is_found_whole(yunet):
    close_up = data.astronaut()[30:200, 150:300]
    large = resized(close_up, 4 * LONGEST_SIDE, 4 * LONGEST_SIDE * 170 // 150)
    (found,) = detect_boxes([large], yunet)
    scale = 4 * LONGEST_SIDE / 150
    assert overlaps(found[:1, :4], np.array([28, 35, 91, 111]) * scale)[0] > 0.8


@pytest.mark.real
def test_the_highest_score_comes_first(yunet):
    (found,) = detect_boxes([np.concatenate([faint(data.astronaut()), data.astronaut()], axis=1)], yunet)
    assert len(found) == 2
    assert found[0, 4] > found[1, 4]
    assert found[0, 0] > 512 > found[1, 0]


@pytest.mark.real
def test_a_picture_without_faces_has_no_boxes(yunet):
    (found,) = detect_boxes([np.full((64, 80, 3), 128, np.uint8)], yunet)
    assert found.shape == (0, 5)


@pytest.mark.real
def test_no_pictures_have_no_boxes(yunet):
    assert detect_boxes([], yunet) == []


@pytest.mark.real
@pytest.mark.parametrize("picture", [np.zeros((9, 9), np.uint8), np.zeros((9, 9, 3))], ids=["grey", "float"])
def test_pictures_that_are_not_rgb_bytes_are_refused(yunet, picture):
    with pytest.raises(ShapeError, match=r"expected \(H, W, 3\) uint8"):
        detect_boxes([picture], yunet)


@pytest.mark.real
def test_a_faces_nearest_box_is_in_pixels_of_its_photograph(yunet):
    boxes = [FACE, FACE - [-8, 5, -10, -10], FACE - [10, -12, 5, 5]]
    nearest = nearest_boxes(astronauts(boxes), yunet)
    assert nearest.shape == (3, 4)
    assert (overlaps(nearest, FACE) > 0.8).all()


@pytest.mark.real
def test_each_of_two_neighbours_gets_its_own_box(yunet):
    one = data.astronaut()[:, 130:300]
    picture = np.concatenate([faint(one), one], axis=1)
    left, right = FACE - [130, 0, 0, 0], FACE - [-40, 0, 0, 0]
    nearest = nearest_boxes(astronauts([left, right], picture, Crop(4, 0, 448)), yunet)
    assert overlaps(nearest[:1], left) > 0.8
    assert overlaps(nearest[1:], right) > 0.8


@pytest.mark.real
def test_grey_faces_are_found_too(yunet):
    faces = astronauts([FACE])
    grey = faces.images.mean(axis=-1).astype(np.uint8)
    assert overlaps(nearest_boxes(replace(faces, images=grey), yunet), FACE) > 0.8


@pytest.mark.real
def test_a_face_that_is_not_found_has_no_box(yunet):
    blank = astronauts([FACE, FACE])
    blank.images[1] = 128
    elsewhere = astronauts([np.array([60.0, 150.0, 120.0, 120.0])])  # the astronaut's face at its edge
    assert np.isnan(nearest_boxes(blank, yunet)).tolist() == [[False] * 4, [True] * 4]
    assert np.isnan(nearest_boxes(elsewhere, yunet)).all()


def test_faces_without_boxes_have_no_nearest_one(tmp_path):
    with pytest.raises(ConfigurationError, match="danes: the faces have no box_left"):
        nearest_boxes(spot_faces(6), tmp_path / "yunet.onnx")


def test_a_missing_detector_is_named(tmp_path):
    pytest.importorskip("cv2")
    with pytest.raises(MissingInputError, match=r"none\.onnx: there is no such file"):
        detect_boxes([], tmp_path / "none.onnx")


def test_a_file_that_is_no_network_is_named(tmp_path, capfd):
    pytest.importorskip("cv2")
    path = tmp_path / "broken.onnx"
    path.write_bytes(b"no network")
    with pytest.raises(DataError, match=r"broken\.onnx: OpenCV .* cannot run this as YuNet"):
        detect_boxes([], path)
    assert capfd.readouterr().err == ""


@pytest.mark.real
def test_a_network_that_is_no_detector_is_named(peers_folder):
    pytest.importorskip("cv2")
    with pytest.raises(DataError, match=r"pfld\.onnx: OpenCV .* cannot run this as YuNet"):
        detect_boxes([data.astronaut()], peers_folder / "pfld.onnx")


def test_missing_opencv_says_how_to_install_it():
    code = (
        "import sys; sys.modules['cv2'] = None\n"
        "from facial_keypoints.detection import detect_boxes\n"
        "from facial_keypoints.errors import MissingInputError\n"
        "try: detect_boxes([], 'yunet.onnx')\n"
        "except MissingInputError as error: sys.exit(str(error))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "needs opencv-python-headless" in run.stderr
    assert "pip install 'facial-keypoints[peers]'" in run.stderr


boxes = st.tuples(*[st.integers(-20, 20)] * 2, *[st.integers(1, 20)] * 2).map(np.array)


@given(boxes, boxes)
def test_overlap_is_the_share_of_pixels_in_both_of_those_in_either(first, second):
    def pixels(box: np.ndarray) -> set[tuple[int, int]]:
        left, top, width, height = box
        return {(x, y) for x in range(left, left + width) for y in range(top, top + height)}

    one, other = pixels(first), pixels(second)
    assert_allclose(overlaps(first[None], second), len(one & other) / len(one | other))
