from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

from facial_keypoints.errors import DataError, ProjectError
from facial_keypoints.geometry import Crop
from facial_keypoints.landmarks import IBUG_68
from facial_keypoints.learning_rate_range import COLUMNS, rising_rates
from facial_keypoints.optimisation import Optimisation
from facial_keypoints.pipelines.finetune_resnet.nodes import new_network as new_resnet
from facial_keypoints.pipelines.train_nose.nodes import new_network as new_nose
from facial_keypoints.pipelines.train_nose.nodes import train as train_nose
from facial_keypoints.range_test import range_test
from tests.faces import spot_faces
from tests.options import finder_options, nose_options, resnet_options

FACES = spot_faces(36, (48, 64))
LOOKS = nose_options(network="two_looks", loss="radial")
CONSTANT = {"lowest": 1e-3, "highest": 1.0000001e-3, "steps": 20}


def tried(options=None, faces=FACES, **finder):
    options = options or nose_options()
    return range_test(*new_nose(faces, options), faces, options, finder_options(**finder))


@pytest.fixture
def rates_taken(monkeypatch):
    """The rates at which the optimiser makes its steps."""
    taken, step = [], Optimisation.step

    def recorded(self, loss):
        taken.append([group["lr"] for group in self.optimizer.param_groups])
        step(self, loss)

    monkeypatch.setattr(Optimisation, "step", recorded)
    return taken


def test_each_step_is_made_at_the_rate_of_its_row_whatever_the_variants_own_schedule(rates_taken):
    options = nose_options(schedule="cosine", warm_up=0.5, average=0.9, learning_rate=0.3)
    finder = finder_options(lowest=1e-6, highest=1e-3, steps=30)
    table = range_test(*new_nose(FACES, options), FACES, options, finder)
    assert list(table.columns) == COLUMNS
    assert list(table["step"]) == list(range(1, 31))
    assert_allclose(table["learning_rate"], rising_rates(finder))
    assert_allclose(rates_taken, np.repeat(table["learning_rate"].to_numpy()[:, None], 2, axis=1))


def test_at_a_constant_rate_the_losses_are_those_of_a_training():
    options = nose_options(epochs=7, learning_rate=CONSTANT["lowest"])
    *_, (_, _, steps) = train_nose(FACES, options)
    assert_allclose(tried(options, **CONSTANT)["loss"], steps["loss"].iloc[:20], rtol=1e-3)


# Of a network of maps most of the loss is their cross-entropy, which before it learns is nearly that of even maps.
@pytest.mark.parametrize(("options", "spread"), [(nose_options(), 0.02), (LOOKS, 0.002)], ids=["dense", "two looks"])
def test_a_network_that_has_not_moved_has_the_loss_of_the_untrained_one_on_the_same_pictures(options, spread):
    table = tried(options, lowest=1e-9, highest=1e-8)
    assert_allclose(table["loss"], table["untrained"], rtol=1e-3)
    assert table["loss"].std() > spread * table["loss"].mean()  # though batches differ


def test_a_network_that_learns_leaves_the_untrained_one_behind():
    table = tried(nose_options(), lowest=1e-4, highest=1e-2, steps=150)
    late = table.tail(50)
    assert late["loss"].mean() < 0.7 * late["untrained"].mean()


def test_it_ends_where_the_loss_has_diverged():
    table = tried(lowest=1e-4, highest=1, steps=150)
    assert table["learning_rate"].iloc[-1] < 1
    assert table["smoothed"].iloc[-1] > 2 * table["smoothed"].min()


def test_a_loss_that_is_no_number_ends_it_and_has_no_row():
    faces = replace(FACES, keypoints=FACES.keypoints.copy())
    faces.keypoints[7, faces.scheme.nose_tip] = np.nan  # the mean shape is none then, and so is every loss
    with pytest.raises(ProjectError, match=r"train_nose\.lr_1e-3: the loss is nan before the first step.*draw_inputs"):
        tried(faces=faces)


def test_a_network_that_overflows_keeps_the_rows_before(monkeypatch):
    def overflow(self, loss):
        with torch.no_grad():
            self.model.last.bias.add_(float("inf") if len(made) == 5 else 0)
        made.append(loss)

    made: list = []
    monkeypatch.setattr(Optimisation, "step", overflow)
    table = tried()
    assert len(table) == 6
    assert np.isfinite(table).all(axis=None)


def test_the_same_seed_gives_the_same_table():
    first, second, other = (tried(nose_options(seed=seed)) for seed in (1, 1, 2))
    assert first.equals(second)
    assert not first["loss"].equals(other["loss"])


def test_a_resnet_is_tried_as_it_is_trained():
    faces, options = spot_faces(36, (90, 90), IBUG_68, Crop(2.25, 0.08, 90)), resnet_options(precision="bf16")
    table = range_test(*new_resnet(faces, options), faces, options, finder_options())
    assert np.isfinite(table).all(axis=None)


def test_without_training_faces_there_is_nothing_to_try():
    with pytest.raises(DataError, match="no train faces"):
        tried(faces=FACES.select((FACES.table["split"] != "train").to_numpy()))
