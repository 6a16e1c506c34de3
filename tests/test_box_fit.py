import numpy as np
import pytest
from numpy.testing import assert_allclose

from facial_keypoints.box_fit import BOX, box_fit, box_origin, boxed_faces
from facial_keypoints.landmarks import IBUG_68, load_imglab
from facial_keypoints.point_table import column_names
from tests.shapes import FIVE, face_table, rectangle


def with_boxes(table, boxes):
    return table.assign(**dict(zip(BOX, np.array(boxes, float).T, strict=True)))


# Landmarks from (80, 70) to (120, 130): centre (100, 100), extent the root of 40 x 60.
FACES = with_boxes(face_table(np.stack([rectangle(20, 30) + 100] * 2)), [(80, 80, 100, 25), (60, 40, 80, 80)])


def test_ratio_and_centre_are_in_sides_of_the_box_as_calculated_by_hand():
    fit = box_fit(FACES, FIVE)
    assert_allclose(fit["side_ratio"], [50 / np.sqrt(2400), 80 / np.sqrt(2400)])
    assert_allclose(fit["centre_x"], [(100 - 130) / 50, 0])
    assert_allclose(fit["centre_y"], [(100 - 92.5) / 50, (100 - 80) / 80])


def test_faces_without_box_or_points_do_not_count():
    faces = FACES.copy()
    faces.loc[0, "box_width"] = np.nan
    assert len(box_fit(faces, FIVE)) == 1
    faces.loc[1, "x00"] = np.nan
    assert box_fit(faces, FIVE).empty
    assert len(boxed_faces(faces)) == 1
    assert boxed_faces(with_boxes(FACES, [(1, 1, 0, 5), (1, 1, 5, 5)]))["name"].tolist() == ["face01"]


def test_landmarks_on_one_line_have_no_ratio():
    flat = with_boxes(face_table(rectangle(20, 0)[None] + 100), [(80, 80, 40, 40)])
    fit = box_fit(flat, FIVE)
    assert np.isnan(fit["side_ratio"]).all()
    assert_allclose(fit["centre_x"], 0)


def test_where_boxes_come_from_is_said_plainly():
    assert box_origin(FACES) == "boxes from the label files"
    assert box_origin(FACES.drop(columns=BOX)) == "no boxes: whole photographs"
    assert box_origin(FACES.assign(box_from="landmarks")) == "boxes made from the landmarks"
    mixed = FACES.assign(box_from=["file", "landmarks"])
    assert box_origin(mixed) == "boxes from the label files, 1 of 2 made from the landmarks"


def test_boxes_made_from_the_landmarks_do_not_speak_for_those_of_the_files():
    mixed = FACES.assign(box_from=["landmarks", "file"])
    assert_allclose(box_fit(mixed, FIVE)["side_ratio"], [80 / np.sqrt(2400)])
    assert len(box_fit(FACES.assign(box_from="landmarks"), FIVE)) == 2


def test_without_boxes_or_points_there_is_nothing_to_measure():
    assert box_fit(FACES.drop(columns=BOX), FIVE).empty
    assert box_fit(FACES.drop(columns=column_names(range(5))), FIVE).empty


@pytest.mark.real
def test_the_median_offset_of_real_300w_boxes_is_what_the_crop_makes_up_for(ibug_folder):
    boxes = [box for image in load_imglab(ibug_folder / "labels_ibug_300W_train.xml") for box in image.boxes]
    points = np.stack([box.points for box in boxes])
    table = with_boxes(face_table(points), [(box.left, box.top, box.width, box.height) for box in boxes])
    assert_allclose(box_fit(table, IBUG_68)["centre_y"].median(), 0.08, atol=0.005)
