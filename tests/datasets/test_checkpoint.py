import json
from dataclasses import replace

import pytest
import torch
from kedro.io import DatasetError

from facial_keypoints.checkpoints import Checkpoint, Training
from facial_keypoints.datasets.checkpoint import CheckpointDataset
from facial_keypoints.examples import InputFrame
from facial_keypoints.geometry import Crop
from facial_keypoints.landmarks import IMM_58
from facial_keypoints.models import seeded_model

ARCHITECTURE = {"name": "nose", "input_size": [32, 48], "channels": [2, 2, 2, 2], "hidden": [4, 4]}


@pytest.fixture
def checkpoint():
    return Checkpoint(
        architecture=ARCHITECTURE,
        state=seeded_model(ARCHITECTURE, seed=5).state_dict(),
        scheme=IMM_58,
        indices=[52],
        frame=InputFrame(32, 48, 1, Crop(1.5, 0.1, 32)),
        training=Training("abc", "train_nose", "lr_1e-3", "danes", 2, epochs_done=3, epochs_planned=3),
    )


@pytest.fixture
def dataset(tmp_path):
    return CheckpointDataset(filepath=str(tmp_path / "nose" / "checkpoint.pt"))


def test_a_saved_checkpoint_predicts_the_same(dataset, checkpoint):
    dataset.save(checkpoint)
    loaded = dataset.load()
    pictures = torch.rand(3, 1, 32, 48)
    assert torch.equal(loaded.model()(pictures), checkpoint.model()(pictures))
    assert (loaded.frame, loaded.training, loaded.indices, loaded.scheme) == (
        checkpoint.frame,
        checkpoint.training,
        checkpoint.indices,
        checkpoint.scheme,
    )


def test_nothing_but_tensors_and_plain_values_is_stored(dataset, checkpoint, tmp_path):
    dataset.save(checkpoint)
    assert "state_dict" in torch.load(tmp_path / "nose" / "checkpoint.pt", weights_only=True)


def unfinished(checkpoint: Checkpoint, epoch: int = 1) -> Checkpoint:
    return replace(checkpoint, training=replace(checkpoint.training, epoch=epoch, epochs_done=2))


def test_an_interrupted_training_can_be_loaded_but_does_not_count_as_there(dataset, checkpoint):
    assert not dataset.can_be_loaded
    dataset.save(unfinished(checkpoint))
    assert not dataset.exists()
    assert dataset.can_be_loaded
    assert dataset.load().training.epoch == 1


def test_a_training_that_is_interrupted_leaves_the_finished_one_before_it(dataset, checkpoint):
    dataset.save(checkpoint)
    dataset.save(unfinished(checkpoint))
    assert dataset.exists()
    assert dataset.load().training.epoch == 2


def test_a_finished_training_leaves_nothing_unfinished(dataset, checkpoint, tmp_path):
    dataset.save(unfinished(checkpoint))
    dataset.save(checkpoint)
    assert [path.name for path in (tmp_path / "nose").iterdir()] == ["checkpoint.pt"]


def test_a_missing_checkpoint_says_what_to_do(dataset):
    with pytest.raises(DatasetError, match=r"checkpoint\.pt is missing: train the variant first"):
        dataset.load()


def test_a_checkpoint_without_its_parts_is_named(dataset, checkpoint, tmp_path):
    dataset.save(checkpoint)
    torch.save({"format": 2, "frame": {}}, tmp_path / "nose" / "checkpoint.pt")
    with pytest.raises(DatasetError, match=r"checkpoint\.pt.*cannot be read.*train the variant again"):
        dataset.load()


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", b"PK\x03\x04"])
def test_a_broken_file_is_named_with_what_to_do(dataset, checkpoint, tmp_path, content):
    dataset.save(checkpoint)
    (tmp_path / "nose" / "checkpoint.pt").write_bytes(content)
    with pytest.raises(DatasetError, match=r"checkpoint\.pt.*cannot be read.*train the variant again"):
        dataset.load()


def test_somebody_elses_tensors_are_no_checkpoint(dataset, tmp_path):
    (tmp_path / "nose").mkdir()
    torch.save({"weight": torch.zeros(3)}, tmp_path / "nose" / "checkpoint.pt")
    with pytest.raises(DatasetError, match="no format, expected a checkpoint of this project"):
        dataset.load()


def from_another_data_set(checkpoint):
    return replace(checkpoint, training=replace(checkpoint.training, id="def", data_set="own"))


@pytest.mark.parametrize("epochs_done", [2, 3], ids=["unfinished", "finished"])
def test_what_was_learnt_from_another_data_set_is_not_replaced(dataset, checkpoint, epochs_done):
    dataset.save(replace(checkpoint, training=replace(checkpoint.training, epochs_done=epochs_done)))
    with pytest.raises(DatasetError, match=r"train_nose\.lr_1e-3 has learnt from danes.*on own would replace that"):
        dataset.save(from_another_data_set(checkpoint))
    assert dataset.learnt_from == "danes"


def test_a_checkpoint_that_cannot_be_read_may_be_replaced(dataset, checkpoint, tmp_path):
    dataset.save(checkpoint)
    torch.save({"format": 1}, tmp_path / "nose" / "checkpoint.pt")
    assert dataset.learnt_from is None
    dataset.save(from_another_data_set(checkpoint))
    assert dataset.learnt_from == "own"


def test_the_preview_says_what_the_network_is_without_its_weights(dataset, checkpoint):
    dataset.save(checkpoint)
    about = json.loads(dataset.preview())
    assert about["variant"] == "train_nose.lr_1e-3"
    assert about["kept"] == "epoch 2 of 3; 3 were planned"
    assert about["input"] == "48 x 32 pixels, grey"
    assert about["weights"] == sum(weights.numel() for weights in checkpoint.model().parameters())
    assert about["architecture"] == ARCHITECTURE
