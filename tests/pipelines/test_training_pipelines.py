from dataclasses import replace

import pandas as pd
import pytest
from kedro.framework.project import configure_project
from matplotlib.figure import Figure

from facial_keypoints import variants
from facial_keypoints.errors import ConfigurationError
from facial_keypoints.fingerprint import fingerprint
from facial_keypoints.geometry import Crop
from facial_keypoints.landmarks import IBUG_68
from facial_keypoints.pipelines.finetune_resnet import create_pipeline as finetune_resnet
from facial_keypoints.pipelines.train_face import create_pipeline as train_face
from facial_keypoints.pipelines.train_nose import create_pipeline as train_nose
from facial_keypoints.pipelines.train_nose.nodes import nose_task
from facial_keypoints.pipelines.variant_nodes import compare_variants
from tests.faces import spot_faces
from tests.options import face_options, nose_options, resnet_options
from tests.running import run_pipeline

FIGURES = ("inputs", "loss_curves", "first_kernels")


@pytest.fixture(autouse=True)
def handed_over():
    configure_project("facial_keypoints")
    names = {"train_nose": ["lr_1e-3", "lr_1e-4"], "train_face": ["lr_1e-3"], "finetune_resnet": ["lr_1e-4"]}
    variants.hand_over({name: {key: {} for key in keys} for name, keys in names.items()})
    yield
    variants.hand_over({})


@pytest.mark.parametrize(
    ("create", "data", "faces", "options"),
    [
        (
            train_nose,
            "danes_augmented",
            spot_faces(),
            [nose_options(), nose_options(variant="lr_1e-4", learning_rate=1e-4)],
        ),
        (train_face, "danes_augmented", spot_faces(), [face_options()]),
        (
            finetune_resnet,
            "ibug_faces",
            spot_faces(36, (90, 90), IBUG_68, Crop(2.25, 0.08, 90)),
            [resnet_options(variant="lr_1e-4", epochs=1)],
        ),
    ],
    ids=["train_nose", "train_face", "finetune_resnet"],
)
def test_every_variant_is_trained_and_drawn(create, data, faces, options):
    saved = run_pipeline(create(), {data: faces} | {f"params:{given.name}": given for given in options})
    for given in options:
        assert saved[f"{given.name}.checkpoint"].training.is_finished
        assert saved[f"{given.name}.checkpoint"].training.faces == fingerprint(faces)
        assert len(saved[f"{given.name}.history"]) == given.epochs
        assert all(isinstance(saved[f"{given.name}.{figure}"], Figure) for figure in FIGURES)


def test_a_scheme_without_a_nose_tip_has_none_to_train():
    faces = spot_faces()
    faces = replace(faces, scheme=replace(faces.scheme, nose_tip=None))
    with pytest.raises(ConfigurationError, match="'imm_58' has no nose_tip"):
        nose_task(faces, nose_options())


def test_several_variants_are_compared_in_one_figure():
    assert "train_nose.comparison" in train_nose().all_outputs()
    assert "train_face.comparison" not in train_face().all_outputs()


def test_the_comparison_says_of_each_variant_what_it_learnt_from():
    history = pd.DataFrame({"epoch": [1], "train/loss": [2.0], "val/loss": [0.1], "val/nme": [9.0], "val/px": [8.0]})
    given = [nose_options(), nose_options(variant="best", loss="radial", network="two_looks")]
    inputs = {options.name: history for options in given} | {f"{options.name}.options": options for options in given}
    figure = compare_variants(**inputs)
    assert [axes.get_title() for axes in figure.axes[:2]] == ["loss (mse)", "loss (radial and maps)"]
    assert figure.get_suptitle() == "train_nose: learning curves of 2 variants"


def test_one_variant_can_be_run_alone():
    alone = train_nose().filter(node_namespaces=["train_nose.lr_1e-4"])
    assert alone.inputs() == {"danes_augmented", "params:train_nose.lr_1e-4"}
    assert {name.rsplit(".", 1)[0] for name in alone.all_outputs()} == {"train_nose.lr_1e-4"}
