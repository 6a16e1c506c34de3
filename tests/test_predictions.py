from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.testing import assert_allclose

from facial_keypoints.box_fit import NO_BOXES
from facial_keypoints.examples import Examples, InputFrame
from facial_keypoints.faces import UNLABELLED, FaceSet
from facial_keypoints.geometry import Crop, crop_boxes
from facial_keypoints.landmarks import IBUG_68, IMM_58
from facial_keypoints.norms import norm_lengths
from facial_keypoints.predictions import (
    ABOUT_FACE,
    BOXES_FROM,
    ERRORS,
    PREDICTOR,
    Conditions,
    Predictor,
    joined,
    no_predictions,
    of_task,
    predicted_indices,
    predicted_points,
    predictions_table,
    true_points,
)
from facial_keypoints.protocol import Protocol, manifest
from tests.faces import spot_faces

PREDICTOR_HERE = Predictor("train_face", "lr_1e-3", "0123", "whole photograph", "epoch 3 of 3")
CONDITIONS = Conditions("outer_eye_corners", "none")
NOSE = [IMM_58.nose_tip]


def photographs() -> FaceSet:
    """Whole photographs, seen twice as wide and three times as high as they lie in the set."""
    return replace(spot_faces(24), to_source=np.tile([[2.0, 0.0, 0.0], [0.0, 3.0, 0.0]], (24, 1, 1)))


def crops() -> FaceSet:
    """Crops in colour, each at a scale and a place of its own in its photograph."""
    rng = np.random.default_rng(1)
    to_source = np.zeros((24, 2, 3))
    to_source[:, 0, 0] = to_source[:, 1, 1] = rng.uniform(0.5, 3, 24)
    to_source[:, :, 2] = rng.uniform(-40, 300, (24, 2))
    return replace(spot_faces(24, (90, 90), IBUG_68, Crop(2.25, 0.08, 90)), to_source=to_source)


def predicted(
    faces: FaceSet,
    indices: list[int] | None = None,
    conditions: Conditions = CONDITIONS,
    boxes: np.ndarray | None = None,
) -> tuple[pd.DataFrame, np.ndarray]:
    """The table of predictions that are a few pixels off, and these on [0, 1] of the network's input."""
    frame = InputFrame(32, 48, 1) if faces.crop is None else InputFrame(60, 60, 3, Crop(1.5, 0.08, 60))
    examples = Examples(faces, frame, torch.device("cpu"), indices, boxes)
    truth = examples.unit_keypoints
    points = truth + np.random.default_rng(0).normal(0, 0.03, truth.shape).astype(np.float32)
    return predictions_table(points, examples, faces, PREDICTOR_HERE, conditions), points


BOTH = pytest.mark.parametrize("faces", [photographs(), crops()], ids=["photographs", "crops"])


@BOTH
def test_the_true_points_come_back_exactly(faces):
    assert (true_points(predicted(faces)[0]) == faces.source_keypoints).all()


def test_the_predicted_points_are_in_pixels_of_the_photograph():
    faces = photographs()
    table, points = predicted(faces)
    assert_allclose(predicted_points(table), points * [96.0, 96.0])  # 48 pixels of 2, 32 of 3


@BOTH
def test_errors_are_means_over_points_in_pixels_of_the_photograph(faces):
    table, _ = predicted(faces)
    guesses, truth = predicted_points(table), faces.source_keypoints
    first, second = faces.scheme.outer_eye_corners
    for row, face in enumerate(table.to_dict("records")):
        off = [guesses[row, point] - truth[row, point] for point in range(faces.scheme.size)]
        norm = np.hypot(*(truth[row, first] - truth[row, second]))
        px = sum(np.hypot(x, y) for x, y in off) / len(off)
        assert_allclose(face["px"], px)
        assert_allclose(face["px_x"], sum(abs(x) for x, _ in off) / len(off))
        assert_allclose(face["px_y"], sum(abs(y) for _, y in off) / len(off))
        assert_allclose(face["norm"], norm)
        assert_allclose(face["nme"], 100 * px / norm)


def test_the_squared_error_is_on_the_unit_square_of_the_input():
    faces = photographs()
    table, points = predicted(faces)
    assert_allclose(table["mse"], np.square(points - faces.keypoints / (48, 32)).mean(axis=(1, 2)), rtol=1e-4)


def test_parts_weighted_by_their_points_make_the_whole():
    faces = crops()
    table, _ = predicted(faces)
    for unit in ("px", "nme"):
        parts = np.stack([table[f"{unit}/{part}"] for part in IBUG_68.parts])
        sizes = [len(points) for points in IBUG_68.parts.values()]
        assert_allclose(np.average(parts, axis=0, weights=sizes), table[unit])


@pytest.mark.parametrize("norm", ["pupils", "box_diagonal", "face_size"])
def test_the_error_is_in_percent_of_the_norm_that_was_asked_for(norm):
    faces = crops()
    table, _ = predicted(faces, conditions=replace(CONDITIONS, norm=norm))
    assert_allclose(table["norm"], norm_lengths(faces.source_keypoints, IBUG_68, norm))
    assert_allclose(table["nme"], 100 * table["px"] / table["norm"])
    assert {Protocol.from_json(text).norm for text in table["protocol"]} == {norm}


