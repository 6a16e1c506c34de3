from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from facial_keypoints.box_fit import NO_BOXES
from facial_keypoints.checkpoints import Checkpoint, Training
from facial_keypoints.contenders import (
    Contender,
    frame_in_words,
    of_checkpoint,
    of_peer,
    peer_frame,
    peers_for,
)
from facial_keypoints.errors import ConfigurationError, MissingInputError
from facial_keypoints.examples import Examples, InputFrame
from facial_keypoints.faces import FaceSet
from facial_keypoints.geometry import Crop
from facial_keypoints.landmarks import IBUG_68, IMM_58
from facial_keypoints.models import seeded_model
from facial_keypoints.options import EvaluateOptions, PeerOptions
from facial_keypoints.predictions import predicted_points
from facial_keypoints.protocol import Protocol
from tests.faces import spot_faces
from tests.options import evaluate_options
from tests.test_detection import FACE, astronauts
from tests.test_peers import FEATURES

ARCHITECTURE = {"name": "nose", "input_size": [32, 48], "channels": [2, 2, 2, 2], "hidden": [4, 4]}
PFLD: dict[str, Any] = {"file": "pfld.onnx", "scheme": "ibug_68", "colour": "bgr", "offset": 0, "label_shift": 0}
PEER = PeerOptions(**PFLD, crop_scale=1.1, shift_down=0.13, input_size=224)


def checkpoint(**changed: Any) -> Checkpoint:
    training = {"id": "0123", "pipeline": "train_nose", "variant": "lr_1e-3", "data_set": "danes"}
    training |= {"epoch": 2, "epochs_done": 3, "epochs_planned": 3, "groups": ["01", "02"]}
    return Checkpoint(
        architecture=ARCHITECTURE,
        state=seeded_model(ARCHITECTURE, seed=5).state_dict(),
        scheme=IMM_58,
        indices=[IMM_58.nose_tip],
        frame=InputFrame(32, 48, 1),
        training=Training(**(training | changed)),
    )


def protocol_of(contender: Contender, faces: FaceSet, options: EvaluateOptions) -> Protocol:
    return Protocol.from_json(contender.predict(faces, None, options)["protocol"].iloc[0])


def test_a_network_of_ours_predicts_what_its_checkpoint_does():
    faces, ours = spot_faces(6), checkpoint()
    table = of_checkpoint(ours, "danes").predict(faces, None, evaluate_options())
    examples = Examples(faces, ours.frame, torch.device("cpu"), ours.indices)
    points = ours.model()(examples.plain(torch.arange(6))[0]).detach().numpy()
    assert_allclose(predicted_points(table), points * [48, 32], rtol=1e-4)
    assert list(table["name"]) == list(faces.table["name"])


def test_a_network_of_ours_is_called_by_its_variant_unless_it_has_another_name():
    named = [of_checkpoint(checkpoint(), "danes", *name).predictor for name in ((), ("lr_1e-3 (run 01234567)",))]
    assert [(predictor.pipeline, predictor.variant) for predictor in named] == [
        ("train_nose", "lr_1e-3"),
        ("train_nose", "lr_1e-3 (run 01234567)"),
    ]


def test_only_on_its_own_data_set_a_network_reports_to_its_training():
    assert of_checkpoint(checkpoint(), "danes").predictor.training_id == "0123"
    assert of_checkpoint(checkpoint(), "own").predictor.training_id == ""


@pytest.mark.parametrize(
    ("options", "start"),
    [
        ({}, "random values"),
        ({"weights": "none"}, "random values"),
        ({"weights": "IMAGENET1K_V1"}, "IMAGENET1K_V1"),
        ({"weights": "some/folder/weights.pth"}, "weights.pth"),
        ({"weights": "data/06_models/finetune_resnet/a/checkpoint.pt"}, "finetune_resnet/a/checkpoint.pt"),
        ({"weights": "part.pth", "allow_partial": True}, "part.pth (a part)"),
    ],
    ids=["no choice", "none", "by name", "by path", "a checkpoint", "a part"],
)
def test_the_record_says_what_a_network_has_learnt_from_without_saying_where_that_lies(options, start):
    weights = of_checkpoint(checkpoint(options=options), "danes").predictor.weights
    assert weights == f"epoch 2 of 3 on danes (2 groups), from {start}"


def test_the_options_are_in_the_protocol():
    faces, contender = spot_faces(6), of_checkpoint(checkpoint(), "danes")
    plain = protocol_of(contender, faces, evaluate_options())
    other = protocol_of(contender, faces, evaluate_options(norm="face_size", flip_average=True))
    assert (plain.norm, plain.test_time_augmentation, plain.boxes) == ("outer_eye_corners", "none", NO_BOXES)
    assert (other.norm, other.test_time_augmentation) == ("face_size", "flip")
    assert plain.crop == "whole photograph at 48 x 32 px, grey"
    assert plain.pictures == "48 x 32 px, whole photographs"


