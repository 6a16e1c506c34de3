"""Exported files predict what the checkpoint does, for any number of pictures."""

import sys
from typing import NamedTuple

import numpy as np
import pytest
import torch

from facial_keypoints.checkpoints import Checkpoint
from facial_keypoints.errors import DataError, MissingInputError
from facial_keypoints.exporting import int8
from facial_keypoints.exporting.agreement import agreement, pictures_of, reference, require_same
from facial_keypoints.exporting.int8 import quantised
from facial_keypoints.exporting.onnx_file import OPSET, onnx_of, require_onnx
from facial_keypoints.exporting.program import as_file, exported_program, loaded
from facial_keypoints.exporting.running import in_batches, run_onnx, run_program
from facial_keypoints.faces import FaceSet
from tests.exported import KINDS, checkpoint_of, faces_for


class Exported(NamedTuple):
    checkpoint: Checkpoint
    faces: FaceSet
    program: bytes
    onnx: bytes
    int8: bytes


@pytest.fixture(scope="module", params=KINDS)
def exported(request: pytest.FixtureRequest) -> Exported:
    checkpoint = checkpoint_of(request.param)
    faces = faces_for(checkpoint, count=12)
    program = as_file(exported_program(checkpoint))
    onnx = onnx_of(loaded(program))
    return Exported(checkpoint, faces, program, onnx, quantised(onnx, checkpoint, pictures_of(faces, checkpoint)))


def test_the_networks_of_these_tests_see_their_pictures(exported):
    own, model = reference(exported.checkpoint, exported.faces), exported.checkpoint.model()

    @torch.inference_mode()
    def unseen(pictures: np.ndarray) -> np.ndarray:
        return model(torch.zeros(pictures.shape)).numpy()

    assert agreement(unseen, own).largest > 5


def test_both_files_predict_the_checkpoint_s_points(exported):
    own = reference(exported.checkpoint, exported.faces)
    for run in (run_program(exported.program), run_onnx(exported.onnx)):
        found = agreement(run, own)
        assert found.faces == 12
        assert found.largest < 1e-3
        assert found.nme == pytest.approx(found.nme_of_checkpoint, rel=1e-4)


@pytest.mark.parametrize("count", [1, 2, 5])
def test_any_number_of_pictures_is_taken(exported, count):
    frame = exported.checkpoint.frame
    pictures = torch.rand(count, frame.channels, *frame.size, generator=torch.Generator().manual_seed(count))
    with torch.no_grad():
        expected = exported.checkpoint.model()(pictures).numpy()
    for run in (run_program(exported.program), run_onnx(exported.onnx)):
        np.testing.assert_allclose(run(pictures.numpy()), expected, atol=1e-5)


def test_the_onnx_file_names_its_input_output_and_free_size(exported):
    import onnxruntime

    session = onnxruntime.InferenceSession(exported.onnx, providers=["CPUExecutionProvider"])
    (given,), (made,) = session.get_inputs(), session.get_outputs()
    frame = exported.checkpoint.frame
    assert (given.name, given.shape) == ("pictures", ["N", frame.channels, frame.height, frame.width])
    assert (made.name, made.shape) == ("points", ["N", len(exported.checkpoint.indices), 2])


def test_the_onnx_file_is_of_the_stated_opset_and_valid(exported):
    import onnx

    model = onnx.load_from_string(exported.onnx)
    assert [(entry.domain, entry.version) for entry in model.opset_import] == [("", OPSET)]
    onnx.checker.check_model(model, full_check=True)


def test_in_int8_the_file_is_smaller_and_its_points_lie_near(exported):
    found = agreement(run_onnx(exported.int8), reference(exported.checkpoint, exported.faces))
    assert 0.1 < found.largest < 3
    if len(exported.onnx) > 10_000_000:  # of small networks, what describes the scales outweighs the weights
        assert len(exported.int8) < 0.4 * len(exported.onnx)


