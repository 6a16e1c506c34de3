"""What a run leaves in MLflow. Each fact is read from a real store, through MLflow's client."""

import json
import re
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace

import pytest
from kedro.io import DatasetError

from facial_keypoints import __version__
from facial_keypoints.box_fit import NO_BOXES
from facial_keypoints.datasets.absent import AbsentDataset
from facial_keypoints.datasets.tracked_checkpoint import TrackedCheckpointDataset
from facial_keypoints.errors import MissingInputError
from facial_keypoints.evaluation import SUMMARY
from facial_keypoints.protocol import FIELDS, manifest
from facial_keypoints.tracking.losses import training_loss_name
from facial_keypoints.tracking.names import plain_params
from tests.faces import spot_faces
from tests.options import nose_options, resnet_options
from tests.tracked_runs import (
    FIGURES,
    NAMES,
    TABLES,
    artifacts,
    client_of,
    evaluation,
    kedro_run,
    put_empty_store,
    recorded_runs,
    robustness,
    statuses,
    tiny_catalog,
    training,
)

FIRST = NAMES[:1]
# Of the protocol, what all networks of a task share.
SAID = (
    *("data_set", "split", "points", "norm", "boxes", "test_time_augmentation", "pictures", "manifest"),
    "code",
)
TABLE_FILES = {"leaderboard.json", *(f"{name}.csv" for name in TABLES)}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """A run that trained and evaluated two variants, started in another folder than the project's."""
    tracked, elsewhere = tmp_path_factory.mktemp("project"), tmp_path_factory.mktemp("elsewhere")
    put_empty_store(tracked)
    catalog = tiny_catalog(tracked)
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        patch.chdir(elsewhere)
        kedro_run(tracked, training() + evaluation(), catalog, pipeline_names=["evaluate", "train_nose"])
    parent, *children = recorded_runs(tracked)
    return SimpleNamespace(project=tracked, elsewhere=elsewhere, catalog=catalog, parent=parent, children=children)


def test_an_error_in_recording_costs_records_not_the_training(tracked, monkeypatch, caplog):
    def broken(*arguments):
        raise ValueError("cannot be drawn")

    monkeypatch.setattr("facial_keypoints.tracking.trainings.glimpse", broken)
    catalog = tiny_catalog(tracked, FIRST)
    kedro_run(tracked, training(FIRST), catalog)
    assert catalog.load(f"{FIRST[0]}.checkpoint").training.is_finished
    assert "not everything of this run is kept for MLflow: cannot be drawn" in caplog.text
    assert statuses(tracked)["kedro run"] == "FINISHED"


def test_a_run_is_a_parent_with_a_child_for_each_variant(whole: SimpleNamespace) -> None:
    assert statuses(whole.project) == {
        "train_nose, evaluate": "FINISHED",
        "train_nose lr=1e-3": "FINISHED",
        "train_nose lr=1e-4": "FINISHED",
    }
    assert {child.data.tags["mlflow.parentRunId"] for child in whole.children} == {whole.parent.info.run_id}


def test_runs_are_tagged_with_what_was_asked_and_what_was_trained(whole: SimpleNamespace) -> None:
    assert whole.parent.data.tags["pipelines"] == "train_nose, evaluate"
    for name, child in zip(NAMES, whole.children, strict=True):
        tags = child.data.tags
        assert f"{tags['pipeline']}.{tags['variant']}" == name
        assert tags["training_id"] == whole.catalog.load(f"{name}.checkpoint").training.id
        assert tags["device"] == "cpu"
        assert tags["code_version"].startswith(__version__)
        assert tags["data_set_hash"] == manifest(spot_faces())


