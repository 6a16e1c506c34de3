"""What evaluation does with checkpoints that are not there."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from kedro.framework.project import configure_project
from kedro.io import AbstractDataset, DataCatalog, MemoryDataset
from kedro.pipeline import Node, Pipeline
from kedro_datasets.json import JSONDataset

from facial_keypoints import variants
from facial_keypoints.errors import MissingInputError
from facial_keypoints.inputs import networks_behind, replace_optional_inputs
from facial_keypoints.options import PeerOptions
from facial_keypoints.pipelines import evaluate, robustness
from tests.options import evaluate_options

NOSE, FACE, RESNET = "train_nose.lr_1e-3", "train_face.lr_1e-3", "finetune_resnet.lr_1e-4"
VARIANTS = {"train_nose": ["lr_1e-3", "lr_1e-4"], "train_face": ["lr_1e-3"], "finetune_resnet": ["lr_1e-4"]}
PEER = PeerOptions("peer.onnx", "ibug_68", "bgr", 0, 0, crop_scale=1.2, shift_down=0.1, input_size=64)


@pytest.fixture
def measuring() -> Iterator[Pipeline]:
    """evaluate and robustness."""
    configure_project("facial_keypoints")
    variants.hand_over({name: {variant: {} for variant in names} for name, names in VARIANTS.items()})
    yield evaluate.create_pipeline() + robustness.create_pipeline()
    variants.hand_over({})


def unkept(pipeline: Pipeline, trained: list[str], folder: Path, peer_is_there: bool = False) -> set[str]:
    """Outputs that are not written to disk where only some variants are trained, and all faces are there."""
    options = evaluate_options(peers_folder=str(folder), peers={"peer": PEER})
    if peer_is_there:
        (folder / PEER.file).touch()
    there = {"danes_faces", "ibug_faces", *(f"{name}.checkpoint" for name in trained)}
    catalog = DataCatalog({"params:evaluate": MemoryDataset(options, copy_mode="assign")})
    for name in pipeline.datasets() - {"params:evaluate"}:
        place = folder / f"{name}.json"
        dataset: AbstractDataset = JSONDataset(filepath=str(place))
        catalog[name] = dataset
        if name in there:
            dataset.save({})
    replace_optional_inputs(pipeline, catalog, dict, None)
    return {name for name in pipeline.all_outputs() if isinstance(catalog.get(name), MemoryDataset)}


def test_without_its_checkpoint_nothing_is_written_of_a_variant_and_all_of_its_task(measuring, tmp_path):
    left = unkept(measuring, [NOSE, RESNET], tmp_path)
    pictures = {f"{kind}_predictions" for kind in ("good", "typical", "failed")}
    of_variants = {f"{name}.{result}" for name in ("train_nose.lr_1e-4", FACE) for result in (*pictures, "predictions")}
    of_task = ("ced", "landmark_errors", "errors_by_turn", "robustness_table", "robustness", "mean_shape.predictions")
    assert left == of_variants | {f"train_face.{result}" for result in of_task}


def test_a_task_without_any_of_its_variants_keeps_its_earlier_results(measuring, tmp_path):
    left = unkept(measuring, [FACE, RESNET], tmp_path)
    assert {"train_nose.ced", "train_nose.errors_by_turn", "train_nose.robustness_table"} <= left
    assert not {name for name in left if not name.startswith("train_nose.")}


def test_with_every_checkpoint_all_is_written(measuring, tmp_path):
    every = [f"{name}.{variant}" for name, names in VARIANTS.items() for variant in names]
    assert unkept(measuring, every, tmp_path) == set()


def test_what_other_peoples_networks_give_is_written_without_one_of_ours(measuring, tmp_path):
    without = {name for name in unkept(measuring, [NOSE, FACE], tmp_path) if name.startswith("finetune_resnet")}
    with_peer = unkept(measuring, [NOSE, FACE], tmp_path, peer_is_there=True)
    of_task = ("ced", "landmark_errors", "errors_by_turn", "robustness_table", "robustness")
    assert without - with_peer == {f"finetune_resnet.{result}" for result in of_task}
    assert "finetune_resnet.mean_shape.predictions" in with_peer


def test_without_any_checkpoint_there_is_nothing_to_evaluate(measuring, tmp_path):
    with pytest.raises(MissingInputError, match="There is nothing to evaluate"):
        unkept(measuring, [], tmp_path)


def test_a_network_that_is_trained_in_the_same_run_is_no_missing_one():
    pipeline = Pipeline(
        [
            Node(max, "views", "t.a.checkpoint", name="train", namespace="t.a"),
            Node(max, ["t.a.checkpoint", "t.b.checkpoint"], "board", name="rank", namespace="evaluate"),
            Node(min, "board", "report", name="write", namespace="evaluate"),
        ]
    )
    both = {"t.a.checkpoint", "t.b.checkpoint"}
    assert networks_behind(pipeline, set()) == {"board": both, "report": both}
