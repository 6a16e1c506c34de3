"""What the figures of the robustness sweep show, read off the artists that matplotlib is about to draw."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import same_color
from matplotlib.figure import Figure
from matplotlib.image import imread
from matplotlib.lines import Line2D

from facial_keypoints.errors import ConfigurationError
from facial_keypoints.figures.robustness import perturbed_faces, robustness_curves
from facial_keypoints.figures.style import PREDICTION, TRUTH
from facial_keypoints.perturbations import PERTURBATIONS, example_views
from tests.faces import spot_faces

SIX = ["finetune_resnet.lr_1e-4", "finetune_resnet.mine", "peers.pfld", "peers.mobilefacenet", "a.b", "mean_shape"]


def sweep(variants: list[str], names: list[str] | None = None) -> pd.DataFrame:
    """Errors that grow from the harmless level outwards, shuffled."""
    rows = [
        {"variant": variant, "perturbation": name, "level": level, "nme": 3 + offset + abs(place)}
        for offset, variant in enumerate(variants)
        for name in names or PERTURBATIONS
        for place, level in enumerate(PERTURBATIONS[name].levels)
    ]
    table = pd.DataFrame(rows).assign(failure_rate_8=0.0, faces=165)
    table = table.assign(nme_low=table["nme"] - 0.5, nme_high=table["nme"] + 0.5)
    order = np.random.default_rng(0).permutation(len(table))
    first = table["variant"].map({variant: place for place, variant in enumerate(variants)})
    return table.iloc[order].assign(first=first).sort_values("first", kind="stable").drop(columns="first")


def panels(figure: Figure) -> dict[str, Axes]:
    titles = {perturbation.title: name for name, perturbation in PERTURBATIONS.items()}
    return {titles[axes.get_xlabel()]: axes for axes in figure.axes if axes.axison}


def curves(axes: Axes) -> list[Line2D]:
    return [line for line in axes.lines if line.get_marker() != "None"]


def legend(figure: Figure) -> dict[str, Line2D]:
    (legend,) = (axes.get_legend() for axes in figure.axes if axes.get_legend())
    return {
        text.get_text(): line
        for text, line in zip(legend.get_texts(), legend.get_lines(), strict=True)
        if isinstance(line, Line2D)
    }


def test_each_perturbation_has_a_panel_and_its_order_is_fixed():
    figure = robustness_curves(sweep(SIX), title="faces, test")
    assert figure.get_suptitle() == "faces, test"
    assert list(panels(figure)) == list(PERTURBATIONS)
    assert list(panels(robustness_curves(sweep(SIX, ["jpeg", "rotation"]), title=""))) == ["rotation", "jpeg"]


def test_a_line_runs_through_a_variants_errors_in_the_order_of_levels():
    table = sweep(SIX)
    for name, axes in panels(robustness_curves(table, title="")).items():
        for line, variant in zip(curves(axes), SIX, strict=True):
            own = table[(table["variant"] == variant) & (table["perturbation"] == name)].sort_values("level")
            assert len(own) == len(PERTURBATIONS[name].levels)
            np.testing.assert_array_equal(line.get_xydata(), own[["level", "nme"]])


def test_the_interval_is_shaded_in_the_lines_colour():
    axes = panels(robustness_curves(sweep(SIX[:2]), title=""))["blur"]
    for line, band in zip(curves(axes), axes.collections, strict=True):
        assert same_color(band.get_facecolor()[0][:3], line.get_color())
        assert band.get_facecolor()[0][3] < 0.3
        low, high = (line.get_ydata()[0] + shift for shift in (-0.5, 0.5))
        assert {low, high} <= set(band.get_paths()[0].vertices[:, 1])


def test_the_legend_names_each_variant_once_as_its_lines_look():
    many = [f"variant{index}" for index in range(10)]
    figure = robustness_curves(sweep(many), title="")
    entries = legend(figure)
    assert list(entries) == many
    for axes in panels(figure).values():
        for line, entry in zip(curves(axes), entries.values(), strict=True):
            assert (line.get_color(), line.get_marker()) == (entry.get_color(), entry.get_marker())
    looks = {(entry.get_color(), entry.get_marker()) for entry in entries.values()}
    assert len(looks) == len(many)
    assert not {PREDICTION, TRUTH} & {colour for colour, _ in looks}


def test_errors_start_at_zero_and_worse_is_to_the_right():
    for name, axes in panels(robustness_curves(sweep(SIX), title="")).items():
        assert axes.get_ylim()[0] == 0
        assert axes.xaxis_inverted() == (name == "jpeg")


def test_a_dotted_line_marks_the_faces_as_they_are():
    for name, axes in panels(robustness_curves(sweep(SIX), title="")).items():
        (dotted,) = (line for line in axes.lines if line.get_linestyle() == ":")
        assert set(dotted.get_xdata()) == {PERTURBATIONS[name].harmless}


def test_labels_of_levels_do_not_overlap_and_the_ends_have_theirs():
    figure = robustness_curves(sweep(SIX), title="")
    figure.draw_without_rendering()
    for name, axes in panels(figure).items():
        boxes = sorted((label.get_window_extent() for label in axes.get_xticklabels()), key=lambda box: box.x0)
        assert all(left.x1 < right.x0 for left, right in pairwise(boxes))
        assert {*PERTURBATIONS[name].levels[:: len(PERTURBATIONS[name].levels) - 1]} <= {*axes.get_xticks()}


def test_an_empty_table_is_said_to_be_so():
    figure = robustness_curves(sweep(SIX)[:0], title="faces")
    assert [text.get_text() for text in figure.texts] == ["faces: nothing to show"]
    assert [text.get_text() for text in perturbed_faces({}, title="faces").texts] == ["faces: nothing to show"]


def test_a_perturbation_that_is_not_known_is_refused_by_name():
    with pytest.raises(ConfigurationError, match=r"\['fog'\] are unknown, expected some of \['box_shift', "):
        robustness_curves(sweep(SIX).replace({"perturbation": {"jpeg": "fog"}}), title="")
    with pytest.raises(ConfigurationError, match="fog"):
        perturbed_faces({"fog": []})


def test_a_sheet_has_a_row_for_each_perturbation_and_a_labelled_tile_for_each_level(tmp_path):
    examples = example_views(spot_faces(3), row=1, seed=0)
    figure = perturbed_faces(examples, title="one face")
    assert [row.get_suptitle() for row in figure.subfigs] == [PERTURBATIONS[name].title for name in examples]
    for row, tiles in zip(figure.subfigs, examples.values(), strict=True):
        shown = [axes for axes in row.axes if axes.images]
        assert [axes.get_title() for axes in shown] == [label for label, _, _ in tiles]
        for axes, (_, picture, points) in zip(shown, tiles, strict=True):
            np.testing.assert_array_equal(axes.images[0].get_array(), picture)
            (dots,) = axes.lines
            np.testing.assert_array_equal(dots.get_xydata(), points)
            assert same_color(dots.get_color(), TRUTH)
    figure.savefig(tmp_path / "sheet.png")
    assert imread(tmp_path / "sheet.png").shape[1] == 900
