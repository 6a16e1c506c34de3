"""What the report's figure shows, read off the artists that matplotlib is about to draw."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import same_color
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.testing import assert_allclose

from facial_keypoints.box_fit import BOX
from facial_keypoints.figures import REPLACED, TRAINING, TRUTH, draw_report
from facial_keypoints.figures.data_report import CLOUD_FACES, NOTE_LINES
from facial_keypoints.landmarks import IBUG_68, IMM_58, load_asf, load_imglab
from facial_keypoints.point_table import column_names
from facial_keypoints.procrustes import aligned_shapes, procrustes_distances
from tests.shapes import FIVE, NOTHING_NOTED, face_table, rectangle


def faces(count: int = 20) -> np.ndarray:
    return rectangle(20, 30) + np.random.default_rng(0).normal(scale=1, size=(count, FIVE.size, 2)) + 100


def drawn(table: pd.DataFrame, noted: pd.DataFrame = NOTHING_NOTED, scheme=FIVE) -> Figure:
    figure = draw_report(table, noted, scheme, "what was read")
    FigureCanvasAgg(figure).draw()  # what cannot be drawn fails here
    return figure


def panel(figure: Figure, title: str) -> Axes:
    (axes,) = (axes for axes in figure.axes if axes.get_title().startswith(title))
    return axes


def words(axes: Axes) -> str:
    return "\n".join(text.get_text() for text in axes.texts)


def lines(axes: Axes, colour: str, marker: str):
    return [line for line in axes.lines if line.get_marker() == marker and same_color(line.get_color(), colour)]


def test_the_cloud_is_all_aligned_landmarks_and_the_mean_lies_on_it_with_y_down():
    points = faces()
    axes = panel(drawn(face_table(points)), "aligned")
    aligned, mean = aligned_shapes(points)
    (cloud,), (dots,) = lines(axes, TRAINING, "."), lines(axes, TRUTH, "o")
    assert_allclose(cloud.get_xydata(), aligned.reshape(-1, 2), atol=1e-6)  # tables are in single precision
    assert_allclose(dots.get_xydata(), mean, atol=1e-6)
    (contour,) = lines(axes, TRUTH, "None")
    assert_allclose(contour.get_xydata(), mean[[3, 4]], atol=1e-6)
    bottom, top = axes.get_ylim()
    assert bottom > top


def test_the_cloud_of_many_faces_is_thinned():
    points = np.repeat(faces(), 50, axis=0)
    (cloud,) = lines(panel(drawn(face_table(points)), "aligned"), TRAINING, ".")
    assert len(cloud.get_xydata()) == CLOUD_FACES * FIVE.size


def test_outliers_are_marked_at_their_distance_and_named():
    points = faces()
    points[7, 2] += (0, 40)
    points[9] = 3
    axes = panel(drawn(face_table(points)), "distance")
    (marks,) = lines(axes, REPLACED, "v")
    assert_allclose(marks.get_xdata(), procrustes_distances(points, FIVE)[[7]])
    assert sum(patch.get_height() for patch in axes.patches) == 19
    assert words(axes).startswith("2 beyond")
    assert "face09: no extent" in words(axes)
    assert f"face07: {marks.get_xdata()[0]:.1f} %" in words(axes)


def test_more_outliers_than_there_is_room_for_are_counted():
    points = faces(60)
    points[:8, 2] += (0, 40)
    assert words(panel(drawn(face_table(points)), "distance")).endswith("and 4 more")


def test_the_names_of_outliers_stand_above_the_bars():
    points = faces(60)
    points[:8, 2] += (0, 40)
    axes = panel(drawn(face_table(points)), "distance")
    highest = axes.transData.transform((0, max(patch.get_height() for patch in axes.patches)))[1]
    (text,) = axes.texts
    assert text.get_window_extent().y0 > highest


def test_the_box_is_drawn_as_a_unit_square_with_the_landmarks_median_extent_in_it():
    table = face_table(np.stack([rectangle(20, 30) + 100] * 3)).assign(**dict(zip(BOX, (60, 40, 80, 80), strict=True)))
    axes = panel(drawn(table), "landmarks in their box")
    box, extent = (patch for patch in axes.patches if isinstance(patch, Rectangle))
    assert box.get_bbox().bounds == (-0.5, -0.5, 1, 1)
    side = np.sqrt(2400) / 80
    assert_allclose(extent.get_bbox().bounds, (-side / 2, 0.25 - side / 2, side, side))
    assert axes.get_xlabel().startswith("boxes from the label files")
    made = panel(drawn(table.assign(box_from="landmarks")), "landmarks in their box")
    assert made.get_xlabel().startswith("boxes made from the landmarks")


def test_landmarks_on_one_line_have_no_extent_to_draw():
    flat = face_table(rectangle(20, 0)[None] + 100).assign(**dict(zip(BOX, (60, 40, 80, 80), strict=True)))
    axes = panel(drawn(flat), "landmarks in their box")
    assert axes.get_xlabel() == "boxes from the label files"
    assert len(axes.patches) == 1


def test_a_set_without_boxes_says_so():
    assert words(panel(drawn(face_table(faces())), "landmarks in their box")) == "no boxes: whole photographs"


def test_picture_sizes_are_dots_or_one_size_in_words():
    same = face_table(faces(3))
    assert words(panel(drawn(same), "picture sizes")) == "640 x 480 pixels\nin all photographs: 3"
    (dots,) = panel(drawn(same.assign(width=[640, 640, 300])), "picture sizes").collections
    assert dots.get_offsets().tolist() == [[640, 480], [300, 480]]


def test_faces_are_counted_by_split_and_by_subset_or_source_where_there_are_several():
    table = face_table(faces(5)).assign(split=["train", "train", "train", "test", "test"], subset="full")
    axes = panel(drawn(table), "faces by split")
    assert [bar.get_width() for bar in axes.patches] == [3, 2]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["train", "test"]
    axes = panel(drawn(table.assign(source=["x", "x", "y", "y", "y"])), "faces by split")
    assert [(bar.get_x(), bar.get_width()) for bar in axes.patches] == [(0, 2), (0, 0), (2, 1), (0, 2)]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["x", "y"]


def test_what_was_noted_is_told_with_reasons_as_far_as_there_is_room():
    few = pd.DataFrame([("a", "repaired", "turned"), ("b", "repaired", "turned")], columns=NOTHING_NOTED.columns)
    text = words(panel(drawn(face_table(faces()), few), "repaired"))
    assert text.splitlines() == ["repaired: 2", "   2: turned (a, b)", "rejected: 0", "left out: 0"]
    many = pd.DataFrame({"name": "a", "kind": "rejected", "reason": [f"reason {number}" for number in range(40)]})
    shown = words(panel(drawn(face_table(faces()), many), "repaired")).splitlines()
    assert len(shown) == NOTE_LINES
    assert shown[-1] == f"... and {43 - NOTE_LINES + 1} more lines in the table"


@pytest.mark.parametrize("boxes", [dict(zip(BOX, (60, 40, 80, 80), strict=True)), {}])
def test_faces_without_points_are_said_to_have_none(boxes):
    table = face_table(faces()).drop(columns=column_names(range(5))).assign(**boxes)
    figure = drawn(table)
    assert words(panel(figure, "aligned")) == words(panel(figure, "distance")) == "no landmarks"
    assert words(panel(figure, "landmarks in their box")).startswith("boxes from" if boxes else "no boxes")
    assert panel(figure, "faces by split").patches[0].get_width() == 20


@pytest.mark.parametrize("points", [faces(1), np.full((2, 5, 2), 7.0), np.stack([rectangle(9, 0) + 99] * 2)])
def test_degenerate_sets_leave_every_panel_its_room(points):
    figure = drawn(face_table(points).assign(**dict(zip(BOX, (60, 40, 80, 80), strict=True))))
    assert len(figure.axes) == 6
    for axes in figure.axes:
        assert axes.get_position().width > 0.2


def test_no_faces_at_all_can_be_drawn():
    figure = drawn(face_table(faces()).iloc[:0])
    assert figure.get_suptitle() == "what was read"


@pytest.mark.real
def test_real_danes_fill_the_panels(danes_folder):
    paths = sorted(danes_folder.glob("*.asf"))
    points = np.stack([load_asf(path).points for path in paths]) * (640, 480)
    figure = drawn(face_table(points, [path.stem for path in paths]), scheme=IMM_58)
    assert len(lines(panel(figure, "aligned"), TRUTH, "None")) == len(IMM_58.contours)
    assert "beyond" in words(panel(figure, "distance"))


@pytest.mark.real
def test_real_300w_boxes_are_a_cloud_around_the_place_that_the_crop_is_shifted_to(ibug_folder):
    boxes = [box for image in load_imglab(ibug_folder / "labels_ibug_300W_test.xml") for box in image.boxes]
    sides = np.array([(box.left, box.top, box.width, box.height) for box in boxes])
    table = face_table(np.stack([box.points for box in boxes])).assign(**dict(zip(BOX, sides.T, strict=True)))
    (cloud,) = lines(panel(drawn(table, scheme=IBUG_68), "landmarks in their box"), TRAINING, ".")
    assert len(cloud.get_xydata()) == 165
    assert_allclose(np.median(cloud.get_ydata()), 0.08, atol=0.02)
