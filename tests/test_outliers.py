import numpy as np
import pandas as pd
import pytest

from facial_keypoints.landmarks import IBUG_68, IMM_58, load_asf, load_imglab
from facial_keypoints.outliers import labelled_faces, noted_faces, outlier_limit, outlier_rows, outliers
from facial_keypoints.point_table import column_names
from tests.shapes import FIVE, NOTHING_NOTED, face_table, rectangle


def faces(count: int = 40) -> np.ndarray:
    return rectangle(20, 30) + np.random.default_rng(0).normal(scale=1, size=(count, FIVE.size, 2)) + 100


def test_a_face_with_two_landmarks_swapped_is_the_first_outlier_and_the_reason_names_the_part():
    points = faces()
    points[7, [3, 4]] = points[7, [4, 3]]
    found = outliers(face_table(points), FIVE)
    assert list(found.columns) == ["name", "kind", "reason"]
    assert found["name"].iloc[0] == "face07"
    assert set(found["kind"]) == {"outlier"}
    assert "% of the inter-ocular distance" in found["reason"].iloc[0]
    swapped = faces()
    swapped[7, 2] += (0, 60)
    assert outliers(face_table(swapped), FIVE)["reason"].iloc[0].endswith("most in: smelling")


def test_faces_that_differ_little_have_no_outliers():
    assert outliers(face_table(faces()), FIVE, count=40).empty
    alike = faces(1) * np.geomspace(0.01, 9, 25)[:, None, None] + np.arange(0, 500, 20)[:, None, None]
    assert outliers(face_table(alike), FIVE).empty


def test_a_speck_is_listed_before_the_farthest_face():
    points = faces()
    points[7, [0, 4]] = points[7, [4, 0]]
    points[30] = 55.5
    found = outliers(face_table(points), FIVE)
    assert found["name"].tolist()[:2] == ["face30", "face07"]
    assert found["reason"].iloc[0].startswith("no extent")


def test_at_most_so_many_are_listed_and_they_are_the_farthest():
    points = faces()
    for row, shift in ((3, 50), (4, 70), (5, 60)):
        points[row, 2] += (shift, 0)
    assert outliers(face_table(points), FIVE, count=2)["name"].tolist() == ["face04", "face05"]


def test_the_limit_is_three_and_a_half_robust_deviations_above_the_median():
    distances = np.array(
        [4.0, 5, 6, 7, 8, np.nan, 100]
    )  # median 6.5, absolute deviations 0.5, 0.5, 1.5, 1.5, 2.5, 93.5
    limit = 6.5 + 3.5 * 1.4826 * 1.5
    assert outlier_limit(distances) == pytest.approx(limit)
    assert outlier_rows(np.array([4.0, 5, 6, 7, 8, np.nan, 100])).tolist() == [5, 6]


def test_without_labelled_faces_there_are_no_outliers_and_no_limit():
    table = face_table(faces(3))
    without_values = table.assign(**dict.fromkeys(column_names(range(5)), np.nan))
    without_columns = table.drop(columns=column_names(range(5)))
    for unlabelled in (without_values, without_columns, table.iloc[:0]):
        assert outliers(unlabelled, FIVE).empty
        assert labelled_faces(unlabelled, FIVE)[1].shape == (0, 5, 2)
        assert noted_faces(unlabelled, NOTHING_NOTED, FIVE).columns.tolist() == ["name", "kind", "reason"]
    assert np.isnan(outlier_limit(np.array([])))


def test_unlabelled_faces_are_passed_over():
    points = faces()
    points[7, [0, 4]] = points[7, [4, 0]]
    points[:5] = np.nan
    assert outliers(face_table(points), FIVE)["name"].iloc[0] == "face07"


def test_outliers_stand_below_what_was_noted():
    points = faces()
    points[7, [0, 4]] = points[7, [4, 0]]
    noted = pd.DataFrame({"name": ["a"], "kind": ["repaired"], "reason": ["turned"], "more": [1]})
    table = noted_faces(face_table(points), noted, FIVE)
    assert table[["name", "kind"]].to_numpy().tolist()[:2] == [["a", "repaired"], ["face07", "outlier"]]
    assert table.columns.tolist() == ["name", "kind", "reason"]


@pytest.mark.real
@pytest.mark.parametrize("swapped", [(0, 12), IMM_58.outer_eye_corners])
def test_swapped_landmarks_of_a_real_dane_looking_ahead_are_the_first_outlier(danes_folder, swapped):
    paths = sorted(danes_folder.glob("*.asf"))
    points = np.stack([load_asf(path).points for path in paths]) * (640, 480)
    row = next(index for index, path in enumerate(paths) if path.stem == "14-1f")
    points[row, list(swapped)] = points[row, list(swapped[::-1])]
    found = outliers(face_table(points, [path.stem for path in paths]), IMM_58)
    assert found["name"].iloc[0] == "14-1f"


@pytest.mark.real
def test_a_real_300w_face_whose_points_are_those_of_its_mirror_image_is_the_first_outlier(ibug_folder):
    images = load_imglab(ibug_folder / "labels_ibug_300W_test.xml")
    points = np.stack([box.points for image in images for box in image.boxes])
    points[20] = points[20] * (-1, 1) + (700, 0)  # flipped, and the order of its points forgotten
    assert outliers(face_table(points), IBUG_68)["name"].iloc[0] == "face20"
