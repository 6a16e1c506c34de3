"""What counts as trained already."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from kedro.io import DataCatalog
from kedro_datasets.pandas import CSVDataset

from facial_keypoints.fingerprint import fingerprint
from facial_keypoints.options import AS_THEY_ARE, NoseOptions
from facial_keypoints.pipelines.train_nose.nodes import train
from facial_keypoints.pipelines.variant_nodes import noting_faces
from facial_keypoints.sweep.completeness import what_is_left
from tests.faces import spot_faces
from tests.options import LIVELY, nose_options
from tests.tracked_runs import tiny_catalog

NAME = "train_nose.lr_1e-3"
FACES = fingerprint(spot_faces())


def empty_catalog(folder: Path) -> DataCatalog:
    catalog = tiny_catalog(folder)
    catalog[f"{NAME}.steps"] = CSVDataset(filepath=str(folder / NAME / "steps.csv"))
    return catalog


def save_epochs(catalog: DataCatalog, options: NoseOptions, most: int = 100) -> None:
    """Train, and save at most so many epochs."""
    epochs: Iterator = noting_faces(train)(spot_faces(), options)
    for _, saved in zip(range(most), epochs, strict=False):
        for name, data in zip(("checkpoint", "history", "steps"), saved, strict=True):
            catalog.save(f"{NAME}.{name}", data)


@pytest.fixture
def catalog(tmp_path) -> DataCatalog:
    """One in which the variant has been trained for two epochs."""
    catalog = empty_catalog(tmp_path)
    save_epochs(catalog, nose_options(epochs=2))
    return catalog


def test_nothing_is_left_of_a_finished_training_with_the_same_options_and_faces(catalog):
    assert what_is_left(catalog, nose_options(epochs=2), FACES) == ""


@pytest.mark.parametrize("same", [{"on_request": True}, {"device": "auto"}])
def test_when_and_where_it_ran_does_not_matter(catalog, same):
    assert what_is_left(catalog, nose_options(epochs=2, **same), FACES) == ""


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"epochs": 3}, "epochs was 2, is 3"),
        ({"seed": 1}, "seed was 0, is 1"),
        ({"learning_rate": 1.1e-3}, "learning_rate was 0.001, is 0.0011"),
        ({"augmentation": AS_THEY_ARE}, "augmentation was"),
    ],
)
def test_another_option_has_to_be_trained(catalog, changed, told):
    left = what_is_left(catalog, nose_options(**{"epochs": 2, "augmentation": LIVELY, **changed}), FACES)
    assert left.startswith(f"trained with other options: {told}")


def test_other_faces_have_to_be_learnt(catalog):
    assert what_is_left(catalog, nose_options(epochs=2), fingerprint(spot_faces(seed=1))) == "trained on other faces"


def test_a_variant_that_was_never_trained_is_left(tmp_path):
    assert what_is_left(empty_catalog(tmp_path), nose_options(epochs=2), FACES) == "not trained yet"


def test_an_interrupted_training_is_left(tmp_path):
    catalog = empty_catalog(tmp_path)
    save_epochs(catalog, nose_options(epochs=2), most=1)
    assert what_is_left(catalog, nose_options(epochs=2), FACES) == "not trained yet"


def test_a_training_killed_between_checkpoint_and_history_is_left(catalog):
    history: pd.DataFrame = catalog.load(f"{NAME}.history")
    catalog.save(f"{NAME}.history", history[:1])
    assert what_is_left(catalog, nose_options(epochs=2), FACES) == "its history is cut off"


def test_a_broken_checkpoint_is_left(catalog, tmp_path):
    (tmp_path / NAME / "checkpoint.pt").write_bytes(b"broken")
    assert what_is_left(catalog, nose_options(epochs=2), FACES) == "its checkpoint cannot be read"
