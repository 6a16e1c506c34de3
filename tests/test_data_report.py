from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from facial_keypoints.data_report import COLUMNS, first_of, outliers, photographs, picture_sizes, report_table
from facial_keypoints.datasets.archive import Archive
from facial_keypoints.landmarks import IMM_58
from facial_keypoints.options import IngestDanesOptions, PersonSplit
from facial_keypoints.pipelines.ingest_danes.nodes import read_annotations, repair_annotations
from facial_keypoints.point_table import column_names, keypoints_of, with_keypoints
from tests.shapes import FIVE, NOTHING_NOTED, face_table, rectangle

NOTED = pd.DataFrame(
    [(f"a{number}", "rejected", "no picture") for number in range(7)]
    + [("b", "rejected", "4 points, expected 5"), ("c", "left out", "a mirrored copy")],
    columns=["name", "kind", "reason"],
)


def faces(count: int = 20) -> np.ndarray:
    return rectangle(20, 30) + np.random.default_rng(0).normal(scale=1, size=(count, FIVE.size, 2)) + 100


def report(table: pd.DataFrame, noted: pd.DataFrame = NOTHING_NOTED) -> dict[tuple[str, str], tuple[str, str]]:
    rows = report_table(table, noted, FIVE)
    assert rows.columns.tolist() == COLUMNS
    assert rows.map(lambda cell: isinstance(cell, str)).all(axis=None)
    return {(row.section, row.item): (row.value, row.detail) for row in rows.itertuples()}


def test_faces_photographs_and_groups_are_counted():
    table = face_table(faces(6)).assign(
        name=["a#0", "a#1", "b", "c#0", "c#10", "d"],
        group=["1", "1", "1", "2", "2", "3"],
        split=["train", "train", "test", "validation", "validation", "unlabelled"],
        source=["x", "x", "y", "y", "y", "y"],
    )
    table.loc[5, column_names(range(5))] = np.nan
    found = report(table)
    assert found["counts", "faces"][0] == "6"
    assert found["counts", "faces with points"][0] == "5"
    assert found["counts", "photographs"][0] == "4"
    assert found["counts", "groups"] == ("3", "1 of them in more than one split")
    assert found["counts", "split: train"] == ("2", "33 % of the faces")
    assert found["counts", "split: unlabelled"][0] == "1"
    assert found["counts", "source: y"] == ("4", "67 % of the faces")
    assert ("counts", "subset: full") not in found


def test_a_file_column_tells_photographs_apart():
    assert len(photographs(face_table(faces(3)).assign(file=["p.jpg", "p.jpg", "q.jpg"]))) == 2


def test_repairs_and_rejections_are_counted_by_reason_and_named():
    found = report(face_table(faces()), NOTED)
    assert found["rejected", "all"][0] == "8"
    assert found["rejected", "no picture"] == ("7", "a0, a1, a2, a3, a4 and 2 more")
    assert found["rejected", "4 points, expected 5"] == ("1", "b")
    assert found["left out", "all"][0] == "1"
    assert found["repaired", "all"][0] == "0"


def test_outliers_among_the_noted_are_not_counted_twice():
    noted = pd.concat([NOTED, pd.DataFrame([("x", "outlier", "far")], columns=NOTED.columns)])
    assert report(face_table(faces()), noted) == report(face_table(faces()), NOTED)


def test_points_outside_the_picture_are_counted_and_their_faces_named():
    points = faces()
    points[3, [0, 1]] -= (150, 0)
    points[5, 2] = (640, 480)  # the picture's very corner is inside
    points[6, 2] = (100, 480.5)
    found = report(face_table(points))
    assert found["points", "outside the picture"] == ("3", "of 100")
    assert found["points", "faces with points outside"] == ("2", "face03, face06")


def test_scatter_is_the_rms_distance_of_all_points_and_of_each_part():
    # A square and a rectangle of 3 to 1: see the calculation by hand in test_procrustes.
    found = report(face_table(np.stack([rectangle(1, 1), rectangle(3, 1)])))
    assert found["scatter", "all points"][0] == "12.1 %"
    assert found["scatter", "smelling"][0] == "0.0 %"
    corners = 12.079 * np.sqrt(5 / 4)
    assert found["scatter", "seeing"][0] == found["scatter", "speaking"][0] == f"{corners:.1f} %"


def test_a_part_without_points_is_passed_over():
    scheme = replace(FIVE, parts={"hearing": (), **FIVE.parts})
    points = faces()
    points[7, 2] += (0, 40)
    rows = report_table(face_table(points), NOTHING_NOTED, scheme)
    assert rows.equals(report_table(face_table(points), NOTHING_NOTED, FIVE))
    assert outliers(face_table(points), scheme).equals(outliers(face_table(points), FIVE))


