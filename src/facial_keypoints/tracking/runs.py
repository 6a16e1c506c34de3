"""The MLflow runs of one `kedro run`: a parent, and a child for each variant that is trained.

Every call names its run: MLflow's own idea of the active run belongs to a thread, and Kedro's ThreadRunner has several.
"""

import logging
import re
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from mlflow.entities import Metric, Param, RunTag
from mlflow.exceptions import MlflowException

from facial_keypoints import __version__
from facial_keypoints.checkpoints import Checkpoint
from facial_keypoints.code_version import git
from facial_keypoints.devices import pick_device
from facial_keypoints.evaluation import ON_RECORD, SUMMARY
from facial_keypoints.faces import TEST, VALIDATION
from facial_keypoints.options import TrainingOptions
from facial_keypoints.pipeline_registry import DEFAULT
from facial_keypoints.pipelines.tasks import Task
from facial_keypoints.protocol import FIELDS, FULL, MEASURED
from facial_keypoints.tracking.given_parent import given_parent
from facial_keypoints.tracking.store import Store, impatient, open_store, readable_store_errors, without_password

logger = logging.getLogger(__name__)

FIGURES = "figures"
SAID_OF_ALL = ("norm", "boxes", "test_time_augmentation", "code")  # of the protocol, what a whole evaluation shares
SAID_OF_TASKS = ("data_set", "split", *(name for name in ON_RECORD if name in MEASURED or name == "code"))
VALIDATED_BY = "outer_eye_corners"  # the norm of val/nme: `norms.interocular`, whatever evaluate.norm says


@dataclass
class VariantRun:
    """The child run of one variant's training."""

    id: str
    params: dict[str, str]
    epochs_logged: int = 0
    checkpoint: Checkpoint | None = None
    checkpoint_file: Path | None = None
    history: pd.DataFrame = field(default_factory=pd.DataFrame)
    is_open: bool = True


@contextmanager
def training_goes_on() -> Iterator[None]:
    """A store that fails in the middle of a run costs records, not the training."""
    try:
        yield
    except (MlflowException, OSError) as error:
        logger.warning("MLflow did not record everything of this run: %s", error)


