import numpy as np
import pandas as pd
from numpy.testing import assert_array_equal

from facial_keypoints.landmarks import IMM_58
from facial_keypoints.point_table import column_names, keypoint_columns, keypoints_of


def test_columns_are_named_by_the_points_index():
    assert column_names([0, 52]) == ["x00", "y00", "x52", "y52"]


def test_points_survive_a_table():
    points = np.random.default_rng(0).uniform(size=(4, 58, 2))
    assert_array_equal(keypoints_of(pd.DataFrame(keypoint_columns(points)), IMM_58), points)


def test_one_face_makes_one_row():
    points = np.random.default_rng(0).uniform(size=(58, 2))
    assert_array_equal(keypoints_of(pd.DataFrame([keypoint_columns(points)]), IMM_58), points[None])


def test_points_read_from_a_table_can_be_written_to():
    table = pd.DataFrame(keypoint_columns(np.zeros((2, 58, 2))))
    points = keypoints_of(table, IMM_58)
    points[0, 0] = 1
    assert (table == 0).all(axis=None)


def test_a_table_without_rows_holds_no_points_of_the_right_shape():
    empty = pd.DataFrame(columns=column_names(range(58)))
    assert keypoints_of(empty, IMM_58).shape == (0, 58, 2)
