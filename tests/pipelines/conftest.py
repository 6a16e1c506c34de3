"""The inputs of `evaluate`, with networks trained in a moment, and its pipeline of them."""

import pytest
from kedro.framework.project import configure_project

from facial_keypoints import variants
from facial_keypoints.pipelines.evaluate import create_pipeline
from facial_keypoints.pipelines.finetune_resnet.nodes import finetune
from facial_keypoints.pipelines.train_face.nodes import train as train_face
from facial_keypoints.pipelines.train_nose.nodes import train as train_nose
from tests.options import face_options, nose_options, resnet_options
from tests.pipelines.evaluated import DANES, IBUG, OPTIONS, trained


@pytest.fixture(scope="module")
def evaluation_inputs():
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
def evaluation_pipeline():
    configure_project("facial_keypoints")
    names = {"train_nose": ["lr_1e-3", "lr_1e-4"], "train_face": ["lr_1e-3"], "finetune_resnet": ["lr_1e-4"]}
    variants.hand_over({name: {key: {} for key in keys} for name, keys in names.items()})
    yield create_pipeline()
    variants.hand_over({})
