import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from kedro.framework.project import configure_project
from matplotlib.figure import Figure
from matplotlib.text import Text
from numpy.testing import assert_allclose

from facial_keypoints import variants
from facial_keypoints.box_fit import BOX
from facial_keypoints.errors import MissingInputError, ProtocolError
from facial_keypoints.evaluation import BREAKDOWN, LEADERBOARD, ON_RECORD, leaderboard
from facial_keypoints.geometry import Crop, crop_boxes, scaling
from facial_keypoints.landmarks import IBUG_68, IMM_58
from facial_keypoints.options import PeerOptions
from facial_keypoints.pipelines.evaluate import create_pipeline
from facial_keypoints.pipelines.evaluate.nodes import (
    compare_pairs,
    find_boxes,
    predict_mean_shape,
    predict_mean_shape_in_box,
    predict_peers,
    predict_run,
    predict_variant,
    rank_variants,
)
from facial_keypoints.pipelines.evaluate.pictures import draw_unlabelled
from facial_keypoints.pipelines.finetune_resnet.nodes import finetune
from facial_keypoints.pipelines.train_face.nodes import train as train_face
from facial_keypoints.pipelines.train_nose.nodes import train as train_nose
from facial_keypoints.point_table import keypoints_of
from facial_keypoints.predictions import predicted_indices, true_points
from tests.faces import spot_faces
from tests.options import evaluate_options, face_options, nose_options, resnet_options
from tests.running import run_pipeline

OPTIONS = evaluate_options()
# Photographs are twice as large as the images that the networks see.
DANES = replace(spot_faces(36), to_source=np.tile(scaling(2, 2), (36, 1, 1)))
IBUG = spot_faces(36, (90, 90), IBUG_68, Crop(2.25, 0.08, 90))
IBUG = replace(IBUG, table=IBUG.table.assign(width=np.where(np.arange(36) % 2, 90, 120), height=100))

VARIANT = {"train_nose": "lr_1e-3", "train_face": "lr_1e-3", "finetune_resnet": "lr_1e-4"}


def predicted(checkpoint, faces, options=OPTIONS):
    return predict_variant(checkpoint, faces, find_boxes(faces, options), options)


def trained(train, faces, options):
    *_, (checkpoint, _, _) = train(faces, options)
    return checkpoint


@pytest.fixture(scope="module")
def inputs():
    return {
        "danes_faces": DANES,
        "ibug_faces": IBUG,
        "params:evaluate": OPTIONS,
        "train_nose.lr_1e-3.checkpoint": trained(train_nose, DANES, nose_options()),
        "train_nose.lr_1e-4.checkpoint": None,
        "train_face.lr_1e-3.checkpoint": trained(train_face, DANES, face_options()),
        "finetune_resnet.lr_1e-4.checkpoint": trained(finetune, IBUG, resnet_options(variant="lr_1e-4", epochs=1)),
    }


@pytest.fixture(scope="module")
def pipeline():
    configure_project("facial_keypoints")
    names = {"train_nose": ["lr_1e-3", "lr_1e-4"], "train_face": ["lr_1e-3"], "finetune_resnet": ["lr_1e-4"]}
    variants.hand_over({name: {key: {} for key in keys} for name, keys in names.items()})
    yield create_pipeline()
    variants.hand_over({})


@pytest.fixture(scope="module")
def saved(pipeline, inputs):
    return run_pipeline(pipeline, inputs)


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
    for pipeline, by in (("train_nose", "type"), ("finetune_resnet", "subset"), ("finetune_resnet", "face_size")):
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


def unlabelled(faces):
    """The same faces, the test ones without landmarks."""
    rows = (faces.table["split"] == "test").to_numpy()
    keypoints = np.where(rows[:, None, None], np.nan, faces.keypoints).astype(np.float32)
    table = faces.table.assign(split=faces.table["split"].mask(rows, "unlabelled"))
    return replace(faces, keypoints=keypoints, table=table)


def test_faces_without_landmarks_are_predicted_and_not_measured(inputs):
    faces = unlabelled(IBUG)
    predictions = predicted(inputs["finetune_resnet.lr_1e-4.checkpoint"], faces)
    chosen = predictions[predictions["split"] == "unlabelled"]
    assert len(chosen) == 6
    assert np.isfinite(keypoints_of(chosen, IBUG_68)).all()
    assert set(leaderboard(predictions)["split"]) == {"validation"}
    drawn = draw_unlabelled(predictions, faces, OPTIONS)
    assert sum(axes.get_title().startswith("face") for axes in drawn.axes) == 4


def test_a_network_for_other_points_is_left_out_with_the_parameter_that_helps(inputs, caplog):
    checkpoint = inputs["train_face.lr_1e-3.checkpoint"]
    assert predicted(checkpoint, IBUG).empty
    assert re.search(r"points of imm_58.*ibug have those of ibug_68.*data_set=danes", caplog.text)
    for predict in (predict_mean_shape, predict_mean_shape_in_box):
        assert predict(IBUG, find_boxes(IBUG, OPTIONS), OPTIONS, checkpoint, pipeline="train_face").empty


