"""Which network is called champion in MLflow's registry."""

from pathlib import Path

import pytest
from kedro.io import MemoryDataset
from mlflow.entities.model_registry import ModelVersion

from tests.faces import spot_faces
from tests.tracked_runs import (
    NAMES,
    client_of,
    kedro_run,
    recorded_runs,
    tiny_catalog,
    training,
)

MODEL = "train_nose-danes"


def champion(tracked: Path, name: str = MODEL) -> ModelVersion:
    return client_of(tracked).get_model_version_by_alias(name, "champion")


def test_the_champion_is_the_variant_that_validates_best(tracked: Path) -> None:
    kedro_run(tracked, training(), tiny_catalog(tracked, epochs=4))
    best = min(recorded_runs(tracked)[1:], key=lambda run: run.data.metrics["best/val_nme"])
    assert champion(tracked).run_id == best.info.run_id
    assert champion(tracked).tags["variant"] == best.data.tags["variant"]
    assert float(champion(tracked).tags["val_nme"]) == best.data.metrics["best/val_nme"]


def test_the_alias_moves_only_when_validation_improves(tracked: Path) -> None:
    def train_for(epochs: int) -> tuple[str, float]:
        kedro_run(tracked, training(NAMES[:1]), tiny_catalog(tracked, NAMES[:1], epochs=epochs))
        run = recorded_runs(tracked)[-1]
        return run.info.run_id, run.data.metrics["best/val_nme"]

    first, error = train_for(3)
    _, same_error = train_for(3)  # the same seed: no better
    assert (champion(tracked).run_id, same_error) == (first, error)
    _, worse = train_for(1)
    assert worse > error
    assert champion(tracked).run_id == first
    better_run, better = train_for(20)
    assert better < error
    assert champion(tracked).run_id == better_run


def test_errors_on_other_validation_faces_are_not_compared(tracked: Path, caplog: pytest.LogCaptureFixture) -> None:
    kedro_run(tracked, training(NAMES[:1]), tiny_catalog(tracked, NAMES[:1], epochs=1))
    first = champion(tracked)
    catalog = tiny_catalog(tracked, NAMES[:1], epochs=20)
    catalog["danes_augmented"] = MemoryDataset(spot_faces(seed=1), copy_mode="assign")
    kedro_run(tracked, training(NAMES[:1]), catalog)
    assert recorded_runs(tracked)[-1].data.metrics["best/val_nme"] < float(first.tags["val_nme"])
    assert champion(tracked).version == first.version
    assert "validated on other faces" in caplog.text
    assert len(client_of(tracked).search_model_versions(f"name = '{MODEL}'")) == 2  # for a person to choose


def test_drawn_faces_have_a_champion_of_their_own(tracked: Path) -> None:
    kedro_run(tracked, training(NAMES[:1]), tiny_catalog(tracked, NAMES[:1]), env="sample")
    assert champion(tracked, f"{MODEL}-sample").version