def test_data_sets_are_inputs_by_split_with_digest_and_shapes(whole: SimpleNamespace) -> None:
    faces = spot_faces()
    for child in whole.children:
        inputs = {entry.tags[0].value: entry.dataset for entry in child.inputs.dataset_inputs}
        assert set(inputs) == {"training", "validation"}
        for context, split in (("training", "train"), ("validation", "validation")):
            rows = (faces.table["split"] == split).to_numpy()
            assert inputs[context].name == "danes_augmented"
            assert inputs[context].digest == manifest(faces, rows=rows)
            assert json.loads(inputs[context].profile)["images_shape"] == [int(rows.sum()), 32, 48]


def test_the_description_holds_question_answer_and_a_picture_that_is_there(whole: SimpleNamespace) -> None:
    for child in whole.children:
        text, metrics = child.data.tags["mlflow.note.content"], child.data.metrics
        assert text.startswith("**How well does a small network find the tip of the nose, at learning rate 0.00")
        assert f"NME **{metrics['best/val_nme']:.2f} %**" in text
        (path, run_id) = re.findall(r"get-artifact\?path=([^&]+)&run_uuid=(\w+)", text)[0]
        assert run_id == child.info.run_id
        assert path in artifacts(whole.project, child)


def test_the_parents_description_has_all_variants_and_the_leaderboard(whole: SimpleNamespace) -> None:
    text = whole.parent.data.tags["mlflow.note.content"]
    for child in whole.children:
        variant, metrics = child.data.tags["variant"], child.data.metrics
        assert f"| {variant} | {float(child.data.params['learning_rate']):g} |" in text
        assert f"| {metrics['best/val_nme']:.2f} | {metrics['best/val_px']:.1f} |" in text
        assert f"| {variant} | danes | 6 | {metrics['test/nme']:.2f} | {metrics['test/px']:.2f} |" in text
    assert f"figures/train_nose/comparison_small.png&run_uuid={whole.parent.info.run_id}" in text