def test_flipping_is_refused_where_a_mirrored_point_is_not_predicted():
    contender = replace(of_checkpoint(checkpoint(), "danes"), indices=[IMM_58.outer_eye_corners[0]])
    with pytest.raises(ConfigurationError, match="flip_average=false"):
        contender.predict(spot_faces(6), None, evaluate_options(flip_average=True))


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (InputFrame(120, 160, 1), "whole photograph at 160 x 120 px, grey"),
        (InputFrame(224, 224, 3, Crop(1.5, 0.08, 224)), "1.5 sides of the box, 0.08 down, at 224 x 224 px, rgb"),
        (
            InputFrame(64, 64, 3, Crop(2, 0, 64), 1.25),
            "2 sides of the box, 0 down, at 64 x 64 px, rgb, labels taken to lie 1.25 px too far right",
        ),
    ],
)
def test_a_frame_in_words(frame, words):
    assert frame_in_words(frame) == words


def test_a_peer_sees_its_own_square_around_the_box():
    frame = peer_frame(PEER)
    assert (frame.size, frame.channels, frame.crop) == ((224, 224), 3, Crop(1.1, 0.13, 224))


def test_a_peers_answers_are_moved_to_where_labels_lie():
    assert peer_frame(PEER).label_shift == 0
    assert peer_frame(replace(PEER, label_shift=1.2)).label_shift == 1.2


def crops() -> FaceSet:
    return spot_faces(6, (90, 90), IBUG_68, Crop(2.25, 0.08, 90))


def test_a_peer_that_is_not_there_is_skipped_by_name(tmp_path, caplog):
    caplog.set_level("INFO")
    options = evaluate_options(peers_folder=str(tmp_path), peers={"pfld": PEER})
    assert peers_for(crops(), options, "finetune_resnet") == []
    assert "pfld is skipped:" in caplog.text
    assert str(tmp_path / "pfld.onnx") in caplog.text
    with pytest.raises(MissingInputError, match="no such file"):
        of_peer("pfld", IBUG_68, options, "finetune_resnet")


def test_peers_of_other_points_are_not_asked_for(tmp_path, caplog):
    caplog.set_level("INFO")
    options = evaluate_options(peers_folder=str(tmp_path), peers={"pfld": PEER})
    assert peers_for(spot_faces(6, crop=Crop(2.25, 0.08, 48)), options, "train_face") == []
    assert not caplog.records


def test_a_peer_that_sees_more_than_was_cut_is_skipped_by_name(tmp_path, caplog):
    caplog.set_level("INFO")
    options = evaluate_options(peers_folder=str(tmp_path), peers={"pfld": replace(PEER, crop_scale=2.5)})
    assert peers_for(crops(), options, "finetune_resnet") == []
    (record,) = caplog.records
    found = "pfld is skipped: it sees 2.5 sides of the box, but the faces of ibug were cut at 2.25."
    assert record.getMessage().startswith(found)
    assert "ingest_ibug.crop.scale" in record.getMessage()


def test_peers_have_nothing_to_see_in_whole_photographs(tmp_path, caplog):
    caplog.set_level("INFO")
    options = evaluate_options(peers_folder=str(tmp_path), peers={"pfld": PEER})
    assert peers_for(spot_faces(6, (90, 90), IBUG_68), options, "finetune_resnet") == []
    assert not caplog.records


@pytest.fixture(scope="module")
def with_pfld(peers_folder: Path) -> EvaluateOptions:
    pytest.importorskip("onnxruntime")
    return evaluate_options(peers_folder=str(peers_folder), peers={"pfld": PEER})


@pytest.mark.real
def test_a_peer_finds_the_features_of_the_astronaut_in_her_photograph(with_pfld):
    astronaut = astronauts([FACE, FACE])
    (pfld,) = peers_for(astronaut, with_pfld, "finetune_resnet")
    table = pfld.predict(astronaut, np.stack([FACE, FACE]), with_pfld)
    points = predicted_points(table)[0]
    for part, place in FEATURES.items():
        found = points[IBUG_68.nose_tip] if part == "nose_tip" else points[list(IBUG_68.parts[part])].mean(axis=0)
        assert_allclose(found, place, atol=6)


@pytest.mark.real
def test_a_peer_is_on_record_by_its_files_digest_and_reports_to_no_training(with_pfld, peers_folder):
    predictor = of_peer("pfld", IBUG_68, with_pfld, "finetune_resnet").predictor
    digest = sha256((peers_folder / "pfld.onnx").read_bytes()).hexdigest()[:12]
    assert (predictor.pipeline, predictor.variant, predictor.training_id) == ("finetune_resnet", "pfld", "")
    assert predictor.weights == f"pfld.onnx, sha256 {digest}"
    assert predictor.crop == "1.1 sides of the box, 0.13 down, at 224 x 224 px, rgb"


@pytest.mark.real
def test_a_peer_does_not_depend_on_how_widely_a_face_was_cut(with_pfld):
    pfld = of_peer("pfld", IBUG_68, with_pfld, "finetune_resnet")
    tables = [
        pfld.predict(astronauts([FACE], crop=crop), FACE[None], with_pfld)
        for crop in (Crop(2.25, 0.08, 504), Crop(1.8, 0.1, 403))
    ]
    assert_allclose(*map(predicted_points, tables), atol=0.7)
