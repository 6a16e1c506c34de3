import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from kedro.framework.project import configure_project
from matplotlib.figure import Figure
from numpy.testing import assert_allclose

from facial_keypoints import variants
from facial_keypoints.checkpoints import Checkpoint
from facial_keypoints.contenders import of_checkpoint
from facial_keypoints.errors import ConfigurationError
from facial_keypoints.evaluation import protocol_of
from facial_keypoints.faces import TEST, FaceSet
from facial_keypoints.geometry import Crop, crop_matrix
from facial_keypoints.landmarks import IBUG_68
from facial_keypoints.options import PeerOptions
from facial_keypoints.perturbations import PERTURBATIONS, perturbed
from facial_keypoints.pipelines.finetune_resnet.nodes import finetune
from facial_keypoints.pipelines.robustness import create_pipeline, nodes
from facial_keypoints.pipelines.robustness.nodes import COLUMNS, draw_perturbed_faces, draw_robustness, sweep
from facial_keypoints.pipelines.train_nose.nodes import train as train_nose
from facial_keypoints.protocol import manifest
from facial_keypoints.resampling import bootstrap_intervals
from tests.faces import spot_faces
from tests.options import evaluate_options, nose_options, resnet_options
from tests.running import run_pipeline

CUT = Crop(2.25, 0.08, 90)
OPTIONS = evaluate_options(boxes="detector")  # which is not there: robustness starts from the labels' boxes
STEPS = {(name, level) for name, each in PERTURBATIONS.items() for level in each.levels}
OF_BOXES = ("box_shift", "box_scale")


def crops() -> FaceSet:
    rng = np.random.default_rng(0)
    boxes = np.hstack([rng.uniform(-20, 200, (36, 2)), np.repeat(rng.uniform(80, 200, (36, 1)), 2, axis=1)])
    return replace(spot_faces(36, (90, 90), IBUG_68, CUT), to_source=crop_matrix(boxes, CUT))


DANES, IBUG = spot_faces(36), crops()


def trained(train: Callable, faces: FaceSet, options: Any) -> Checkpoint:
    *_, (checkpoint, _, _) = train(faces, options)
    return checkpoint


@pytest.fixture(scope="module")
def nose() -> Checkpoint:
    return trained(train_nose, DANES, nose_options())


@pytest.fixture(scope="module")
def resnet() -> Checkpoint:
    return trained(finetune, IBUG, resnet_options(variant="lr_1e-4", epochs=1))


@pytest.fixture(scope="module")
def on_photographs(nose) -> pd.DataFrame:
    return sweep(DANES, OPTIONS, nose, None, pipeline="train_nose")


@pytest.fixture(scope="module")
def on_crops(resnet) -> pd.DataFrame:
    return sweep(IBUG, OPTIONS, resnet, pipeline="finetune_resnet")


def steps_of(table: pd.DataFrame) -> list[tuple[str, float]]:
    return list(zip(table["perturbation"], table["level"], strict=True))


def test_faces_cut_around_boxes_meet_every_perturbation_at_every_level_once(on_crops):
    assert list(on_crops) == COLUMNS
    assert len(on_crops) == len(STEPS)
    assert set(steps_of(on_crops)) == STEPS


def test_whole_photographs_have_no_boxes_to_move(on_photographs):
    assert set(steps_of(on_photographs)) == {step for step in STEPS if step[0] not in OF_BOXES}
    assert set(on_photographs["variant"]) == {"lr_1e-3"}


def test_only_test_faces_are_measured(on_crops):
    assert set(on_crops["split"]) == {TEST}
    assert set(on_crops["faces"]) == {6}


def plain_errors(checkpoint: Checkpoint, faces: FaceSet) -> pd.DataFrame:
    return of_checkpoint(checkpoint, faces.data_set).predict(faces.split(TEST), None, OPTIONS)


@pytest.mark.parametrize("task", ["crops", "photographs"])
def test_at_the_harmless_level_errors_are_those_of_plain_faces(task, request):
    table = request.getfixturevalue(f"on_{task}")
    checkpoint, faces = {"crops": ("resnet", IBUG), "photographs": ("nose", DANES)}[task]
    errors = plain_errors(request.getfixturevalue(checkpoint), faces)
    harmless = table[[level == PERTURBATIONS[name].harmless for name, level in steps_of(table)]]
    assert len(harmless) == table["perturbation"].nunique()
    assert_allclose(harmless["nme"], errors["nme"].mean())
    assert_allclose(harmless["px"], errors["px"].mean())
    assert_allclose(harmless["fr_8"], 100 * (errors["nme"] > 8).mean())


@pytest.mark.parametrize(("name", "level"), [("box_shift", 0.2), ("rotation", 30.0), ("darkness", 0.9)])
def test_a_harder_level_is_measured_on_the_faces_and_boxes_made_so(on_crops, resnet, name, level):
    given = perturbed(IBUG.split(TEST), PERTURBATIONS[name], level, OPTIONS.seed)
    errors = of_checkpoint(resnet, "ibug").predict(given.faces, given.boxes, OPTIONS)
    (row,) = on_crops.query("perturbation == @name and level == @level").to_dict("records")
    low, high = bootstrap_intervals(errors[["nme"]].to_numpy(), errors["group"].to_numpy())[0]
    assert_allclose(
        [row["nme"], row["nme_low"], row["nme_high"], row["px"]],
        [errors["nme"].mean(), low, high, errors["px"].mean()],
    )


