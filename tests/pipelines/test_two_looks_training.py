"""The kind of network that the variants `best` train, from drawn photographs to a checkpoint, in small."""

from dataclasses import replace

import numpy as np
import pytest

from facial_keypoints.errors import DataError
from facial_keypoints.examples import Examples
from facial_keypoints.faces import VALIDATION, FaceSet
from facial_keypoints.inference import predict_unit_points
from facial_keypoints.landmarks import IMM_58
from facial_keypoints.options import CropOptions, IngestDanesOptions, IngestIbugOptions, PersonSplit, SmallLooksOptions
from facial_keypoints.pipelines.finetune_resnet.nodes import finetune, resnet_task
from facial_keypoints.pipelines.ingest_danes import create_pipeline as ingest_danes
from facial_keypoints.pipelines.ingest_ibug import create_pipeline as ingest_ibug
from facial_keypoints.pipelines.train_face.nodes import draw_inputs as draw_face_inputs
from facial_keypoints.pipelines.train_face.nodes import train as train_face
from facial_keypoints.pipelines.train_nose.nodes import train as train_nose
from facial_keypoints.pipelines.two_looks_task import two_looks_task
from tests.faces import spot_faces
from tests.options import LIVELY, face_options, nose_options, resnet_options
from tests.running import run_pipeline

BEST = {
    "variant": "best",
    "batch_size": 4,
    "loss": "radial",
    "schedule": "cosine",
    "warm_up": 0.05,
    "weight_decay": 0.02,
    "average": 0.6,
}
LOOKS = SmallLooksOptions(
    input_size=[96, 128], first_size=[24, 32], cut_size=32, looks=1, channels=[8, 16], dilations=[1, 2]
)
SMALL = {**BEST, "network": "two_looks", "two_looks": LOOKS, "learning_rate": 0.02, "epochs": 12}


@pytest.fixture(scope="module")
def danes(drawn_danes) -> FaceSet:
    """Twelve photographs of two people to learn from, six of a third to validate."""
    options = IngestDanesOptions(repair_eye_contours=True, split=PersonSplit(train=[1, 2], validation=[3], test=[]))
    return run_pipeline(ingest_danes(), {"danes_raw": drawn_danes, "params:ingest_danes": options})["danes_faces"]


@pytest.fixture(scope="module")
def ibug(drawn_ibug) -> FaceSet:
    """Sixteen photographs to learn from, four to validate."""
    crop = CropOptions(scale=2.0, shift_down=0.08, size=80)
    options = IngestIbugOptions(crop=crop, split_by="folders", validation_fraction=0.2, points_from="pts", seed=0)
    return run_pipeline(ingest_ibug(), {"ibug_raw": drawn_ibug, "params:ingest_ibug": options})["ibug_faces"]


def trained(epochs):
    """The last checkpoint and history that a training yields."""
    *_, (checkpoint, history, _) = epochs
    assert checkpoint.training.is_finished
    assert np.isfinite(history).all(axis=None)
    return checkpoint, history


def validated(checkpoint, faces: FaceSet) -> float:
    """The error of the checkpoint's network in pixels of the photographs, measured by itself."""
    own = faces.split(VALIDATION)
    examples = Examples(own, checkpoint.frame, device=next(checkpoint.model().parameters()).device)
    predicted = examples.to_source_points(predict_unit_points(checkpoint.model(), examples))
    return float(np.linalg.norm(predicted - own.source_keypoints[:, checkpoint.indices], axis=-1).mean())


def px_of_best_epoch(history) -> float:
    return history.loc[history["val/nme"].idxmin(), "val/px"]


@pytest.mark.parametrize(
    ("train", "options", "points"),
    [(train_face, face_options, list(range(58))), (train_nose, nose_options, [IMM_58.nose_tip])],
    ids=["face", "nose"],
)
def test_on_drawn_danes_the_error_falls(danes, train, options, points):
    checkpoint, history = trained(train(danes, options(**SMALL)))
    assert checkpoint.indices == points
    assert history["val/nme"].min() < 0.7 * history["val/nme"].iloc[0]
    # The cross-entropy of the maps cannot fall below the entropy of its Gaussians: 57 of what remains, for two looks.
    assert history["train/loss"].iloc[-1] < 0.7 * history["train/loss"].iloc[0]
    assert validated(checkpoint, danes) == pytest.approx(px_of_best_epoch(history), rel=1e-3)


def test_on_drawn_photographs_of_ibug_the_loss_falls(ibug):
    options = resnet_options(**BEST, head="two_looks", learning_rate=5e-3, epochs=8)
    checkpoint, history = trained(finetune(ibug, options))
    assert history["train/loss"].iloc[-1] < 0.9 * history["train/loss"].iloc[0]
    assert validated(checkpoint, ibug) == pytest.approx(px_of_best_epoch(history), rel=1e-3)


def test_a_network_that_looks_twice_learns_where_the_spot_is():
    faces = spot_faces(120, size=(48, 64))
    options = nose_options(**SMALL | {"batch_size": 8, "epochs": 10})
    _, history = trained(train_nose(faces, options))
    truth, learnt = (faces.split(split).keypoints[:, faces.scheme.nose_tip] for split in (VALIDATION, "train"))
    mean_shape_px = np.linalg.norm(truth - learnt.mean(axis=0), axis=-1).mean()
    assert history["val/px"].min() < 0.5 * mean_shape_px


def test_networks_that_look_twice_learn_from_augmented_faces_and_of_labels_moved_to_their_places(ibug):
    lively = replace(LIVELY, occlude=0.3)
    task = two_looks_task(spot_faces(), face_options(**SMALL, augmentation=lively))
    assert (task.augmentation, task.learns_all) == (lively, True)
    task = resnet_task(ibug, resnet_options(head="two_looks", augmentation=lively, label_shift=1.25))
    assert (task.augmentation, task.frame.label_shift) == (lively, 1.25)


def test_whole_photographs_are_drawn_as_what_goes_in(danes):
    (axes, *_) = draw_face_inputs(danes, face_options(**SMALL)).axes
    assert axes.images[0].get_array().shape[:2] == (96, 128)


def test_a_resnet_that_looks_twice_wants_crops():
    with pytest.raises(DataError, match="expected crops around boxes"):
        next(finetune(spot_faces(), resnet_options(head="two_looks")))
