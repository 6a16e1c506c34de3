"""What `evaluate` makes of three tasks: tables, figures, the report."""

import re

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text
from numpy.testing import assert_allclose

from facial_keypoints.box_fit import BOX
from facial_keypoints.evaluation import BREAKDOWN, LEADERBOARD, ON_RECORD
from facial_keypoints.geometry import crop_boxes
from facial_keypoints.landmarks import IBUG_68, IMM_58
from facial_keypoints.point_table import keypoints_of
from facial_keypoints.predictions import predicted_indices, true_points
from tests.pipelines.evaluated import DANES, IBUG, VARIANT
from tests.running import run_pipeline


@pytest.fixture(scope="module")
def saved(evaluation_pipeline, evaluation_inputs):
    return run_pipeline(evaluation_pipeline, evaluation_inputs)


def test_the_leaderboard_has_a_row_a_variant_and_split_with_the_mean_shapes(saved):
    board = saved["leaderboard"]
    assert list(board) == LEADERBOARD
    full = board[board["subset"] == "full"]
    found = set(zip(full["pipeline"], full["variant"], full["data_set"], full["split"], strict=True))
    expected = {
        (pipeline, variant, data_set, split)
        for pipeline, names, data_set in (
            ("train_nose", ["lr_1e-3", "mean_shape"], "danes"),
            ("train_face", ["lr_1e-3", "mean_shape"], "danes"),
            ("finetune_resnet", ["lr_1e-4", "mean_shape", "mean_shape_in_box"], "ibug"),
        )
        for variant in names
        for split in ("validation", "test")
    }
    assert found == expected
    assert len(full) == len(expected)


def test_a_variant_without_a_checkpoint_has_no_row(saved):
    assert "lr_1e-4" not in set(saved["leaderboard"].query("pipeline == 'train_nose'")["variant"])
    assert saved["train_nose.lr_1e-4.predictions"].empty
    assert isinstance(saved["train_nose.lr_1e-4.good_predictions"], Figure)


def test_subsets_have_rows_of_their_own(saved):
    board = saved["leaderboard"].query("variant == 'lr_1e-4' and split == 'test'").set_index("subset")
    assert set(board.index) == {"full", "common", "challenging"}
    parts = board.loc[["common", "challenging"]]
    assert parts["faces"].sum() == board.loc["full", "faces"]
    assert_allclose(np.average(parts["nme"], weights=parts["faces"]), board.loc["full", "nme"])


def test_errors_are_those_of_the_predicted_points_in_the_photograph(saved):
    predictions = saved["train_face.lr_1e-3.predictions"]
    names = list(DANES.table["name"])
    truth = DANES.source_keypoints[[names.index(name) for name in predictions["name"]]]
    errors = np.linalg.norm(keypoints_of(predictions, IMM_58) - truth, axis=-1)
    norm = np.linalg.norm(truth[:, 13] - truth[:, 21], axis=-1)
    assert_allclose(predictions["px"], errors.mean(axis=1))
    assert_allclose(predictions["nme"], 100 * errors.mean(axis=1) / norm)
    test = saved["leaderboard"].query("pipeline == 'train_face' and variant == 'lr_1e-3' and split == 'test'")
    assert_allclose(test["px"], predictions.loc[predictions["split"] == "test", "px"].mean())


def test_mse_is_on_the_unit_square_of_the_input(saved):
    predictions = saved["train_nose.lr_1e-3.predictions"]
    names = list(DANES.table["name"])
    truth = DANES.source_keypoints[[names.index(name) for name in predictions["name"]], IMM_58.nose_tip]
    unit_error = (predictions[["x52", "y52"]].to_numpy() - truth) / (2 * 48, 2 * 32)
    assert_allclose(predictions["mse"], np.square(unit_error).mean(axis=1), rtol=1e-3)


def test_the_mean_shape_is_that_of_the_training_faces(saved):
    predictions = saved["train_face.mean_shape.predictions"]
    mean = DANES.split("train").source_keypoints.mean(axis=0)
    assert_allclose(keypoints_of(predictions, IMM_58), np.tile(mean, (len(predictions), 1, 1)), rtol=1e-4)


def test_the_mean_shape_of_cut_faces_is_that_of_their_photographs_sides(saved):
    predictions = saved["finetune_resnet.mean_shape.predictions"]
    train = IBUG.split("train")
    sizes, own = train.table[["width", "height"]].to_numpy()[:, None], predictions[["name"]].merge(IBUG.table)
    mean = (train.source_keypoints / sizes).mean(axis=0) * own[["width", "height"]].to_numpy()[:, None]
    assert_allclose(keypoints_of(predictions, IBUG_68), mean, rtol=1e-4)


def test_the_mean_shape_in_the_box_lies_in_each_box_alike(saved):
    predictions = saved["finetune_resnet.mean_shape_in_box.predictions"]
    boxes = saved["ibug_boxes"].set_index("name").loc[predictions["name"], BOX].to_numpy()[:, None]
    in_box = (keypoints_of(predictions, IBUG_68) - boxes[..., :2]) / boxes[..., 2:]
    assert_allclose(in_box, np.tile(in_box[:1], (len(in_box), 1, 1)), atol=1e-4)
    train = IBUG.split("train")
    corners = crop_boxes(train.to_source, train.crop)[:, None]
    assert_allclose(in_box[0], ((train.source_keypoints - corners[..., :2]) / corners[..., 2:]).mean(axis=0), atol=1e-4)


