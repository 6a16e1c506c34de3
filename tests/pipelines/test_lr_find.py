"""`lr_find`: learning rates tried on small faces, and in a project of drawn ones."""

import logging

import pandas as pd
import pytest
from kedro.framework.project import configure_project
from matplotlib.figure import Figure

from facial_keypoints import variants
from facial_keypoints.geometry import Crop
from facial_keypoints.landmarks import IBUG_68
from facial_keypoints.learning_rate_range import COLUMNS
from facial_keypoints.pipelines.lr_find import create_pipeline
from facial_keypoints.pipelines.lr_find.nodes import reported
from tests.faces import spot_faces
from tests.options import face_options, finder_options, nose_options, resnet_options
from tests.project import only_error
from tests.running import run_pipeline

OPTIONS = {
    "danes_augmented": nose_options(),
    "danes_faces": face_options(variant="best", network="two_looks", loss="radial"),
    "ibug_faces": resnet_options(variant="lr_1e-4", batch_size=12),
}


@pytest.fixture
def handed_over():
    configure_project("facial_keypoints")
    given = {"train_nose": {"lr_1e-3": {}}, "train_face": {"best": {"network": "two_looks"}}}
    variants.hand_over({**given, "finetune_resnet": {"lr_1e-4": {}}})
    yield
    variants.hand_over({})


def test_every_variant_is_tried_on_what_it_learns_from_and_drawn(handed_over):
    faces = {
        "danes_augmented": spot_faces(),
        "danes_faces": spot_faces(36, (48, 64)),
        "ibug_faces": spot_faces(36, (90, 90), IBUG_68, Crop(2.25, 0.08, 90)),
    }
    finder = {"params:lr_find": finder_options(highest=1e-4)}
    pipeline = create_pipeline()
    saved = run_pipeline(pipeline, faces | finder | {f"params:{given.name}": given for given in OPTIONS.values()})
    assert pipeline.inputs() == {*faces, *finder, *(f"params:{given.name}" for given in OPTIONS.values())}
    for data, given in OPTIONS.items():
        (node,) = (node for node in pipeline.nodes if f"{given.name}.lr_find_table" in node.outputs)
        assert (node.namespace, node.inputs[0]) == (f"lr_find.{given.name}", data)
        assert list(saved[f"{given.name}.lr_find_table"]) == COLUMNS
        assert isinstance(saved[f"{given.name}.lr_find"], Figure)


def table_of(shares: list[float]) -> pd.DataFrame:
    rates = [10.0**power for power in range(-5, -5 + len(shares))]
    return pd.DataFrame({"learning_rate": rates, "smoothed": shares})


def test_the_proposal_is_a_log_line_that_says_how_to_use_it(caplog):
    caplog.set_level(logging.INFO)
    table = table_of([1, 0.8, 0.3, 0.25, 2])  # three quarters of the way to 0.25 is 0.354
    assert reported(table, nose_options(learning_rate=2e-3)) is table
    (line,) = (record.message for record in caplog.records)
    assert "proposed learning rate 0.001;" in line
    assert "its own is 0.002" in line
    command = "kedro run --namespaces train_nose.lr_1e-3 --params train_nose.lr_1e-3.learning_rate=0.001"
    assert line.endswith(command)


def test_where_nothing_is_learnt_a_warning_says_what_to_try(caplog):
    reported(table_of([1, 0.99, 1, 2]), nose_options())
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert "hardly falls between the learning rates 1e-05 and 0.01" in record.message
    assert "--params lr_find.steps=" in record.message


@pytest.mark.slow
def test_one_variant_is_tried_by_its_namespace_alone_and_leaves_mlflow_alone(danes_project):
    error = only_error(danes_project.kedro("run", "--namespaces", "lr_find.train_nose.lr_1e-3"))
    assert error.strip().startswith("danes_augmented is missing: kedro run --pipelines ingest_danes,augment")
    assert danes_project.kedro("run", "--pipelines", "ingest_danes,augment").returncode == 0
    few = ("--params", "lr_find.steps=20")
    error = only_error(
        danes_project.kedro("run", "--namespaces", "lr_find.train_nose.lr_1e-3", "--params", "train_nose.device=cuda:9")
    )
    assert "cuda:9" in error

    result = danes_project.kedro("run", "--namespaces", "lr_find.train_nose.lr_1e-3,lr_find.train_nose.best", *few)
    assert result.returncode == 0, result.stderr
    reports = danes_project.root / "data" / "08_reporting" / "train_nose"
    for variant in ("lr_1e-3", "best"):
        assert {"lr_find.csv", "lr_find.png"} == {path.name for path in (reports / variant).iterdir()}
    assert not (danes_project.root / "data" / "06_models").exists()
    assert not (danes_project.root / "mlflow.db").exists()
