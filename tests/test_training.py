import logging
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor

from facial_keypoints.checkpoints import Checkpoint
from facial_keypoints.errors import DataError, ProjectError
from facial_keypoints.examples import Examples
from facial_keypoints.faces import FaceSet
from facial_keypoints.geometry import Crop
from facial_keypoints.inference import predict_unit_points
from facial_keypoints.landmarks import IBUG_68
from facial_keypoints.optimisation import Optimisation
from facial_keypoints.pipelines.finetune_resnet.nodes import finetune
from facial_keypoints.pipelines.train_face.nodes import train as train_face
from facial_keypoints.pipelines.train_nose.nodes import train as train_nose
from tests.faces import spot_faces
from tests.options import face_options, nose_options, resnet_options

HISTORY = ["epoch", "train/loss", "val/loss", "val/nme", "val/px", "seconds"]


def test_every_epoch_yields_a_checkpoint_and_a_longer_history():
    epochs = list(train_nose(spot_faces(), nose_options()))
    assert [len(history) for _, history, _ in epochs] == [1, 2, 3]
    _, history, steps = epochs[-1]
    assert list(history) == HISTORY
    assert list(history["epoch"]) == [1, 2, 3]
    assert len(steps) == 3 * 3  # 24 training faces in batches of 8
    assert steps["epoch"].iloc[-1] == 3
    assert steps["loss"].iloc[:3].mean() == pytest.approx(history["train/loss"].iloc[0])


def test_the_checkpoint_is_that_of_the_best_epoch_so_far():
    epochs = list(train_nose(spot_faces(), nose_options(epochs=6, learning_rate=0.02)))
    for checkpoint, history, _ in epochs:
        assert checkpoint.training.epoch == history.loc[history["val/nme"].idxmin(), "epoch"]
        assert checkpoint.training.epochs_done == len(history)
    assert [checkpoint.training.is_finished for checkpoint, _, _ in epochs] == [False] * 5 + [True]
    assert len({checkpoint.training.id for checkpoint, _, _ in epochs}) == 1


def test_where_weights_are_averaged_the_average_is_what_is_measured_and_kept(monkeypatch):
    faces, options = spot_faces(), nose_options(epochs=2, learning_rate=0.01, average=0.9)
    trained = []  # each epoch's network as it was trained, not averaged

    def step(self: Optimisation, loss: Tensor) -> None:
        usual(self, loss)
        trained.append({key: value.clone() for key, value in self.model.state_dict().items()})

    usual = Optimisation.step
    monkeypatch.setattr(Optimisation, "step", step)
    for checkpoint, history, steps in train_nose(faces, options):
        best = history.loc[history["val/nme"].idxmin()]
        assert measured(checkpoint, faces) == pytest.approx(best["val/px"], rel=1e-4)
        last = trained[int((steps["epoch"] <= checkpoint.training.epoch).sum()) - 1]
        assert any(not torch.equal(checkpoint.state[key], last[key]) for key in last)
        for key, value in averaged_by_hand(trained[: int(best["epoch"]) * 3], 0.9).items():
            assert torch.allclose(checkpoint.state[key], value, atol=1e-5), key


def averaged_by_hand(states: list[dict[str, Tensor]], most: float) -> dict[str, Tensor]:
    average = states[0]
    for count, state in enumerate(states[1:], start=1):
        decay = min(most, (1 + count) / (10 + count))
        average = {
            key: decay * average[key] + (1 - decay) * value if value.is_floating_point() else value
            for key, value in state.items()
        }
    return average


def measured(checkpoint: Checkpoint, faces: FaceSet) -> float:
    """The mean error of the checkpoint's network on the validation faces, in pixels."""
    validation = faces.split("validation")
    examples = Examples(validation, checkpoint.frame, torch.device("cpu"), checkpoint.indices)
    predicted = examples.to_source_points(predict_unit_points(checkpoint.model(), examples))
    return float(np.linalg.norm(predicted - validation.source_keypoints[:, checkpoint.indices], axis=-1).mean())