def test_the_leaderboard_is_a_table_of_mlflows(whole: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{whole.project}/mlflow.db")  # it asks the default store
    client = client_of(whole.project)
    table = client.load_table(whole.parent.info.experiment_id, "leaderboard.json", [whole.parent.info.run_id])
    assert table["nme"].tolist() == pytest.approx(whole.catalog.load("leaderboard")["nme"].tolist(), abs=1e-9)


def test_how_busy_the_machine_was_is_known_by_epoch(whole: SimpleNamespace) -> None:
    pytest.importorskip("psutil")
    for child in whole.children:
        memory = client_of(whole.project).get_metric_history(child.info.run_id, "system/system_memory_usage_percentage")
        assert [value.step for value in memory] == [1, 2]
        assert all(0 < value.value < 100 for value in memory)


def test_training_losses_of_another_kind_have_another_name() -> None:
    assert training_loss_name(nose_options()) == "train/loss"
    assert training_loss_name(nose_options(loss="l1")) == "train/l1_loss"
    assert training_loss_name(nose_options(network="two_looks")) == "train/mse_maps_loss"
    assert training_loss_name(resnet_options(head="two_looks", loss="radial")) == "train/radial_maps_loss"


def test_a_loss_of_another_kind_is_on_no_chart_with_the_validation_loss(tracked: Path) -> None:
    kedro_run(tracked, training(FIRST), tiny_catalog(tracked, FIRST, loss="l1"))
    child = recorded_runs(tracked)[1]
    assert "train/l1_loss" in child.data.metrics
    assert "train/loss" not in child.data.metrics
    assert "belongs on no chart with `val/loss`" in child.data.tags["mlflow.note.content"]


def test_options_are_parameters_of_the_child(whole: SimpleNamespace) -> None:
    assert [float(child.data.params["learning_rate"]) for child in whole.children] == [1e-3, 1e-4]
    assert whole.children[0].data.params["channels"] == "4, 4, 8, 8"


def test_nested_options_become_plain_parameters() -> None:
    params = plain_params(asdict(resnet_options()))
    assert float(params["augmentation.rotate"]) == 20
    assert not any("{" in value for value in params.values())


def test_every_variant_has_the_same_metrics_with_one_value_an_epoch(whole: SimpleNamespace) -> None:
    by_epoch = {"train/loss", "val/loss", "val/nme", "val/px", "seconds"}
    # The one test person is no group to resample: there is no interval.
    tested = {f"test/{name}" for name in SUMMARY if not name.endswith(("_low", "_high"))}
    single = {"best/epoch", "best/val_loss", "best/val_nme", "best/val_px", *tested}
    client = client_of(whole.project)
    for name, child in zip(NAMES, whole.children, strict=True):
        assert {key for key in child.data.metrics if not key.startswith("system/")} == by_epoch | single
        history = whole.catalog.load(f"{name}.history")
        for key in by_epoch:
            logged = [(value.step, value.value) for value in client.get_metric_history(child.info.run_id, key)]
            assert logged == [(row["epoch"], pytest.approx(row[key])) for row in history.to_dict("records")]


def test_the_best_epoch_is_the_checkpoints(whole: SimpleNamespace) -> None:
    for name, child in zip(NAMES, whole.children, strict=True):
        best = whole.catalog.load(f"{name}.history").set_index("epoch")["val/nme"]
        assert child.data.metrics["best/epoch"] == whole.catalog.load(f"{name}.checkpoint").training.epoch
        assert child.data.metrics["best/val_nme"] == pytest.approx(best.min())


def test_figures_and_tables_belong_to_the_run_they_are_about(whole: SimpleNamespace) -> None:
    comparison = {
        f"figures/train_nose/{name}" for name in ("comparison.png", "comparison_small.png", "comparison.html")
    }
    assert artifacts(whole.project, whole.parent) == TABLE_FILES | comparison
    for child in whole.children:
        expected = {f"figures/{name}.png" for name in (*FIGURES, "validation_predictions")}
        assert artifacts(whole.project, child) == expected | {"figures/loss_curves.html", "checkpoint/checkpoint.pt"}


def test_test_errors_are_those_of_the_leaderboard(whole: SimpleNamespace) -> None:
    table = whole.catalog.load("leaderboard")
    table = table[(table["split"] == "test") & (table["subset"] == "full")].set_index("training_id")
    for child in whole.children:
        row = table.loc[child.data.tags["training_id"]]
        for key in row[SUMMARY].dropna().index:
            assert child.data.metrics[f"test/{key}"] == pytest.approx(row[key])


def test_the_protocol_of_the_test_errors_is_tagged(whole: SimpleNamespace) -> None:
    table = whole.catalog.load("leaderboard")
    table = table[(table["split"] == "test") & (table["subset"] == "full")].set_index("training_id")
    for child in whole.children:
        row, tags = table.loc[child.data.tags["training_id"]], child.data.tags
        assert {key: tags[f"test.{key}"] for key in FIELDS} == {key: str(row[key]) for key in FIELDS}
        assert tags["test.norm"] == "outer_eye_corners"
    assert whole.parent.data.tags["test.norm"] == "outer_eye_corners"
    assert whole.parent.data.tags["test.boxes"] == NO_BOXES


def test_the_parent_says_how_the_test_faces_of_each_task_were_measured(whole: SimpleNamespace) -> None:
    table = whole.catalog.load("leaderboard")
    (row,) = table[(table["split"] == "test") & (table["variant"] == "lr_1e-3")].to_dict("records")
    tags = whole.parent.data.tags
    for key in SAID:
        assert tags[f"test.train_nose.{key}"] == str(row[key])


def test_each_other_table_alone_says_it_too(tracked: Path) -> None:
    catalog = tiny_catalog(tracked)
    kedro_run(tracked, training(), catalog)
    for table in TABLES[1:]:
        kedro_run(tracked, evaluation().to_outputs(table), catalog, pipeline_names=[table])
        (parent,) = (run for run in recorded_runs(tracked) if run.info.run_name == table)
        assert parent.data.tags["test.train_nose.norm"] == "outer_eye_corners"


def test_robustness_says_how_was_measured(tracked: Path) -> None:
    catalog = tiny_catalog(tracked, FIRST)
    kedro_run(tracked, training(FIRST) + robustness(FIRST), catalog)
    table = catalog.load("train_nose.robustness_table")
    tags = recorded_runs(tracked)[0].data.tags
    for key in SAID:
        assert {tags[f"robustness.train_nose.{key}"]} == set(table[key].astype(str))


def test_runs_that_train_say_what_their_validation_errors_are_relative_to(whole: SimpleNamespace) -> None:
    for child in whole.children:
        found = {key: value for key, value in child.data.tags.items() if key.startswith("val.")}
        assert found == {"val.norm": "outer_eye_corners", "val.split": "validation", "val.data_set": "danes"}


def test_everything_lies_in_the_project_wherever_the_run_was_started(whole: SimpleNamespace) -> None:
    assert whole.parent.info.artifact_uri.startswith((whole.project / "mlartifacts").as_uri())
    assert list(whole.elsewhere.iterdir()) == []


def test_a_later_evaluation_adds_to_the_run_that_trained(tracked: Path) -> None:
    catalog = tiny_catalog(tracked, FIRST)
    kedro_run(tracked, training(FIRST), catalog)
    assert "test/nme" not in recorded_runs(tracked)[1].data.metrics
    kedro_run(tracked, evaluation(FIRST), catalog)
    _, child, second_parent = recorded_runs(tracked)
    assert child.data.metrics["test/nme"] > 0
    assert "figures/good_predictions.png" in artifacts(tracked, child)
    assert artifacts(tracked, second_parent) == TABLE_FILES


def test_notices_of_variants_that_were_never_trained_are_not_recorded(tracked: Path) -> None:
    catalog = tiny_catalog(tracked)
    catalog[f"{NAMES[1]}.checkpoint"] = AbsentDataset()
    kedro_run(tracked, training(FIRST) + evaluation(), catalog)
    parent, child = recorded_runs(tracked)
    assert catalog.exists(f"{NAMES[1]}.good_predictions")
    assert "figures/good_predictions.png" in artifacts(tracked, child)
    assert "figures/good_predictions.png" not in artifacts(tracked, parent)


def test_an_evaluation_of_what_was_trained_elsewhere_says_so(tracked: Path, caplog: pytest.LogCaptureFixture) -> None:
    catalog = tiny_catalog(tracked, FIRST)
    kedro_run(tracked, training(FIRST), catalog)
    put_empty_store(tracked)
    with caplog.at_level("INFO", logger="facial_keypoints"):
        kedro_run(tracked, evaluation(FIRST), catalog)
    assert "train_nose.lr_1e-3 was not trained under this MLflow store" in caplog.text
    assert statuses(tracked) == {"kedro run": "FINISHED"}


def test_the_checkpoint_of_a_run_is_loaded_from_the_store(
    whole: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    for name, child in zip(NAMES, whole.children, strict=True):
        dataset = TrackedCheckpointDataset(filepath=str(whole.project), run=child.info.run_id)
        loaded = dataset.load()
        assert loaded.training == whole.catalog.load(f"{name}.checkpoint").training
        assert dataset.load() is loaded  # fetched once
        dataset.release()
        assert dataset.load() is not loaded


@pytest.mark.parametrize("which", ["parent", "unknown"])
def test_a_run_without_a_checkpoint_is_named_with_what_to_give(whole: SimpleNamespace, which: str) -> None:
    run = {"parent": whole.parent.info.run_id, "unknown": "0" * 32}[which]
    with pytest.raises(DatasetError, match=f"MLflow run {run} has no checkpoint.*id of the run that trained") as raised:
        TrackedCheckpointDataset(filepath=str(whole.project), run=run).load()
    assert isinstance(raised.value.__cause__, MissingInputError)  # which the command line shows alone