def test_predictions_hold_the_true_points(saved):
    for name, faces in (("train_nose.lr_1e-3", DANES), ("finetune_resnet.lr_1e-4", IBUG)):
        predictions = saved[f"{name}.predictions"]
        rows = [list(faces.table["name"]).index(face) for face in predictions["name"]]
        indices = predicted_indices(predictions)
        assert_allclose(true_points(predictions), faces.source_keypoints[rows][:, indices], rtol=1e-5)
    assert predicted_indices(saved["train_nose.lr_1e-3.predictions"]) == [IMM_58.nose_tip]


def test_parts_weighted_by_their_points_make_the_whole(saved):
    parts = broken_down(saved, "train_face", "part")
    sizes = [len(IMM_58.parts[part]) for part in parts["value"]]
    whole = saved["leaderboard"].query("pipeline == 'train_face' and variant == 'lr_1e-3' and split == 'test'")
    assert sum(sizes) == 58
    assert_allclose(np.average(parts["nme"], weights=sizes), whole["nme"])
    assert list(broken_down(saved, "train_nose", "part")["value"]) == ["nose"]


def test_landmarks_have_rows_of_their_own_whose_mean_is_the_whole(saved):
    landmarks = broken_down(saved, "train_face", "landmark")
    test = saved["train_face.lr_1e-3.predictions"].query("split == 'test'")
    assert list(landmarks["value"]) == [f"{index:02d}" for index in range(58)]
    assert_allclose(landmarks["px"].mean(), test["px"].mean())
    assert_allclose(landmarks["nme"].mean(), test["nme"].mean())
    assert list(broken_down(saved, "train_nose", "landmark")["value"]) == [str(IMM_58.nose_tip)]


def test_kinds_of_faces_have_rows_of_their_own_that_make_the_whole(saved):
    types = broken_down(saved, "train_nose", "type")
    assert [value[:2] for value in types["value"]] == ["1:", "2:", "3:", "4:", "5:", "6:"]
    assert set(saved["error_breakdown"].query("by == 'type'")["pipeline"]) == {"train_nose", "train_face"}
    for pipeline, by in (
        ("train_nose", "type"),
        ("finetune_resnet", "subset"),
        ("finetune_resnet", "face_size"),
    ):
        kinds = broken_down(saved, pipeline, by)
        whole = saved[f"{pipeline}.{VARIANT[pipeline]}.predictions"].query("split == 'test'")
        assert kinds["faces"].sum() == len(whole) == 6
        assert_allclose(np.average(kinds["nme"], weights=kinds["faces"]), whole["nme"].mean())


def test_the_breakdown_says_how_was_measured(saved):
    breakdown = saved["error_breakdown"]
    assert list(breakdown) == [*BREAKDOWN, *ON_RECORD]
    board = saved["leaderboard"].query("subset == 'full'")
    of_board = board.set_index(["pipeline", "variant", "split"])[ON_RECORD]
    of_breakdown = breakdown.groupby(["pipeline", "variant", "split"])[ON_RECORD].first()
    assert of_breakdown.equals(of_board.loc[of_breakdown.index])


def broken_down(saved, pipeline, by):
    """Rows of the breakdown for the test faces."""
    table = saved["error_breakdown"].query("pipeline == @pipeline and by == @by and split == 'test'")
    return table[table["variant"] == VARIANT[pipeline]]


def test_good_and_failed_predictions_are_drawn_best_and_worst_first(saved):
    test = saved["train_face.lr_1e-3.predictions"].query("split == 'test'").sort_values("nme")
    for figure, name in (("good", test["name"].iloc[0]), ("failed", test["name"].iloc[-1])):
        first = saved[f"train_face.lr_1e-3.{figure}_predictions"].axes[0]
        assert first.get_title().startswith(name)


def test_typical_predictions_are_those_around_the_median(saved):
    test = saved["train_face.lr_1e-3.predictions"].query("split == 'test'").sort_values("nme")
    drawn = [axes.get_title().split("\n")[0] for axes in saved["train_face.lr_1e-3.typical_predictions"].axes]
    assert [name for name in drawn if name] == list(test["name"])[1:5]  # four of six


def test_each_task_has_figures_of_all_its_models(saved):
    figures = {name for name in saved if name.split(".")[1:] in (["ced"], ["landmark_errors"], ["errors_by_turn"])}
    assert figures == {
        *(f"{pipeline}.{figure}" for pipeline in VARIANT for figure in ("ced", "errors_by_turn")),
        *(f"{pipeline}.landmark_errors" for pipeline in ("train_face", "finetune_resnet")),
    }
    labels = [text.get_text() for text in saved["finetune_resnet.ced"].findobj(Text)]
    for model in ("lr_1e-4", "mean_shape", "mean_shape_in_box"):
        assert any(model in label.split() or model.replace("_", " ") in label for label in labels), labels


def test_the_report_has_a_section_a_task_and_says_the_norm(saved):
    page = saved["evaluation_report"]
    headings = re.findall(r"<h2[^>]*>(.*?)</h2>", page)
    for title in ("Nose tip: the Danes", "All points of the face: the Danes", "ResNet-18: iBUG 300-W"):
        assert sum(title in heading for heading in headings) == 1
    assert "outer_eye_corners" in page