def test_an_earlier_checkpoint_does_not_change_while_training_goes_on():
    training = train_nose(spot_faces(), nose_options(epochs=2, learning_rate=0.02))
    first, _, _ = next(training)
    before = {key: value.clone() for key, value in first.state.items()}
    next(training)
    assert all(torch.equal(first.state[key], before[key]) for key in before)


def test_a_network_learns_where_the_spot_is():
    faces = spot_faces(240, size=(32, 48))
    *_, (_, history, _) = train_nose(faces, nose_options(epochs=25, channels=[8, 8, 16, 16], hidden=[32, 16]))
    *_, (_, at_start, _) = train_nose(faces, nose_options(epochs=1, learning_rate=1e-9))
    assert history["val/px"].min() < 0.5 * at_start["val/px"].min()


@pytest.mark.parametrize(
    ("train", "faces", "options", "points"),
    [
        (train_nose, spot_faces(), nose_options(epochs=1), 1),
        (train_face, spot_faces(), face_options(epochs=1), 58),
        (finetune, spot_faces(36, (90, 90), IBUG_68, Crop(2.25, 0.08, 90)), resnet_options(epochs=1), 68),
        (
            finetune,
            spot_faces(36, (90, 90), IBUG_68, Crop(2.25, 0.08, 90)),
            resnet_options(epochs=1, colour="grey", precision="bf16"),
            68,
        ),
    ],
    ids=["nose", "face", "resnet", "resnet grey bf16"],
)
def test_each_network_trains_on_its_points(train, faces, options, points):
    ((checkpoint, history, _),) = train(faces, options)
    assert len(checkpoint.indices) == points
    assert np.isfinite(history).all(axis=None)
    frame = checkpoint.frame
    assert checkpoint.model()(torch.rand(2, frame.channels, *frame.size)).shape == (2, points, 2)


def test_the_same_seed_gives_the_same_history():
    first, second, other = (
        list(train_nose(spot_faces(), nose_options(seed=seed)))[-1][1].drop(columns="seconds") for seed in (1, 1, 2)
    )
    pd.testing.assert_frame_equal(first, second)
    assert not first["train/loss"].equals(other["train/loss"])


def test_a_loss_that_is_no_number_ends_in_an_error_that_says_what_to_do():
    faces = spot_faces()
    faces.keypoints[0, faces.scheme.nose_tip] = np.nan
    with pytest.raises(ProjectError, match=r"train_nose\.lr_1e-3: train/loss is nan in epoch 1.*learning_rate=0\.0001"):
        list(train_nose(faces, nose_options()))


def test_a_network_that_learns_nothing_says_so(caplog):
    faces = spot_faces()
    list(train_nose(replace(faces, images=np.zeros_like(faces.images)), nose_options()))
    warnings = [record.message for record in caplog.records if record.levelno == logging.WARNING]
    assert any("hardly better than the mean shape" in warning for warning in warnings)


def test_every_epoch_is_a_log_line(caplog):
    caplog.set_level(logging.INFO)
    list(train_nose(spot_faces(), nose_options(epochs=2)))
    lines = [record.message for record in caplog.records if "epoch" in record.message]
    assert [line.split(":")[0] for line in lines[:2]] == [
        "train_nose.lr_1e-3 epoch 1/2",
        "train_nose.lr_1e-3 epoch 2/2",
    ]


@pytest.mark.parametrize("split", ["train", "validation"])
def test_a_split_without_faces_is_named(split):
    faces = spot_faces()
    with pytest.raises(DataError, match=f"no {split} faces"):
        list(train_nose(faces.select((faces.table["split"] != split).to_numpy()), nose_options()))


def test_a_single_training_face_is_refused_with_the_reason():
    faces = spot_faces(36, (90, 90), IBUG_68, Crop(2.25, 0.08, 90))
    rows = np.flatnonzero((faces.table["split"] != "train").to_numpy())
    with pytest.raises(DataError, match="found 1 train face, expected at least 2"):
        next(finetune(faces.select(np.array([0, *rows])), resnet_options()))
