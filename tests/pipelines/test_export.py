import hashlib
import json
from dataclasses import replace

import numpy as np
import pytest

from facial_keypoints.errors import DataError
from facial_keypoints.exporting.agreement import Agreement, pictures_of
from facial_keypoints.faces import TRAIN, VALIDATION
from facial_keypoints.pipelines.export import nodes
from facial_keypoints.pipelines.export.nodes import check, to_int8, to_onnx, to_program, write
from tests.exported import checkpoint_of, faces_for

CHECKPOINT = checkpoint_of("nose")
FACES = faces_for(CHECKPOINT)


@pytest.fixture(scope="module")
def files():
    program = to_program(CHECKPOINT)
    onnx = to_onnx(program)
    return program, onnx, to_int8(onnx, CHECKPOINT, FACES)


def test_files_are_compared_on_validation_faces_and_written_with_what_describes_them(files):
    table = check(CHECKPOINT, FACES, *files)
    assert table["file"].tolist() == ["model.pt2", "model.onnx", "model_int8.onnx"]
    assert (table["faces"] == (FACES.table["split"] == VALIDATION).sum()).all()
    assert (table["largest_input_px"][:2] < 1e-3).all()
    written = dict(write(CHECKPOINT, table, *files))
    assert set(written) >= {"model.pt2", "model.onnx", "model.json", "example.py"}
    about = json.loads(written["model.json"])
    assert about["files"]["model.onnx"]["sha256"] == hashlib.sha256(written["model.onnx"]).hexdigest()
    assert set(about["made_by"]) == {"torch", "onnx", "onnxscript", "onnxruntime"}


def test_ranges_for_int8_are_those_of_faces_to_learn_from(files, monkeypatch):
    seen = []
    monkeypatch.setattr(nodes, "quantised", lambda onnx, checkpoint, pictures: seen.append(pictures))
    to_int8(files[1], CHECKPOINT, FACES)
    np.testing.assert_array_equal(seen[0], pictures_of(FACES.split(TRAIN), CHECKPOINT))


@pytest.mark.parametrize(("nme", "is_kept"), [(5.09, True), (5.11, False)])
def test_int8_is_kept_where_the_error_grows_by_two_percent_at_most(files, monkeypatch, caplog, nme, is_kept):
    monkeypatch.setattr(nodes, "agreement", lambda run, own: Agreement(6, 0.0005, 0.001, nme, 5.0))
    table = check(CHECKPOINT, FACES, *files)
    assert table["kept"].tolist() == [True, True, is_kept]
    written = dict(write(CHECKPOINT, table, *files))
    assert ("model_int8.onnx" in written) == is_kept
    assert ("model_int8.onnx" in json.loads(written["model.json"])["files"]) == is_kept
    assert ("more than 2 % worse, not written" in caplog.text) == (not is_kept)


def test_a_file_unlike_its_checkpoint_ends_the_export(files):
    program, _, int8 = files
    with pytest.raises(DataError, match=r"model.onnx predicts points up to .* Nothing is written"):
        check(CHECKPOINT, FACES, program, {"model.onnx": int8["model_int8.onnx"]}, int8)


def test_a_training_that_was_cut_off_is_exported_with_a_warning(caplog):
    assert to_program(replace(CHECKPOINT, training=replace(CHECKPOINT.training, epochs_planned=9)))
    assert "train_nose.best was trained for 3 of 9 epochs only: exporting the best of them, epoch 2" in caplog.text


def test_what_is_not_trained_is_not_exported():
    assert to_program(None) == to_onnx({}) == to_int8({}, None, FACES) == {}
    assert check(None, None, {}, {}, {}).empty
    assert write(None, check(None, None, {}, {}, {}), {}, {}, {}) == []


def test_faces_with_other_points_show_nothing_and_are_refused(files):
    other = faces_for(checkpoint_of("resnet18"))
    with pytest.raises(DataError, match="predicts the points of imm_58, but the faces of ibug have those of ibug_68"):
        to_int8(files[1], CHECKPOINT, other)


def test_without_validation_faces_nothing_is_exported(files):
    with pytest.raises(DataError, match="validation"):
        check(CHECKPOINT, replace(FACES.split("train")), *files)
