"""What a sheet of faces shows, read off the artists that matplotlib is about to draw."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import same_color
from matplotlib.figure import Figure
from matplotlib.image import imread
from matplotlib.lines import Line2D
from matplotlib.quiver import Quiver

from facial_keypoints.errors import ShapeError
from facial_keypoints.figures import PREDICTION, REPLACED, TRUTH, before_and_after, contact_sheet
from facial_keypoints.landmarks import IMM_58, load_asf

HEIGHT, WIDTH, FACES = 48, 64, 5
IMAGES = np.random.default_rng(0).integers(0, 256, (FACES, HEIGHT, WIDTH), dtype=np.uint8)
POINTS = np.random.default_rng(1).uniform(5, 43, (FACES, IMM_58.size, 2))


def shown_axes(figure: Figure) -> list[Axes]:
    return [axes for axes in figure.axes if axes.images]


def dots(axes: Axes, colour: str) -> Line2D:
    (line,) = (line for line in axes.lines if line.get_marker() == "o" and same_color(line.get_color(), colour))
    return line


def contours(axes: Axes, colour: str) -> list[Line2D]:
    return [line for line in axes.lines if line.get_marker() == "None" and same_color(line.get_color(), colour)]


def legend_names(figure: Figure) -> list[str]:
    return [text.get_text() for legend in figure.legends for text in legend.get_texts()]


def test_truth_is_orange_prediction_is_blue_and_the_legend_names_them_once():
    figure = contact_sheet(IMAGES, truth=POINTS, predicted=POINTS + 1, title="faces")
    assert (TRUTH, PREDICTION) == ("#ff7f0e", "#1f77b4")
    for axes, points in zip(shown_axes(figure), POINTS, strict=True):
        np.testing.assert_array_equal(dots(axes, TRUTH).get_xydata(), points)
        np.testing.assert_array_equal(dots(axes, PREDICTION).get_xydata(), points + 1)
    assert legend_names(figure) == ["truth", "prediction"]
    assert figure.get_suptitle() == "faces"


def test_the_legend_names_only_what_is_drawn():
    assert legend_names(contact_sheet(IMAGES, predicted=POINTS)) == ["prediction"]
    assert legend_names(contact_sheet(IMAGES)) == []


def test_data_coordinates_are_continuous_pixels_and_y_runs_down():
    axes = shown_axes(contact_sheet(IMAGES, truth=POINTS - 1000))[0]
    assert axes.images[0].get_extent() == [0, WIDTH, HEIGHT, 0]
    assert axes.get_xlim() == (0, WIDTH)
    assert axes.get_ylim() == (HEIGHT, 0)


def test_a_bright_corner_lies_under_the_point_that_names_it():
    image = np.zeros((1, HEIGHT, WIDTH), np.uint8)
    image[0, -1, 0] = 255  # the bottom left pixel, whose centre is (0.5, HEIGHT - 0.5)
    figure = contact_sheet(image, columns=1)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    drawn = np.asarray(canvas.buffer_rgba())[::-1, :, 0]  # from the bottom up, as display coordinates run
    (axes,) = shown_axes(figure)
    for point, brightness in [((0.5, HEIGHT - 0.5), 255), ((1.5, HEIGHT - 0.5), 0), ((0.5, HEIGHT - 1.5), 0)]:
        column, row = axes.transData.transform(point).astype(int)
        assert drawn[row, column] == brightness


def test_grey_pictures_keep_their_brightness():
    assert shown_axes(contact_sheet(IMAGES // 4))[0].images[0].get_clim() == (0, 255)


def test_contours_are_drawn_for_a_scheme_of_that_size_and_closed_ones_return():
    axes = shown_axes(contact_sheet(IMAGES, truth=POINTS, scheme=IMM_58))[0]
    lines = contours(axes, TRUTH)
    assert len(lines) == len(IMM_58.contours)
    for line, contour in zip(lines, IMM_58.contours, strict=True):
        expected = POINTS[0][[*contour.points, contour.points[0]] if contour.closed else [*contour.points]]
        np.testing.assert_array_equal(line.get_xydata(), expected)


def test_points_of_another_number_have_no_contours_and_a_single_one_is_larger():
    many = shown_axes(contact_sheet(IMAGES, predicted=POINTS[:, :5], scheme=IMM_58))[0]
    single = shown_axes(contact_sheet(IMAGES, predicted=POINTS[:, :1], scheme=IMM_58))[0]
    assert contours(many, PREDICTION) == contours(single, PREDICTION) == []
    assert dots(single, PREDICTION).get_markersize() > 1.5 * dots(many, PREDICTION).get_markersize()


def test_a_single_true_point_is_a_ring_that_a_right_prediction_does_not_hide():
    axes = shown_axes(contact_sheet(IMAGES, truth=POINTS[:, :1], predicted=POINTS[:, :1]))[0]
    assert dots(axes, TRUTH).get_markerfacecolor() == "none"
    assert dots(axes, TRUTH).get_markersize() > dots(axes, PREDICTION).get_markersize()


def test_dots_shrink_with_the_tiles():
    sizes = [
        dots(shown_axes(contact_sheet(IMAGES, truth=POINTS, columns=columns))[0], TRUTH).get_markersize()
        for columns in (1, 2, 5)
    ]
    assert sizes[0] > sizes[1] > sizes[2]


@pytest.mark.parametrize(("columns", "tiles"), [(6, 5), (5, 5), (3, 6), (1, 5)])
def test_tiles_fill_rows_and_the_rest_stays_empty(columns, tiles):
    figure = contact_sheet(IMAGES, columns=columns)
    assert len(figure.axes) == tiles
    assert len(shown_axes(figure)) == FACES
    assert not any(axes.axison for axes in figure.axes)


def test_pictures_of_different_sizes_and_in_colour_share_a_sheet():
    images = [np.zeros((20, 30, 3), np.uint8), np.zeros((90, 30), np.uint8)]
    extents = [axes.images[0].get_extent() for axes in shown_axes(contact_sheet(images))]
    assert extents == [[0, 30, 20, 0], [0, 30, 90, 0]]


def test_zooming_shows_a_square_around_the_points():
    points = POINTS[:, :4] / 4 + 20
    axes = shown_axes(contact_sheet(IMAGES, truth=points, predicted=points + 2, zoom=True))[0]
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    assert right - left == pytest.approx(bottom - top)
    drawn = np.concatenate([points[0], points[0] + 2])
    assert left < drawn[:, 0].min() < drawn[:, 0].max() < right
    assert top < drawn[:, 1].min() < drawn[:, 1].max() < bottom


def test_titles_stand_over_their_faces_and_long_ones_are_wrapped():
    titles = ["a", "b\nc", "d", "e", "looking at the person's left, a long way round"]
    figure = contact_sheet(IMAGES, titles=titles)
    drawn = [axes.get_title() for axes in shown_axes(figure)]
    assert drawn[:4] == titles[:4]
    assert "\n" in drawn[4]
    assert drawn[4].split() == titles[4].split()
    plain = contact_sheet(IMAGES)
    assert figure.get_figheight() > plain.get_figheight()


def test_no_faces_give_an_empty_sheet():
    assert shown_axes(contact_sheet(IMAGES[:0], truth=POINTS[:0])) == []


@pytest.mark.parametrize("wrong", [{"truth": POINTS[:4]}, {"predicted": POINTS[:1]}, {"titles": ["one"]}])
def test_numbers_that_differ_are_refused(wrong):
    (name,) = wrong
    with pytest.raises(ShapeError, match=f"{len(wrong[name])} {name} for 5 images, expected as many"):
        contact_sheet(IMAGES, **wrong)


def test_a_sheet_is_900_pixels_wide_as_a_file(tmp_path: Path):
    contact_sheet(IMAGES, truth=POINTS, title="faces").savefig(tmp_path / "sheet.png")
    assert imread(tmp_path / "sheet.png").shape[1] == 900


def reversed_eye(points: np.ndarray) -> np.ndarray:
    """The contour of the right eye (points 21 to 28) run the other way."""
    return points[:, [*range(22), *range(28, 21, -1), *range(29, IMM_58.size)]]


def test_a_repair_is_shown_before_and_after_with_the_order_of_the_contour():
    after = reversed_eye(POINTS)
    figure = before_and_after(IMAGES[:3], POINTS[:3], after[:3], IMM_58, ["a", "b", "c"], "repairs")
    panels = shown_axes(figure)
    assert [axes.get_title() for axes in panels] == [
        f"{name}, {when}" for name in "abc" for when in ("before", "after")
    ]
    versions = ((POINTS[0], REPLACED), (after[0], TRUTH))
    for axes, (points, colour) in zip(panels[:2], versions, strict=True):
        (arrows,) = (artist for artist in axes.collections if isinstance(artist, Quiver))
        eye = points[21:29]
        np.testing.assert_array_equal(np.column_stack([arrows.X, arrows.Y]), eye)
        np.testing.assert_allclose(np.column_stack([arrows.U, arrows.V]), np.roll(eye, -1, axis=0) - eye)
        assert same_color(arrows.get_facecolor()[0], colour)
        numbers = {text.get_text(): text.xy for text in axes.texts}
        assert set(numbers) == {str(i) for i in range(21, 29)}
        np.testing.assert_array_equal(numbers["22"], points[22])


def test_both_views_of_a_repair_are_the_same_part_of_the_picture_with_y_down():
    before, after = shown_axes(
        before_and_after(IMAGES[:1], POINTS[:1], reversed_eye(POINTS)[:1], IMM_58, ["a"], "repairs")
    )
    assert before.get_xlim() == after.get_xlim()
    assert before.get_ylim() == after.get_ylim()
    bottom, top = before.get_ylim()
    eye = POINTS[0, 21:29]
    assert top < eye[:, 1].min() < eye[:, 1].max() < bottom


def test_no_repairs_give_a_figure_that_says_so():
    figure = before_and_after(IMAGES[:0], POINTS[:0], POINTS[:0], IMM_58, [], "Repairs")
    assert "Repairs: nothing to show" in [text.get_text() for text in figure.texts]


@pytest.mark.real
def test_the_point_of_the_nose_lies_on_a_real_nose(danes_folder: Path):
    picture, shape = imread(danes_folder / "01-1m.jpg"), load_asf(danes_folder / "01-1m.asf")
    points = shape.points * [picture.shape[1], picture.shape[0]]
    axes = shown_axes(contact_sheet([picture], truth=[points], scheme=IMM_58))[0]
    nose = dots(axes, TRUTH).get_xydata()[IMM_58.nose_tip]
    np.testing.assert_allclose(nose, [314, 303], atol=0.5)
    red, green, blue = axes.images[0].get_array()[int(nose[1]), int(nose[0])].astype(int)
    assert red > green > blue  # skin, before a green wall
