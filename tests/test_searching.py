import logging
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose
from PIL import Image
from skimage import data

from facial_keypoints.detection import Yunet, overlaps
from facial_keypoints.geometry import Crop, transform_points
from facial_keypoints.lbp import Search, lbp_boxes
from facial_keypoints.own_pictures import list_pictures
from facial_keypoints.searching import NO_FACE, box_finder, candidates, warn_of_boxes_without_picture, yunet_boxes
from tests.bad_pictures import REFUSED, write_bad_pictures
from tests.options import predict_options
from tests.test_detection import FACE

CROP = Crop(scale=2, shift_down=0, size=40)
LBP = box_finder(predict_options(), None)


def test_the_cascade_finds_the_astronaut_and_little_else():
    found = lbp_boxes(data.astronaut())
    assert (overlaps(found[:, :4], FACE) > 0.5).sum() == 1
    assert len(found) <= 4
    assert np.isnan(found[:, 4]).all()


def test_what_is_found_in_a_mirror_image_is_where_it_lies_in_the_picture():
    found = lbp_boxes(data.astronaut(), (Search(512, mirrored=True, neighbours=3),))
    assert overlaps(found[:, :4], FACE).max() > 0.5


def test_the_cascade_finds_a_face_in_a_picture_of_any_size(tmp_path):
    for width in (300, 2600, 6000):
        Image.fromarray(data.astronaut()).resize((width, width)).save(tmp_path / "a.jpg")
        (file,) = list_pictures(tmp_path)
        found = LBP(file, (width, width))
        assert overlaps(found[:, :4] * 512 / width, FACE).max() > 0.5


@pytest.mark.parametrize("picture", [np.zeros((3, 5, 3)), np.full((300, 20, 3), 99), np.zeros((100, 100, 3))])
def test_the_cascade_finds_nothing_where_nothing_is(picture):
    assert lbp_boxes(picture.astype(np.uint8)).shape == (0, 5)


def test_what_is_cut_is_the_place_in_the_picture_however_large_that_is(tmp_path):
    astronaut = Image.fromarray(data.astronaut())
    seen = []
    for width in (512, 1024, 4096):
        astronaut.resize((width, width)).save(tmp_path / "a.png")
        box = np.array([[*FACE * width / 512, 0.7]])
        (found,) = candidates(list_pictures(tmp_path), lambda file, size, box=box: box, CROP)
        corners = transform_points(found.to_picture, np.array([[0.0, 0.0], [40.0, 40.0]])) * 512 / width
        assert_allclose(corners.mean(axis=0), FACE[:2] + FACE[2:] / 2)
        assert_allclose(np.ptp(corners, axis=0), 2 * np.sqrt(FACE[2:].prod()))
        assert (found.size, found.score) == ((width, width), 0.7)
        seen.append(found.image.astype(float))
    assert max(np.abs(one - seen[0]).mean() for one in seen) < 3


def test_every_file_has_a_row_and_broken_ones_a_reason(tmp_path):
    expected = write_bad_pictures(tmp_path)
    box = np.array([[5.0, 5.0, 20.0, 20.0, np.nan]])
    found = list(candidates(list_pictures(tmp_path), lambda file, size: box, CROP))
    assert len(found) == len(expected)
    assert all((one.reason is None) == (one.image is not None) for one in found)
    refused = sum(one.reason is not None for one in found)
    assert refused >= sum(fate == REFUSED for fate in expected.values())


def test_a_picture_without_a_face_says_so(tmp_path):
    Image.new("RGB", (80, 60)).save(tmp_path / "a.png")
    (found,) = candidates(list_pictures(tmp_path), LBP, CROP)
    assert (found.file, found.size, found.reason, found.image) == ("a.png", (80, 60), NO_FACE, None)


def test_given_boxes_take_the_detectors_place(tmp_path):
    Image.new("RGB", (80, 60)).save(tmp_path / "a.png")
    Image.fromarray(data.astronaut()).save(tmp_path / "b.png")
    given = {"a.png": np.array([[10.0, 10.0, 30.0, 30.0, np.nan]])}
    found = list(candidates(list_pictures(tmp_path), box_finder(predict_options(), given), CROP))
    assert [(one.file, one.reason) for one in found] == [("a.png", None), ("b.png", NO_FACE)]


def test_boxes_of_pictures_that_are_not_there_are_told_of(tmp_path, caplog):
    Image.new("RGB", (80, 60)).save(tmp_path / "a.png")
    with caplog.at_level(logging.WARNING):
        warn_of_boxes_without_picture({"a.png": np.empty((0, 5)), "b/a.png": np.empty((0, 5))}, list_pictures(tmp_path))
    assert "1 pictures that have boxes are not below" in caplog.text
    assert "such as b/a.png" in caplog.text


@pytest.mark.real
def test_yunet_finds_small_faces_in_large_pictures_and_each_once(yunet_file):
    pytest.importorskip("cv2")
    group = np.zeros((1200, 1600, 3), np.uint8)
    small = np.asarray(Image.fromarray(data.astronaut()).resize((90, 90)))
    for left in (50, 700, 1400):
        group[600:690, left : left + 90] = small
    found = yunet_boxes(Yunet(yunet_file), group)
    assert sorted(found[:, 0] // 100) == [0, 7, 14]


@pytest.mark.real
def test_yunets_boxes_are_made_like_those_of_the_labels(yunet_file, tmp_path):
    pytest.importorskip("cv2")
    Image.fromarray(data.astronaut()).save(tmp_path / "a.png")
    options = predict_options(detector="yunet")
    options = replace(options, yunet=replace(options.yunet, file=str(yunet_file), side=2.0))
    (file,) = list_pictures(tmp_path)
    (box,) = box_finder(options, None)(file, (512, 512))
    assert box[2] == box[3] > 180