def test_errors_of_a_turned_face_are_relative_to_the_norm_of_the_plain_one(nose):
    test, options = DANES.split(TEST), evaluate_options(norm="face_size")
    turn, contender = PERTURBATIONS["rotation"], of_checkpoint(nose, "danes")
    (row,) = nodes.measured(test, turn, 30.0, [contender], options)
    given = perturbed(test, turn, 30.0, options.seed)
    predictions = contender.predict(given.faces, given.boxes, options)
    low, high = (bound(test.source_keypoints, axis=1) for bound in (np.min, np.max))
    plain_sizes = np.sqrt((high - low).prod(axis=1))
    assert_allclose(row["nme"], (100 * predictions["px"] / plain_sizes).mean())
    assert abs(row["nme"] - predictions["nme"].mean()) > 0.01 * row["nme"]  # a turned face's rectangle has another size


def test_a_face_out_of_its_place_has_larger_errors(on_crops):
    errors = on_crops.set_index(["perturbation", "level"])["nme"]
    assert errors["box_shift", 0.2] != errors["box_shift", 0.0]
    assert errors["rotation", 30.0] > errors["rotation", 0.0]


def test_each_row_holds_the_protocol_of_the_plain_faces_and_the_labels_boxes(on_crops, resnet):
    protocol = protocol_of(plain_errors(resnet, IBUG))
    for field in ("points", "norm", "test_time_augmentation", "crop", "weights", "code"):
        assert set(on_crops[field]) == {getattr(protocol, field)}
    assert set(on_crops["manifest"]) == {manifest(IBUG.split(TEST))}
    assert "detect" not in on_crops["boxes"].iloc[0]


def test_the_same_seed_gives_the_same_table(on_photographs, nose):
    pd.testing.assert_frame_equal(sweep(DANES, OPTIONS, nose, pipeline="train_nose"), on_photographs)


def test_networks_of_other_points_and_variants_not_trained_are_left_out_and_named(nose, caplog):
    assert sweep(IBUG, OPTIONS, nose, None, pipeline="finetune_resnet").empty
    assert re.search(r"train_nose\.lr_1e-3 predicts the points of imm_58.*ibug have those of ibug_68", caplog.text)


def test_a_network_that_has_learnt_from_the_test_faces_or_was_cut_off_is_named(nose, caplog, monkeypatch):
    monkeypatch.setattr(nodes, "perturbations_for", lambda test: [])
    learnt = replace(nose.training, groups=["group5"], epochs_planned=9)
    sweep(DANES, OPTIONS, replace(nose, training=learnt), pipeline="train_nose")
    assert "has learnt from 1 of the groups that it is evaluated on, such as group5" in caplog.text
    assert "was trained for 3 of 9 epochs only" in caplog.text


def test_no_face_is_made_harder_for_nobody(monkeypatch):
    monkeypatch.setattr(nodes, "perturbed", None)
    table = sweep(DANES, OPTIONS, None, pipeline="train_nose")
    assert list(table) == COLUMNS
    assert table.empty


def test_there_is_nothing_to_measure_without_test_faces(nose):
    learnt = DANES.select((DANES.table["split"] != TEST).to_numpy())
    for faces in (None, learnt):
        table = sweep(faces, OPTIONS, nose, pipeline="train_nose")
        assert list(table) == COLUMNS
        assert table.empty
        assert isinstance(draw_robustness(table), Figure)
        assert isinstance(draw_perturbed_faces(faces, OPTIONS), Figure)


def test_the_figure_says_task_faces_and_norm(on_photographs):
    figure = draw_robustness(on_photographs)
    title = figure.get_suptitle()
    assert "train_nose, 6 test faces of danes, norm outer eye corners" in title
    drawn = [axes for axes in figure.axes if axes.lines]
    assert len(drawn) == on_photographs["perturbation"].nunique()


@pytest.mark.real
def test_peers_meet_the_same_faces(peers_folder, resnet):
    pytest.importorskip("onnxruntime")
    peer = PeerOptions("pfld.onnx", "ibug_68", "bgr", 0, 0, crop_scale=1.1, shift_down=0.13, input_size=112)
    options = evaluate_options(peers_folder=str(peers_folder), peers={"pfld": peer})
    table = sweep(IBUG, options, resnet, pipeline="finetune_resnet")
    own, others = (table[table["variant"] == variant] for variant in ("lr_1e-4", "pfld"))
    assert steps_of(own) == steps_of(others)
    for column in ("faces", "manifest", "norm", "boxes", "points"):
        assert list(own[column]) == list(others[column])


def test_a_network_that_sees_more_than_was_cut_is_refused(resnet):
    wider = replace(resnet, frame=replace(resnet.frame, crop=Crop(2.5, 0.08, 64)))
    with pytest.raises(ConfigurationError, match="crop_scale"):
        sweep(IBUG, OPTIONS, wider, pipeline="finetune_resnet")


@pytest.fixture
def pipeline():
    configure_project("facial_keypoints")
    variants.hand_over({"train_nose": {"lr_1e-3": {}}, "train_face": {}, "finetune_resnet": {"lr_1e-4": {}}})
    yield create_pipeline()
    variants.hand_over({})


def test_every_task_has_a_table_and_its_figures(pipeline, nose):
    inputs = dict.fromkeys(pipeline.inputs()) | {
        "danes_faces": DANES,
        "params:evaluate": OPTIONS,
        "train_nose.lr_1e-3.checkpoint": nose,
    }
    saved = run_pipeline(pipeline, inputs)
    tables = {name: table for name, table in saved.items() if name.endswith(".robustness_table")}
    assert {name for name, table in tables.items() if len(table)} == {"train_nose.robustness_table"}
    for name in tables:
        task = name.removesuffix(".robustness_table")
        assert isinstance(saved[f"{task}.robustness"], Figure)
        assert isinstance(saved[f"{task}.perturbed_faces"], Figure)