def test_the_farthest_face_is_named():
    points = faces()
    points[7, 2] += (0, 40)
    found = report(face_table(points))
    assert found["outliers", "faces beyond the limit"] == ("1", "face07")
    assert found["outliers", "farthest face"][1].startswith("face07; ")


def test_boxes_are_described_by_origin_ratio_and_offset():
    boxes = {"box_left": 80.1, "box_top": 60.0, "box_width": 40.0, "box_height": 60.0}
    points = np.stack([rectangle(20, 30) + 100] * 3)
    found = report(face_table(points).assign(**boxes))
    assert found["boxes", "faces with a box"] == ("3", "boxes from the label files")
    assert found["boxes", "box side / landmark extent"][0] == "1.00"
    assert found["boxes", "landmarks' centre right of the box's, in box sides"][0] == "0.00"
    below = 10 / np.sqrt(2400)
    assert found["boxes", "landmarks' centre below the box's, in box sides"][0] == f"{below:.2f}"
    made = report(face_table(points).assign(**boxes, box_from="landmarks"))
    assert made["boxes", "faces with a box"] == ("3", "boxes made from the landmarks")
    assert report(face_table(points))["boxes", "faces with a box"] == ("0", "no boxes: whole photographs")


def test_percentiles_are_those_of_the_faces():
    points = rectangle(1, 1) * np.arange(0, 101)[:, None, None]  # 2 px between the eyes of face 1, 200 of face 100
    value, detail = report(face_table(points))["sizes", "inter-ocular distance, px"]
    assert (value, detail) == ("100", "median of 101; 5th percentile 10, 95th 190")


def test_picture_sizes_are_counted_by_photograph():
    table = face_table(faces(5)).assign(
        name=["a#0", "a#1", "b", "c", "d"], width=[64, 64, 32, 32, 48], height=[48, 48, 24, 24, 90]
    )
    assert picture_sizes(table).to_numpy().tolist() == [[32, 24, 2], [48, 90, 1], [64, 48, 1]]
    found = report(table)
    assert found["sizes", "smallest picture"][0] == "32 x 24"
    assert found["sizes", "largest picture"] == ("48 x 90", "3 sizes in all")


@pytest.mark.parametrize("rows", [slice(0, 20), slice(0, 0)])
def test_boxes_without_any_points_are_reported_as_such(rows):
    boxes = {"box_left": 80.0, "box_top": 60.0, "box_width": 40.0, "box_height": 60.0}
    table = face_table(faces()).drop(columns=column_names(range(5))).assign(**boxes).iloc[rows]
    found = report(table)
    assert found["counts", "faces with points"][0] == "0"
    assert found["scatter", "all points"][0] == "none"
    assert found["boxes", "faces with a box"][0] == str(len(table))
    assert ("boxes", "box side / landmark extent") not in found


def test_one_face_is_reported():
    found = report(face_table(faces(1)))
    assert found["scatter", "all points"][0] == "0.0 %"
    assert found["outliers", "faces beyond the limit"] == ("0", "")


def test_a_short_list_of_names_is_whole():
    assert first_of(["a", "b"]) == "a, b"
    assert first_of([]) == ""


def test_the_report_comes_back_from_csv_as_it_was(tmp_path):
    table = report_table(face_table(faces()), NOTED, FIVE)
    table.to_csv(tmp_path / "report.csv", index=False)
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "report.csv", dtype=str, keep_default_na=False), table)


@pytest.mark.real
def test_the_nine_repairs_make_the_danes_eyes_scatter_less(danes_folder):
    scatter = {}
    for repair in (True, False):
        split = PersonSplit(train=list(range(1, 29)), validation=[29, 30, 31, 32], test=list(range(33, 41)))
        options = IngestDanesOptions(repair_eye_contours=repair, split=split)
        table, _ = repair_annotations(read_annotations(Archive(danes_folder), options), options)
        table = with_keypoints(table, keypoints_of(table, IMM_58) * (640, 480))
        table = table.assign(group=table["person"], width=640, height=480)
        rows = report_table(table, NOTHING_NOTED, IMM_58).set_index(["section", "item"])["value"]
        assert rows["counts", "faces"] == "240"
        scatter[repair] = {part: float(rows["scatter", part].split()[0]) for part in ("left eye", "right eye", "nose")}
    assert scatter[True]["right eye"] < scatter[False]["right eye"] - 1
    assert scatter[True]["left eye"] < scatter[False]["left eye"]
    assert abs(scatter[True]["nose"] - scatter[False]["nose"]) < 0.3
