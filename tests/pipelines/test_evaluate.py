import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from kedro.framework.project import configure_project
from matplotlib.figure import Figure
from numpy.testing import assert_allclose

from facial_keypoints import variants
from facial_keypoints.errors import MissingInputError
from facial_keypoints.evaluation import leaderboard
from facial_keypoints.geometry import Crop, scaling
from facial_keypoints.landmarks import IBUG_68, IMM_58
from facial_keypoints.options import EvaluateOptions
from facial_keypoints.pipelines.evaluate import create_pipeline
from facial_keypoints.pipelines.evaluate.nodes import (
    draw_unlabelled,
    predict_mean_shape,
    predict_variant,
    rank_variants,
)
from facial_keypoints.pipelines.finetune_resnet.nodes import finetune
from facial_keypoints.pipelines.train_face.nodes import train as train_face
from facial_keypoints.pipelines.train_nose.nodes import train as train_nose
from facial_keypoints.point_table import keypoints_of
from tests.faces import spot_faces
from tests.options import face_options, nose_options, resnet_options
from tests.running import run_pipeline

COLUMNS = ["pipeline", "variant", "data_set", "split", "subset", "faces", "mse", "px", "nme"]
OPTIONS = EvaluateOptions(device="cpu", batch_size=16, pictures=4)
# Photographs are twice as large as the images that the networks see.
DANES = replace(spot_faces(36), to_source=np.tile(scaling(2, 2), (36, 1, 1)))
IBUG = spot_faces(36, (90, 90), IBUG_68, Crop(2.25, 0.08, 90))


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


def test_the_leaderboard_has_a_row_a_variant_and_split_with_the_mean_shape(saved):
    board = saved["leaderboard"]
    assert list(board)[: len(COLUMNS)] == COLUMNS
    full = board[board["subset"] == "full"]
    found = set(zip(full["pipeline"], full["variant"], full["data_set"], full["split"], strict=True))
    expected = {
        (pipeline, variant, data_set, split)
        for pipeline, names, data_set in (
            ("train_nose", ["lr_1e-3", "mean_shape"], "danes"),
            ("train_face", ["lr_1e-3", "mean_shape"], "danes"),
            ("finetune_resnet", ["lr_1e-4", "mean_shape"], "ibug"),
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


def test_parts_weighted_by_their_points_make_the_whole(saved):
    parts = saved["errors_by_part"].query("pipeline == 'train_face' and variant == 'lr_1e-3' and split == 'test'")
    sizes = [len(IMM_58.parts[part]) for part in parts["part"]]
    whole = saved["leaderboard"].query("pipeline == 'train_face' and variant == 'lr_1e-3' and split == 'test'")
    assert sum(sizes) == 58
    assert_allclose(np.average(parts["nme"], weights=sizes), whole["nme"])
    assert set(saved["errors_by_part"].query("pipeline == 'train_nose'")["part"]) == {"nose"}


def test_the_danes_types_have_rows_of_their_own(saved):
    types = saved["errors_by_type"].query("pipeline == 'train_nose' and variant == 'lr_1e-3' and split == 'test'")
    assert list(types["type"]) == [1, 2, 3, 4, 5, 6]
    assert types["faces"].sum() == 6
    assert "finetune_resnet" not in set(saved["errors_by_type"]["pipeline"])


def test_good_and_failed_predictions_are_drawn_best_and_worst_first(saved):
    test = saved["train_face.lr_1e-3.predictions"].query("split == 'test'").sort_values("nme")
    for figure, name in (("good", test["name"].iloc[0]), ("failed", test["name"].iloc[-1])):
        first = saved[f"train_face.lr_1e-3.{figure}_predictions"].axes[0]
        assert first.get_title().startswith(name)


def unlabelled(faces):
    """The same faces, the test ones without landmarks."""
    rows = (faces.table["split"] == "test").to_numpy()
    keypoints = np.where(rows[:, None, None], np.nan, faces.keypoints).astype(np.float32)
    table = faces.table.assign(split=faces.table["split"].mask(rows, "unlabelled"))
    return replace(faces, keypoints=keypoints, table=table)


def test_faces_without_landmarks_are_predicted_and_not_measured(inputs):
    faces = unlabelled(IBUG)
    predictions = predict_variant(inputs["finetune_resnet.lr_1e-4.checkpoint"], faces, OPTIONS)
    chosen = predictions[predictions["split"] == "unlabelled"]
    assert len(chosen) == 6
    assert np.isfinite(keypoints_of(chosen, IBUG_68)).all()
    assert set(leaderboard(predictions)["split"]) == {"validation"}
    drawn = draw_unlabelled(predictions, faces, OPTIONS)
    assert sum(axes.get_title().startswith("face") for axes in drawn.axes) == 4


def test_a_network_for_other_points_is_left_out_with_the_parameter_that_helps(inputs, caplog):
    checkpoint = inputs["train_face.lr_1e-3.checkpoint"]
    assert predict_variant(checkpoint, IBUG, OPTIONS).empty
    assert re.search(r"points of imm_58.*ibug have those of ibug_68.*data_set=danes", caplog.text)
    assert predict_mean_shape(IBUG, checkpoint).empty


def test_a_network_that_has_learnt_from_what_it_is_evaluated_on_is_named(inputs, caplog):
    checkpoint = inputs["train_face.lr_1e-3.checkpoint"]
    predict_variant(checkpoint, DANES, OPTIONS)
    assert "has learnt from" not in caplog.text
    turned = {"train": "test", "test": "train", "validation": "validation"}
    predict_variant(
        checkpoint, replace(DANES, table=DANES.table.assign(split=DANES.table["split"].map(turned))), OPTIONS
    )
    assert "has learnt from 4 of the groups that it is evaluated on, such as group0" in caplog.text


def test_what_a_network_makes_of_another_data_set_is_no_result_of_its_training(inputs):
    checkpoint = inputs["finetune_resnet.lr_1e-4.checkpoint"]
    assert set(predict_variant(checkpoint, IBUG, OPTIONS)["training_id"]) == {checkpoint.training.id}
    elsewhere = predict_variant(checkpoint, replace(IBUG, data_set="own"), OPTIONS)
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
        rank_variants(pd.DataFrame(), pd.DataFrame())


@pytest.mark.parametrize(("kept", "left_out"), [("danes", "ibug"), ("ibug", "danes")])
def test_one_data_set_is_enough(pipeline, inputs, kept, left_out):
    absent = {name for name in inputs if name.startswith("finetune") == (left_out == "ibug") and "checkpoint" in name}
    saved = run_pipeline(pipeline, inputs | dict.fromkeys({*absent, f"{left_out}_faces"}))
    assert set(saved["leaderboard"]["data_set"]) == {kept}
    assert set(saved["errors_by_part"]["pipeline"]) <= set(saved["leaderboard"]["pipeline"])