def test_in_int8_weights_have_a_scale_for_each_channel_and_those_of_heads_stay_in_fp32(exported):
    import onnx

    graph = onnx.load_from_string(exported.int8).graph
    stored = {tensor.name: tensor for tensor in graph.initializer}
    dequantised = {node.output[0]: node.input for node in graph.node if node.op_type == "DequantizeLinear"}
    convolutions = [node.input[1] for node in graph.node if node.op_type == "Conv"]
    heads = [name for name in convolutions if name not in dequantised]
    assert len(heads) == (2 if "two_looks" in exported.checkpoint.architecture["name"] else 0)
    for name in heads:
        assert "head.maps.weight" in name
        assert stored[name].data_type == onnx.TensorProto.FLOAT
    for weights, scale, *_ in (dequantised[name] for name in convolutions if name in dequantised):
        assert stored[weights].data_type == onnx.TensorProto.INT8
        assert list(stored[scale].dims) == [stored[weights].dims[0]]


def test_a_head_that_is_not_found_in_the_file_is_told(monkeypatch):
    checkpoint = checkpoint_of("small_two_looks")
    onnx, pictures = onnx_of(exported_program(checkpoint)), pictures_of(faces_for(checkpoint), checkpoint)
    monkeypatch.setattr(int8, "HEAD", "nowhere.")
    expected = r"train_face\.best: 0 convolutions .* 'nowhere\.' .* expected 2, one for each look.*Nothing is written"
    with pytest.raises(DataError, match=expected):
        quantised(onnx, checkpoint, pictures)


def test_weights_of_a_network_that_looks_twice_are_stored_once():
    checkpoint = checkpoint_of("resnet18_two_looks")
    onnx = onnx_of(exported_program(checkpoint))
    weights = sum(tensor.numel() for tensor in checkpoint.state.values())
    assert len(quantised(onnx, checkpoint, pictures_of(faces_for(checkpoint), checkpoint))) < 1.2 * weights


def test_a_file_of_other_weights_is_refused():
    checkpoint = checkpoint_of("nose")
    state = {name: tensor + 0.01 for name, tensor in checkpoint.state.items()}
    other = Checkpoint(
        checkpoint.architecture, state, checkpoint.scheme, checkpoint.indices, checkpoint.frame, checkpoint.training
    )
    found = agreement(run_program(as_file(exported_program(other))), reference(checkpoint, faces_for(checkpoint)))
    with pytest.raises(DataError, match=r"train_nose.best: model.pt2 predicts points up to .* px of its input beside"):
        require_same(found, "model.pt2", checkpoint)


def test_points_that_are_no_numbers_are_refused():
    checkpoint = checkpoint_of("nose")
    own = reference(checkpoint, faces_for(checkpoint))
    nothing = agreement(lambda pictures: np.full((len(pictures), 1, 2), np.nan, np.float32), own)
    with pytest.raises(DataError, match="up to nan px"):
        require_same(nothing, "model.onnx", checkpoint)


@pytest.mark.parametrize("count", [1, 2, 16, 17, 18, 40])
def test_batches_of_different_sizes_hold_every_picture_once(count):
    sizes = []

    def run(pictures: np.ndarray) -> np.ndarray:
        sizes.append(len(pictures))
        return pictures[:, 0, :1, :2]

    pictures = np.random.default_rng(0).random((count, 1, 4, 4), np.float32)
    np.testing.assert_array_equal(in_batches(run, pictures), pictures[:, 0, :1, :2])
    assert sizes[0] == 1
    assert sum(sizes) == count


@pytest.mark.parametrize(("module", "package"), [("onnxscript", "onnxscript"), ("onnx_ir", "onnx-ir")])
def test_a_package_that_is_missing_is_named_with_the_extra_that_brings_it(monkeypatch, module, package):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingInputError, match=rf"exporting networks needs {package}.*facial-keypoints\[export\]"):
        require_onnx()