def test_a_network_that_has_learnt_from_what_it_is_evaluated_on_is_named(inputs, caplog):
    checkpoint = inputs["train_face.lr_1e-3.checkpoint"]
    predicted(checkpoint, DANES)
    assert "has learnt from" not in caplog.text
    turned = {"train": "test", "test": "train", "validation": "validation"}
    predicted(checkpoint, replace(DANES, table=DANES.table.assign(split=DANES.table["split"].map(turned))))
    assert "has learnt from 4 of the groups that it is evaluated on, such as group0" in caplog.text


def test_what_a_network_makes_of_another_data_set_is_no_result_of_its_training(inputs):
    checkpoint = inputs["finetune_resnet.lr_1e-4.checkpoint"]
    assert set(predicted(checkpoint, IBUG)["training_id"]) == {checkpoint.training.id}
    elsewhere = predicted(checkpoint, replace(IBUG, data_set="own"))
    assert set(elsewhere["training_id"]) == {""}
    assert set(elsewhere["data_set"]) == {"own"}


def test_each_data_set_of_a_pipeline_has_a_mean_shape_of_its_own(pipeline):
    variants.hand_over(
        {"train_nose": {}, "train_face": {}, "finetune_resnet": {"a": {"data_set": "ibug"}, "b": {"data_set": "own"}}}
    )
    made = create_pipeline().all_outputs()
    assert {"finetune_resnet.mean_shape.predictions", "finetune_resnet.mean_shape_own.predictions"} <= made
    assert "finetune_resnet.b.unlabelled_predictions" in made
    assert "finetune_resnet.a.unlabelled_predictions" not in made


def test_without_any_checkpoint_there_is_nothing_to_rank():
    with pytest.raises(MissingInputError, match="nothing to rank"):
        rank_variants(pd.DataFrame(), None)


@pytest.mark.parametrize(("kept", "left_out"), [("danes", "ibug"), ("ibug", "danes")])
def test_one_data_set_is_enough(pipeline, inputs, kept, left_out):
    absent = {name for name in inputs if name.startswith("finetune") == (left_out == "ibug") and "checkpoint" in name}
    saved = run_pipeline(pipeline, inputs | dict.fromkeys({*absent, f"{left_out}_faces"}))
    assert set(saved["leaderboard"]["data_set"]) == {kept}
    assert list(saved[f"{left_out}_boxes"]) == list(saved[f"{kept}_boxes"])  # a CSV without columns is not read again
    assert set(saved["error_breakdown"]["pipeline"]) <= set(saved["leaderboard"]["pipeline"])


PEER = PeerOptions("peer.onnx", "ibug_68", "bgr", 0, 0, crop_scale=1.2, shift_down=0.1, input_size=64)


def test_a_peer_that_is_not_there_is_skipped_by_name(caplog):
    options = evaluate_options(peers={"somebody": PEER})
    with caplog.at_level("INFO", logger="facial_keypoints"):
        table = predict_peers(IBUG, find_boxes(IBUG, options), options, pipeline="finetune_resnet")
    assert table.empty
    assert re.search(r"somebody is skipped: .*peer\.onnx", caplog.text)


def test_a_peer_for_other_points_is_no_rival_and_not_spoken_of(caplog):
    options = evaluate_options(peers={"somebody": replace(PEER, scheme="imm_58")})
    with caplog.at_level("INFO", logger="facial_keypoints"):
        assert predict_peers(IBUG, find_boxes(IBUG, options), options, pipeline="finetune_resnet").empty
    assert "somebody" not in caplog.text


def test_the_chosen_norm_is_what_errors_are_in_percent_of(inputs):
    checkpoint = inputs["finetune_resnet.lr_1e-4.checkpoint"]
    predictions = predicted(checkpoint, IBUG, evaluate_options(norm="box_diagonal"))
    low, high = (bound(true_points(predictions), axis=1) for bound in (np.min, np.max))
    assert_allclose(predictions["norm"], np.linalg.norm(high - low, axis=-1), rtol=1e-5)
    assert_allclose(predictions["nme"], 100 * predictions["px"] / predictions["norm"])
    assert set(leaderboard(predictions)["norm"]) == {"box_diagonal"}


def test_boxes_of_other_faces_are_refused_rather_than_faces_left_out(inputs):
    checkpoint, boxes = inputs["finetune_resnet.lr_1e-4.checkpoint"], find_boxes(IBUG, OPTIONS)
    with pytest.raises(MissingInputError, match=r"ibug_boxes are not those of ibug_faces.*face035"):
        predict_variant(checkpoint, IBUG, boxes[boxes["name"] != "face035"], OPTIONS)


def test_averaging_over_the_mirror_image_is_on_record_and_no_rival_of_a_plain_prediction(inputs):
    checkpoint = inputs["finetune_resnet.lr_1e-4.checkpoint"]
    averaged = predicted(checkpoint, IBUG, evaluate_options(flip_average=True))
    assert set(leaderboard(averaged)["test_time_augmentation"]) == {"flip"}
    plain = predicted(checkpoint, IBUG).assign(variant="plain")
    with pytest.raises(ProtocolError, match=r"'test_time_augmentation'.*finetune_resnet\.plain"):
        rank_variants(averaged, plain)