class TrackedRun:
    """The parent run and its children.  Raises ProjectError if the store cannot be reached when it starts.

    trained: full names of the variants that this run is going to train.
    Where a parent is given, it is that one, and whoever opened it closes it.
    """

    def __init__(self, run_params: Mapping[str, Any], trained: set[str]) -> None:
        project, env = Path(run_params["project_path"]), run_params["env"]
        self.store: Store = open_store(project, env)
        self.client = self.store.client
        self.is_empty = True
        self._to_train = trained
        self._variants: dict[str, VariantRun] = {}
        self._waiting: dict[str, list[Path]] = {}  # figures of variants whose training has not started
        self._opening = threading.Lock()  # a variant's run is opened, or its figure waits: not both at once
        self._training_ids: dict[str, str] = {}  # of the variants that are drawn or evaluated
        self._runs: dict[str, str | None] = {}  # run ids by training id
        self._given_parent = given_parent()
        if self._given_parent:
            self.id = self._given_parent
            return
        name = ", ".join(in_order(run_params["pipeline_names"])) or "kedro run"
        with readable_store_errors(self.store.uri), impatient():
            self.id = self._create_run(name, parent_tags(run_params, project))
        logger.info(
            "recorded in MLflow: run %r of experiment %r, %s",
            name,
            self.store.experiment,
            without_password(self.store.uri),
        )

    @training_goes_on()
    def start_variant(self, variant: str, options: TrainingOptions) -> None:
        """Open the child run of a variant."""
        tags = {
            "mlflow.parentRunId": self.id,
            "pipeline": options.pipeline,
            "variant": options.variant,
            "device": str(pick_device(options.device)),
        }
        params = plain_params(asdict(options))
        child = VariantRun(self._create_run(child_name(options), tags), params)
        with self._opening:
            self._variants[variant] = child
            waiting = self._waiting.pop(variant, [])
        self.client.log_batch(child.id, params=[Param(key, value) for key, value in params.items()])
        for path in waiting:
            self.client.log_artifact(child.id, str(path), FIGURES)

    @training_goes_on()
    def log_checkpoint(self, variant: str, checkpoint: Checkpoint, path: Path | None) -> None:
        """Keep the best network so far; tag the run with how it is validated, and with the training's id.

        By that id later evaluations find it.
        """
        child = self._variants.get(variant)
        if child is None:
            return
        if child.checkpoint is None:
            training = checkpoint.training
            tags = {"training_id": training.id, "val.norm": VALIDATED_BY}
            tags |= {"val.split": VALIDATION, "val.data_set": training.data_set}
            self.client.log_batch(child.id, tags=[RunTag(*tag) for tag in tags.items()])
            self._runs[training.id] = child.id
        child.checkpoint, child.checkpoint_file = checkpoint, path

    @training_goes_on()
    def log_epochs(self, variant: str, history: pd.DataFrame) -> None:
        """Log the epochs that are new in a variant's history."""
        child = self._variants.get(variant)
        if child is None:
            return
        child.history = history
        new = history[history["epoch"] > child.epochs_logged]
        now = milliseconds()
        self.client.log_batch(
            child.id,
            metrics=[
                Metric(str(key), float(value), now, int(row["epoch"]))
                for row in new.to_dict("records")
                for key, value in row.items()
                if key != "epoch"
            ],
        )
        child.epochs_logged = int(history["epoch"].max())

    def finish_variant_if_trained(self, variant: str) -> None:
        """Called after each epoch: after the last one, the run is finished."""
        child = self._variants.get(variant)
        if child and child.checkpoint and child.checkpoint.training.is_finished:
            self._finish_variant(child)

    def _finish_variant(self, child: VariantRun) -> None:
        with training_goes_on():
            self._log_best(child)
        child.is_open = False
        self._end_run(child.id, "FINISHED")

    def _log_best(self, child: VariantRun) -> None:
        from facial_keypoints.tracking.models import log_model  # not on top: it takes another second to import

        if child.checkpoint is None:
            return
        model_id = log_model(self.client, self.store.experiment_id, child.id, child.checkpoint, child.params)
        epoch = child.checkpoint.training.epoch
        best = child.history[child.history["epoch"] == epoch].to_dict("records")[0]
        values = {"epoch": epoch, "val_nme": best["val/nme"], "val_px": best["val/px"]}
        now = milliseconds()
        metrics = [Metric(f"best/{key}", float(value), now, epoch, model_id) for key, value in values.items()]
        self.client.log_batch(child.id, metrics=metrics)
        if child.checkpoint_file:
            self.client.log_artifact(child.id, str(child.checkpoint_file), "checkpoint")

    def remember_training(self, variant: str, inputs: Mapping[str, Any]) -> None:
        """Learn which training a node's inputs come from, so that its figures go to that run."""
        checkpoint = inputs.get(f"{variant}.checkpoint")
        predictions = inputs.get(f"{variant}.predictions")
        if checkpoint is not None:
            self._training_ids[variant] = checkpoint.training.id
        elif predictions is not None and len(predictions):
            self._training_ids[variant] = predictions["training_id"].iloc[0]

    @training_goes_on()
    def log_figure(self, variant: str, path: Path, task: str = "") -> None:
        """Log a figure to the run that trained the variant, or is going to; figures of no variant, to the parent.

        There each task has a folder: figures of all tasks have the same names.
        """
        with self._opening:
            if variant in self._to_train and variant not in self._variants:
                self._waiting.setdefault(variant, []).append(path)
                return
        if variant in self._variants:
            run_id: str | None = self._variants[variant].id
        elif variant in self._training_ids:
            run_id = self._run_that_trained(self._training_ids[variant], variant)
        else:  # a variant without a training has nothing but a notice to show, and there may be several of them
            run_id = None if variant else self.id
        if run_id:
            folder = f"{FIGURES}/{task}" if task and not variant else FIGURES
            self.client.log_artifact(run_id, str(path), folder)

    @training_goes_on()
    def log_table(self, path: Path, task: str = "") -> None:
        """Log a table of the evaluation to the parent, a table of one task to its folder."""
        self.client.log_artifact(self.id, str(path), task or None)

    @training_goes_on()
    def log_test_errors(self, leaderboard: pd.DataFrame) -> None:
        """Log each variant's errors on all test faces, and their protocol, to the run that trained it.

        The parent hears how was measured in all.
        """
        for key in SAID_OF_ALL:
            self.client.set_tag(self.id, f"test.{key}", "; ".join(leaderboard[key].astype(str).unique()))
        rows = leaderboard[(leaderboard["split"] == TEST) & (leaderboard["subset"] == FULL)]
        now = milliseconds()
        for row in rows[rows["training_id"] != ""].to_dict("records"):
            run_id = self._run_that_trained(row["training_id"], f"{row['pipeline']}.{row['variant']}")
            if run_id:
                metrics = [Metric(f"test/{key}", float(row[key]), now, 0) for key in SUMMARY if np.isfinite(row[key])]
                tags = [RunTag(f"test.{key}", str(row[key])) for key in FIELDS]
                self.client.log_batch(run_id, metrics, tags=tags)

    @training_goes_on()
    def tag_protocols(self, table: pd.DataFrame, kind: str) -> None:
        """Tag the parent with how the test faces of each task were measured: `test.finetune_resnet.manifest`, ...

        table: any with columns of the protocol. kind: what the tags begin with, "test" or "robustness".
        """
        tags = []
        test = table[table["split"] == TEST]
        for (pipeline, data_set), rows in test.groupby(["pipeline", "data_set"], sort=False):
            prefix = f"{kind}.{Task(str(pipeline), str(data_set), []).name}"
            tags += [RunTag(f"{prefix}.{key}", "; ".join(rows[key].astype(str).unique())) for key in SAID_OF_TASKS]
        self.client.log_batch(self.id, tags=tags)

    def close(self, status: str) -> None:
        """End every run that is still open."""
        for child in self._variants.values():
            if child.is_open and status == "FINISHED":
                self._finish_variant(child)
            elif child.is_open:
                self._end_run(child.id, status)
        if self._given_parent:
            return
        self._end_run(self.id, status)
        if self.is_empty and status == "FINISHED":  # everything was there already: kedro run --only-missing-outputs
            with training_goes_on():
                self.client.delete_run(self.id)

    def _create_run(self, name: str, tags: dict[str, str]) -> str:
        return self.client.create_run(self.store.experiment_id, run_name=name, tags=tags).info.run_id

    def _end_run(self, run_id: str, status: str) -> None:
        with training_goes_on():
            self.client.set_terminated(run_id, status)

    def _run_that_trained(self, training_id: str, variant: str) -> str | None:
        if training_id not in self._runs:
            self._runs[training_id] = self.store.run_that_trained(training_id)
            if self._runs[training_id] is None:
                logger.info("%s was not trained under this MLflow store: its evaluation is not recorded there", variant)
        return self._runs[training_id]


