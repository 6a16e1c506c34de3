"""Whom `evaluate` measures, on which faces and how, and what it refuses to compare."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from facial_keypoints import variants
from facial_keypoints.errors import MissingInputError, ProtocolError
from facial_keypoints.evaluation import leaderboard
from facial_keypoints.landmarks import IBUG_68
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
from facial_keypoints.pipelines.train_face.nodes import train as train_face
from facial_keypoints.point_table import keypoints_of
from facial_keypoints.predictions import true_points
from tests.options import evaluate_options, face_options
from tests.pipelines.evaluated import DANES, IBUG, OPTIONS, VARIANT, predicted, trained
from tests.running import run_pipeline


def unlabelled(faces):
    """The same faces, the test ones without landmarks."""
    rows = (faces.table["split"] == "test").to_numpy()
    keypoints = np.where(rows[:, None, None], np.nan, faces.keypoints).astype(np.float32)
    table = faces.table.assign(split=faces.table["split"].mask(rows, "unlabelled"))
    return replace(faces, keypoints=keypoints, table=table)


def test_faces_without_landmarks_are_predicted_and_not_measured(evaluation_inputs):
    faces = unlabelled(IBUG)
    predictions = predicted(evaluation_inputs["finetune_resnet.lr_1e-4.checkpoint"], faces)
    chosen = predictions[predictions["split"] == "unlabelled"]
    assert len(chosen) == 6
    assert np.isfinite(keypoints_of(chosen, IBUG_68)).all()
    assert set(leaderboard(predictions)["split"]) == {"validation"}
    drawn = draw_unlabelled(predictions, faces, OPTIONS)
    assert sum(axes.get_title().startswith("face") for axes in drawn.axes) == 4


def test_a_network_for_other_points_is_left_out_with_the_parameter_that_helps(evaluation_inputs, caplog):
    checkpoint = evaluation_inputs["train_face.lr_1e-3.checkpoint"]
    assert predicted(checkpoint, IBUG).empty
    assert re.search(r"points of imm_58.*ibug have those of ibug_68.*data_set=danes", caplog.text)
    for predict in (predict_mean_shape, predict_mean_shape_in_box):
        assert predict(IBUG, find_boxes(IBUG, OPTIONS), OPTIONS, checkpoint, pipeline="train_face").empty


def test_a_network_that_has_learnt_from_what_it_is_evaluated_on_is_named(evaluation_inputs, caplog):
    checkpoint = evaluation_inputs["train_face.lr_1e-3.checkpoint"]
    predicted(checkpoint, DANES)
    assert "has learnt from" not in caplog.text
    turned = {"train": "test", "test": "train", "validation": "validation"}
    predicted(checkpoint, replace(DANES, table=DANES.table.assign(split=DANES.table["split"].map(turned))))
    assert "has learnt from 4 of the groups that it is evaluated on, such as group0" in caplog.text


def test_what_a_network_makes_of_another_data_set_is_no_result_of_its_training(evaluation_inputs):
    checkpoint = evaluation_inputs["finetune_resnet.lr_1e-4.checkpoint"]
    assert set(predicted(checkpoint, IBUG)["training_id"]) == {checkpoint.training.id}
    elsewhere = predicted(checkpoint, replace(IBUG, data_set="own"))
    assert set(elsewhere["training_id"]) == {""}
    assert set(elsewhere["data_set"]) == {"own"}


def test_each_data_set_of_a_pipeline_has_a_mean_shape_of_its_own(evaluation_pipeline):
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
def test_one_data_set_is_enough(evaluation_pipeline, evaluation_inputs, kept, left_out):
    absent = {
        name
        for name in evaluation_inputs
        if name.startswith("finetune") == (left_out == "ibug") and "checkpoint" in name
    }
    saved = run_pipeline(evaluation_pipeline, evaluation_inputs | dict.fromkeys({*absent, f"{left_out}_faces"}))
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


def test_the_chosen_norm_is_what_errors_are_in_percent_of(evaluation_inputs):
    checkpoint = evaluation_inputs["finetune_resnet.lr_1e-4.checkpoint"]
    predictions = predicted(checkpoint, IBUG, evaluate_options(norm="box_diagonal"))
    low, high = (bound(true_points(predictions), axis=1) for bound in (np.min, np.max))
    assert_allclose(predictions["norm"], np.linalg.norm(high - low, axis=-1), rtol=1e-5)
    assert_allclose(predictions["nme"], 100 * predictions["px"] / predictions["norm"])
    assert set(leaderboard(predictions)["norm"]) == {"box_diagonal"}


def test_boxes_of_other_faces_are_refused_rather_than_faces_left_out(evaluation_inputs):
    checkpoint, boxes = evaluation_inputs["finetune_resnet.lr_1e-4.checkpoint"], find_boxes(IBUG, OPTIONS)
    with pytest.raises(MissingInputError, match=r"ibug_boxes are not those of ibug_faces.*face035"):
        predict_variant(checkpoint, IBUG, boxes[boxes["name"] != "face035"], OPTIONS)


def test_averaging_over_the_mirror_image_is_on_record_and_no_rival_of_a_plain_prediction(evaluation_inputs):
    checkpoint = evaluation_inputs["finetune_resnet.lr_1e-4.checkpoint"]
    averaged = predicted(checkpoint, IBUG, evaluate_options(flip_average=True))
    assert set(leaderboard(averaged)["test_time_augmentation"]) == {"flip"}
    plain = predicted(checkpoint, IBUG).assign(variant="plain")
    with pytest.raises(ProtocolError, match=r"'test_time_augmentation'.*finetune_resnet\.plain"):
        rank_variants(averaged, plain)


def test_errors_by_other_norms_are_not_ranked_with_each_other(evaluation_inputs):
    checkpoint = evaluation_inputs["finetune_resnet.lr_1e-4.checkpoint"]
    by_pupils = predicted(checkpoint, IBUG, evaluate_options(norm="pupils")).assign(variant="other")
    with pytest.raises(ProtocolError, match=r"'norm'.*'outer_eye_corners' of .*lr_1e-4.*'pupils' of .*other"):
        rank_variants(predicted(checkpoint, IBUG), by_pupils)


def test_errors_on_faces_that_moved_are_not_ranked_with_each_other(evaluation_inputs):
    checkpoint = evaluation_inputs["finetune_resnet.lr_1e-4.checkpoint"]
    moved = replace(IBUG, keypoints=IBUG.keypoints + np.float32(0.5))
    with pytest.raises(ProtocolError, match="'manifest'"):
        rank_variants(predicted(checkpoint, IBUG), predicted(checkpoint, moved).assign(variant="other"))


RUN = "0123abcd" * 4


def test_a_run_is_a_variant_with_its_id_in_its_name_on_the_data_set_it_learnt_from(evaluation_inputs):
    checkpoint = evaluation_inputs["finetune_resnet.lr_1e-4.checkpoint"]
    sets = [value for faces in (DANES, IBUG, None) for value in (faces, find_boxes(faces, OPTIONS))]
    of_run = predict_run(checkpoint, OPTIONS, *sets, run=RUN)
    assert set(of_run["variant"]) == {"lr_1e-4 (run 0123abcd)"}
    plain = predicted(checkpoint, IBUG)
    pd.testing.assert_frame_equal(of_run.drop(columns="variant"), plain.drop(columns="variant"))


def test_a_run_whose_data_set_is_not_there_is_left_out_by_name(evaluation_inputs, caplog):
    checkpoint = evaluation_inputs["finetune_resnet.lr_1e-4.checkpoint"]
    assert predict_run(checkpoint, OPTIONS, DANES, find_boxes(DANES, OPTIONS), run=RUN).empty
    assert f"run {RUN}: no faces of ibug with its points are evaluated here" in caplog.text


def test_runs_that_are_named_are_evaluated_once_each_and_ranked(evaluation_pipeline):
    parameters = {name: {key: {}} for name, key in VARIANT.items()} | {"evaluate": {"runs": f"{RUN} {RUN}"}}
    variants.hand_over(parameters)
    made = create_pipeline()
    (rank,) = (node for node in made.nodes if node.outputs == ["leaderboard"])
    assert rank.inputs.count(f"mlflow.{RUN}.predictions") == 1
    assert f"mlflow.{RUN}.checkpoint" in made.inputs()


def test_the_run_of_a_pipeline_without_checkpoints_brings_its_mean_shape_and_no_other_pipelines(evaluation_inputs):
    variants.hand_over({name: {key: {}} for name, key in VARIANT.items()} | {"evaluate": {"runs": RUN}})
    made = create_pipeline()
    checkpoints = {name: None for name in made.inputs() if name.endswith(".checkpoint")}
    of_run = {f"mlflow.{RUN}.checkpoint": evaluation_inputs["train_nose.lr_1e-3.checkpoint"]}
    board = run_pipeline(made, evaluation_inputs | checkpoints | of_run)["leaderboard"]
    assert set(zip(board["pipeline"], board["variant"], strict=True)) == {
        ("train_nose", "lr_1e-3 (run 0123abcd)"),
        ("train_nose", "mean_shape"),
    }


def one_group_each(faces):
    """The same faces, every test face a group of its own."""
    table = faces.table
    return replace(faces, table=table.assign(group=table["group"].where(table["split"] != "test", table["name"])))


def test_pairs_of_networks_are_compared_on_the_test_faces(evaluation_inputs):
    one_each = one_group_each(DANES)
    faster = trained(train_face, DANES, face_options(variant="lr_1e-2", learning_rate=1e-2))
    tables = [
        predicted(checkpoint, one_each) for checkpoint in (evaluation_inputs["train_face.lr_1e-3.checkpoint"], faster)
    ]
    baseline = predict_mean_shape(one_each, find_boxes(one_each, OPTIONS), OPTIONS, faster, pipeline="train_face")
    pairs = compare_pairs(*tables, baseline)
    assert list(pairs[["first", "second"]].itertuples(index=False, name=None)) == [("lr_1e-3", "lr_1e-2")]
    row, (first, second) = pairs.iloc[0], (table.query("split == 'test'")["nme"].mean() for table in tables)
    assert_allclose(row["difference"], first - second)
    assert row["low"] <= row["difference"] <= row["high"]
    assert row["p"] == row["p_holm"]  # the only pair
    assert (row["faces"], row["groups"], row["norm"]) == (6, 6, "outer_eye_corners")


def test_pairs_are_of_the_same_face_in_whichever_order_the_tables_are(evaluation_inputs):
    here = predicted(evaluation_inputs["train_face.lr_1e-3.checkpoint"], one_group_each(DANES))
    pairs = compare_pairs(here, here[::-1].assign(variant="same"))
    assert_allclose(pairs[["difference", "low", "high"]], 0, atol=1e-9)