def test_errors_by_other_norms_are_not_ranked_with_each_other(inputs):
    checkpoint = inputs["finetune_resnet.lr_1e-4.checkpoint"]
    by_pupils = predicted(checkpoint, IBUG, evaluate_options(norm="pupils")).assign(variant="other")
    with pytest.raises(ProtocolError, match=r"'norm'.*'outer_eye_corners' of .*lr_1e-4.*'pupils' of .*other"):
        rank_variants(predicted(checkpoint, IBUG), by_pupils)


def test_errors_on_faces_that_moved_are_not_ranked_with_each_other(inputs):
    checkpoint = inputs["finetune_resnet.lr_1e-4.checkpoint"]
    moved = replace(IBUG, keypoints=IBUG.keypoints + np.float32(0.5))
    with pytest.raises(ProtocolError, match="'manifest'"):
        rank_variants(predicted(checkpoint, IBUG), predicted(checkpoint, moved).assign(variant="other"))


RUN = "0123abcd" * 4


def test_a_run_is_a_variant_with_its_id_in_its_name_on_the_data_set_it_learnt_from(inputs):
    checkpoint = inputs["finetune_resnet.lr_1e-4.checkpoint"]
    sets = [value for faces in (DANES, IBUG, None) for value in (faces, find_boxes(faces, OPTIONS))]
    of_run = predict_run(checkpoint, OPTIONS, *sets, run=RUN)
    assert set(of_run["variant"]) == {"lr_1e-4 (run 0123abcd)"}
    plain = predicted(checkpoint, IBUG)
    pd.testing.assert_frame_equal(of_run.drop(columns="variant"), plain.drop(columns="variant"))


def test_a_run_whose_data_set_is_not_there_is_left_out_by_name(inputs, caplog):
    checkpoint = inputs["finetune_resnet.lr_1e-4.checkpoint"]
    assert predict_run(checkpoint, OPTIONS, DANES, find_boxes(DANES, OPTIONS), run=RUN).empty
    assert f"run {RUN}: no faces of ibug with its points are evaluated here" in caplog.text


def test_runs_that_are_named_are_evaluated_once_each_and_ranked(pipeline):
    parameters = {name: {key: {}} for name, key in VARIANT.items()} | {"evaluate": {"runs": f"{RUN} {RUN}"}}
    variants.hand_over(parameters)
    made = create_pipeline()
    (rank,) = (node for node in made.nodes if node.outputs == ["leaderboard"])
    assert rank.inputs.count(f"mlflow.{RUN}.predictions") == 1
    assert f"mlflow.{RUN}.checkpoint" in made.inputs()


def test_the_run_of_a_pipeline_without_checkpoints_brings_its_mean_shape_and_no_other_pipelines(inputs):
    variants.hand_over({name: {key: {}} for name, key in VARIANT.items()} | {"evaluate": {"runs": RUN}})
    made = create_pipeline()
    checkpoints = {name: None for name in made.inputs() if name.endswith(".checkpoint")}
    of_run = {f"mlflow.{RUN}.checkpoint": inputs["train_nose.lr_1e-3.checkpoint"]}
    board = run_pipeline(made, inputs | checkpoints | of_run)["leaderboard"]
    assert set(zip(board["pipeline"], board["variant"], strict=True)) == {
        ("train_nose", "lr_1e-3 (run 0123abcd)"),
        ("train_nose", "mean_shape"),
    }


def one_group_each(faces):
    """The same faces, every test face a group of its own."""
    table = faces.table
    return replace(faces, table=table.assign(group=table["group"].where(table["split"] != "test", table["name"])))


def test_pairs_of_networks_are_compared_on_the_test_faces(inputs):
    one_each = one_group_each(DANES)
    faster = trained(train_face, DANES, face_options(variant="lr_1e-2", learning_rate=1e-2))
    tables = [predicted(checkpoint, one_each) for checkpoint in (inputs["train_face.lr_1e-3.checkpoint"], faster)]
    baseline = predict_mean_shape(one_each, find_boxes(one_each, OPTIONS), OPTIONS, faster, pipeline="train_face")
    pairs = compare_pairs(*tables, baseline)
    assert list(pairs[["first", "second"]].itertuples(index=False, name=None)) == [("lr_1e-3", "lr_1e-2")]
    row, (first, second) = pairs.iloc[0], (table.query("split == 'test'")["nme"].mean() for table in tables)
    assert_allclose(row["difference"], first - second)
    assert row["low"] <= row["difference"] <= row["high"]
    assert row["p"] == row["p_holm"]  # the only pair
    assert (row["faces"], row["groups"], row["norm"]) == (6, 6, "outer_eye_corners")


def test_pairs_are_of_the_same_face_in_whichever_order_the_tables_are(inputs):
    here = predicted(inputs["train_face.lr_1e-3.checkpoint"], one_group_each(DANES))
    pairs = compare_pairs(here, here[::-1].assign(variant="same"))
    assert_allclose(pairs[["difference", "low", "high"]], 0, atol=1e-9)