def parent_tags(run_params: Mapping[str, Any], project: Path) -> dict[str, str]:
    """What was asked of Kedro, and which code answered."""
    tags = {
        "mlflow.source.name": "kedro run",
        "mlflow.source.git.commit": git(project, "rev-parse", "HEAD") or "",
        "kedro_env": run_params["env"] or "local",
        "pipelines": ", ".join(in_order(run_params["pipeline_names"])) or "__default__",
        "namespaces": ", ".join(run_params["namespaces"] or ()),
        "version": __version__,
    }
    return {key: value for key, value in tags.items() if value}


def in_order(pipelines: Iterable[str] | None) -> list[str]:
    """Names of pipelines in the order of the whole: Kedro hands over what was asked for in any order."""
    return sorted(pipelines or (), key=lambda name: (DEFAULT.index(name) if name in DEFAULT else -1, name))


def child_name(options: TrainingOptions) -> str:
    """`train_nose lr=1e-4`, or `train_nose best` where the variant is not called after its learning rate."""
    return f"{options.pipeline} {re.sub('^lr_', 'lr=', options.variant)}"


def plain_params(options: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Options as MLflow's texts: numbers as written, lists as "16, 32", nested options as `augmentation.rotate`."""
    params: dict[str, str] = {}
    for key, value in options.items():
        if isinstance(value, Mapping):
            params |= plain_params(value, f"{prefix}{key}.")
        else:
            params[prefix + key] = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return params


def milliseconds() -> int:
    """Now, as MLflow counts time."""
    return int(1000 * time.time())