def test_a_network_of_one_point_has_that_point_and_its_part():
    faces = photographs()
    table, _ = predicted(faces, NOSE)
    assert predicted_indices(table) == NOSE
    assert (true_points(table) == faces.source_keypoints[:, NOSE]).all()
    assert [name for name in table if name.startswith("nme/")] == ["nme/nose"]
    assert_allclose(table["nme/nose"], table["nme"])


def test_the_norm_of_one_point_is_that_of_the_whole_face():
    assert_allclose(predicted(photographs(), NOSE)[0]["norm"], predicted(photographs())[0]["norm"])


def test_a_row_says_whose_face_it_is_and_who_predicts():
    faces = crops()
    table, _ = predicted(faces)
    for column in ("name", "group", "split", "subset"):
        assert list(table[column]) == list(faces.table[column])
    assert set(table[PREDICTOR].itertuples(index=False, name=None)) == {("train_face", "lr_1e-3", "ibug", "0123")}
    assert set(table["type"].isna()) == {True}
    assert_allclose(table["face_size"], norm_lengths(faces.source_keypoints, IBUG_68, "face_size"))


def test_the_protocol_of_each_split_is_that_of_its_faces():
    faces = photographs()
    table, _ = predicted(faces)
    for split, texts in table.groupby("split")["protocol"]:
        (text,) = texts.unique()
        protocol = Protocol.from_json(text)
        assert (protocol.split, protocol.subset, protocol.faces) == (split, "full", len(texts))
        assert protocol.manifest == manifest(faces.split(split))
        assert protocol.points == "imm_58, all 58"
        assert (protocol.boxes, protocol.test_time_augmentation) == (NO_BOXES, "none")
        assert (protocol.crop, protocol.weights) == ("whole photograph", "epoch 3 of 3")


def test_the_manifest_is_that_of_the_boxes_that_the_faces_are_evaluated_with():
    faces = crops()
    own = crop_boxes(faces.to_source, faces.crop)
    found = []
    for boxes in (None, own, own * 1.2):
        table, _ = predicted(faces, boxes=boxes)
        for split, texts in table.groupby("split")["protocol"]:
            rows = (faces.table["split"] == split).to_numpy()
            expected = manifest(faces.split(split), None if boxes is None else boxes[rows])
            assert Protocol.from_json(texts.iloc[0]).manifest == expected
        found.append(set(table["protocol"]))
    assert found[0] == found[1]
    assert found[1].isdisjoint(found[2])


def test_the_origin_of_the_boxes_is_that_of_the_splits_own():
    faces = crops()
    words = "boxes of " + faces.table["split"]
    table, _ = predicted(replace(faces, table=faces.table.assign(**{BOXES_FROM: words})))
    assert {Protocol.from_json(text).boxes for text in table["protocol"]} == set(words)
    assert all(Protocol.from_json(row["protocol"]).boxes.endswith(row["split"]) for _, row in table.iterrows())


def test_the_table_is_made_without_a_copy_of_the_pictures(monkeypatch):
    def refuse(faces: FaceSet, rows: np.ndarray) -> FaceSet:
        raise AssertionError("the pictures are copied")

    faces = crops()
    monkeypatch.setattr(FaceSet, "select", refuse)
    assert len(predicted(faces)[0]) == len(faces)


def test_the_protocol_names_the_points_of_a_network_that_predicts_some():
    table, _ = predicted(photographs(), NOSE)
    assert Protocol.from_json(table["protocol"][0]).points == f"imm_58, {IMM_58.names[IMM_58.nose_tip]}"


def test_a_face_without_landmarks_is_predicted_and_has_no_errors():
    faces = photographs()
    keypoints = faces.keypoints.copy()
    keypoints[-3:] = np.nan
    splits = [*faces.table["split"][:-3], *[UNLABELLED] * 3]
    unlabelled = replace(faces, keypoints=keypoints, table=faces.table.assign(split=splits))
    frame = InputFrame(32, 48, 1)
    examples = Examples(unlabelled, frame, torch.device("cpu"))
    points = np.full((24, 58, 2), 0.5, np.float32)
    table = predictions_table(points, examples, unlabelled, PREDICTOR_HERE, CONDITIONS)
    assert np.isfinite(predicted_points(table)).all()
    assert table[[*ERRORS, "turn", "face_size"]].isna().all(axis=1).tolist() == [False] * 21 + [True] * 3
    assert Protocol.from_json(table["protocol"].iloc[-1]).split == UNLABELLED


def test_tables_of_other_points_below_each_other_keep_their_own():
    nose, face = predicted(photographs(), NOSE)[0].assign(variant="nose"), predicted(photographs())[0]
    both = joined([nose, no_predictions(), face])
    assert len(both) == 48
    assert predicted_indices(both[both["variant"] == "nose"]) == NOSE
    assert predicted_indices(both[both["variant"] == "lr_1e-3"]) == list(range(58))


def test_no_predictions_have_the_columns_that_are_asked_for():
    table = joined([no_predictions(), no_predictions()])
    assert table.empty
    assert {*ABOUT_FACE, *PREDICTOR, *ERRORS, "protocol"} <= set(table)
    assert of_task(table, "train_face", "danes").empty


def test_a_task_is_a_pipeline_on_a_data_set():
    danes, ibug = predicted(photographs())[0], predicted(crops())[0]
    both = joined([danes, ibug])
    assert set(of_task(both, "train_face", "ibug")["data_set"]) == {"ibug"}
    assert of_task(both, "train_nose", "ibug").empty
