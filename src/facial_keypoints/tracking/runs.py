"""The MLflow runs of one `kedro run`: a parent, and a child for each variant that is trained.

All of it goes to a journal, which a thread of its own sends: nothing here waits for MLflow once the store is open.
Runs are named by keys of the journal. MLflow's own idea of the active run belongs to a thread, and Kedro's ThreadRunner
has several.
"""

import io
import json
import logging
import threading
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from facial_keypoints.checkpoints import Checkpoint
from facial_keypoints.evaluation import ON_RECORD, SUMMARY
from facial_keypoints.faces import TEST, FaceSet
from facial_keypoints.options import TrainingOptions
from facial_keypoints.pipelines.tasks import Task
from facial_keypoints.protocol import FIELDS, FULL, MEASURED
from facial_keypoints.tracking.descriptions import DESCRIPTION, LEADERS, of_run
from facial_keypoints.tracking.given_parent import given_parent, store_of_given_parent
from facial_keypoints.tracking.interactive_curves import curves_page
from facial_keypoints.tracking.journal import JOURNALS, About, Journal
from facial_keypoints.tracking.names import in_order, parent_tags
from facial_keypoints.tracking.records import TRAINING
from facial_keypoints.tracking.send import say_what_is_left
from facial_keypoints.tracking.sender import Sender
from facial_keypoints.tracking.store import EXPERIMENT, Store, open_store, without_password
from facial_keypoints.tracking.trainings import FIGURES, TrainingRecord, milliseconds

logger = logging.getLogger(__name__)

COMPARISON, THUMBNAIL = "comparison", "comparison_small"
THUMBNAIL_WIDTH = 640  # pixels: descriptions on MLflow's pages cut off what is wider, whatever size they ask for
LEADERBOARD = "leaderboard"
TABLES_TAG = "mlflow.loggedArtifacts"  # by which MLflow's pages know tables
SAID_OF_ALL = ("norm", "boxes", "test_time_augmentation", "code")  # of the protocol, what a whole evaluation shares
SAID_OF_TASKS = ("data_set", "split", *(name for name in ON_RECORD if name in MEASURED or name == "code"))


@contextmanager
def training_goes_on() -> Iterator[None]:
    """Whatever fails in recording, such as a disk that is full, costs records, not the training."""
    try:
        yield
    except Exception as error:
        is_plain = isinstance(error, OSError)
        logger.warning("not everything of this run is kept for MLflow: %s", error, exc_info=not is_plain)


class TrackedRun:
    """The parent run and its children.  Raises ProjectError if the store cannot be reached when it starts.

    trained: full names of the variants that this run is going to train.  workspace: below which the journal lies.
    Where a parent is given, it is that one, and whoever opened it closes it.
    """

    def __init__(self, run_params: Mapping[str, Any], trained: set[str], workspace: Path) -> None:
        env = run_params["env"]
        self.store: Store = store_of_given_parent() or open_store(Path(run_params["project_path"]), env)
        self.key = new_key()
        self.is_empty = True
        self._to_train = trained
        self._trainings: dict[str, TrainingRecord] = {}
        self._waiting: dict[str, list[Path]] = {}  # figures of variants whose training has not started
        self._opening = threading.Lock()  # a variant's run is opened, or its figure waits: not both at once
        self._training_ids: dict[str, str] = {}  # of the variants that are drawn or evaluated
        self._comparisons: list[str] = []  # paths of the figures that compare variants
        self._leaderboard: pd.DataFrame | None = None
        self._name = ", ".join(in_order(run_params["pipeline_names"])) or "kedro run"

        journals = workspace / JOURNALS
        about = About(without_password(self.store.uri), self.store.experiment)
        earlier = [journal for journal in Journal.left(journals) if journal.belongs_to(about)]
        for journal in earlier:
            journal.end_what_was_killed()
        self._journal = Journal.start(journals, about)
        self._sender = Sender(self.store, self._journal, earlier)
        self._given_parent = given_parent()
        if self._given_parent:
            self._record("adopt", run=self.key, run_id=self._given_parent)
            return
        tags = parent_tags(run_params)
        self._record("create", run=self.key, name=self._name, tags=tags, time=milliseconds())
        logger.info("recorded in MLflow: run %r of experiment %r, %s", self._name, about.experiment, about.store)

    def _record(self, do: str, run: str, **content: Any) -> None:
        self._journal.append({"do": do, "run": run, **content})
        self._sender.wake()

    @training_goes_on()
    def start_variant(self, variant: str, options: TrainingOptions, faces: FaceSet, name: str, source: str) -> None:
        """Open the child run of a variant.  name, source: of the face set that it learns from, and where it lies."""
        training = TrainingRecord(new_key(), options, faces, self._record)
        training.start(self.key, name, source)
        with self._opening:
            self._trainings[variant] = training
            waiting = self._waiting.pop(variant, [])
        for path in waiting:
            self._upload(training.key, path, FIGURES)

    @training_goes_on()
    def log_checkpoint(self, variant: str, checkpoint: Checkpoint, path: Path | None) -> None:
        """Keep the best network so far of a variant."""
        if variant in self._trainings:
            self._trainings[variant].log_checkpoint(checkpoint, path)

    @training_goes_on()
    def log_epochs(self, variant: str, history: pd.DataFrame) -> None:
        """Log the epochs that are new in a variant's history."""
        if variant in self._trainings:
            self._trainings[variant].log_epochs(history)

    @training_goes_on()
    def finish_variant_if_trained(self, variant: str) -> None:
        """Called after each epoch: after the last one, the run is finished."""
        training = self._trainings.get(variant)
        if training and training.checkpoint and training.checkpoint.training.is_finished:
            training.finish(self._journal, self._registered_name(training.checkpoint))

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
            if variant in self._to_train and variant not in self._trainings:
                self._waiting.setdefault(variant, []).append(path)
                return
        if variant in self._trainings:
            self._upload(self._trainings[variant].key, path, FIGURES)
        elif variant in self._training_ids:
            self._upload(self._run_that_trained(self._training_ids[variant]), path, FIGURES, variant)
        elif not variant:  # a variant without a training has nothing but a notice to show, and there may be several
            folder = f"{FIGURES}/{task}" if task else FIGURES
            self._upload(self.key, path, folder)
            if path.stem == COMPARISON:
                small = self._journal.keep(**{f"{THUMBNAIL}__png": thumbnail(path)})
                self._record("upload", run=self.key, folder=small, to=folder)
                self._comparisons.append(f"{folder}/{THUMBNAIL}.png")

    @training_goes_on()
    def log_table(self, path: Path, task: str = "") -> None:
        """Log a table of the evaluation to the parent, a table of one task to its folder."""
        self._upload(self.key, path, task)

    @training_goes_on()
    def log_leaderboard(self, leaderboard: pd.DataFrame) -> None:
        """Log it as a table of MLflow's, and each variant's errors on all test faces to the run that trained it.

        With their protocol. The parent hears how was measured in all.
        """
        first = [name for name in LEADERS if name in leaderboard]
        shown = leaderboard[[*first, *leaderboard.columns.difference(first, sort=False)]]
        self._record("upload", run=self.key, folder=self._journal.keep(leaderboard__json=table_json(shown)))
        tags = {f"test.{key}": "; ".join(leaderboard[key].astype(str).unique()) for key in SAID_OF_ALL}
        tags[TABLES_TAG] = json.dumps([{"path": f"{LEADERBOARD}.json", "type": "table"}])
        self._record("log", run=self.key, tags=tags)
        self._leaderboard = leaderboard[(leaderboard["split"] == TEST) & (leaderboard["subset"] == FULL)]
        now = milliseconds()
        for row in self._leaderboard[self._leaderboard["training_id"] != ""].to_dict("records"):
            self._record(
                "log",
                run=self._run_that_trained(row["training_id"]),
                variant=f"{row['pipeline']}.{row['variant']}",
                metrics=[(f"test/{key}", float(row[key]), now, 0) for key in SUMMARY if np.isfinite(row[key])],
                tags={f"test.{key}": str(row[key]) for key in FIELDS},
            )

    @training_goes_on()
    def tag_protocols(self, table: pd.DataFrame, kind: str) -> None:
        """Tag the parent with how the test faces of each task were measured: `test.finetune_resnet.manifest`, ...

        table: any with columns of the protocol. kind: what the tags begin with, "test" or "robustness".
        """
        tags: dict[str, str] = {}
        test = table[table["split"] == TEST]
        for (pipeline, data_set), rows in test.groupby(["pipeline", "data_set"], sort=False):
            prefix = f"{kind}.{Task(str(pipeline), str(data_set), []).name}"
            tags |= {f"{prefix}.{key}": "; ".join(rows[key].astype(str).unique()) for key in SAID_OF_TASKS}
        self._record("log", run=self.key, tags=tags)

    def close(self, status: str) -> None:
        """End every run that is still open; wait until MLflow has all, or say what it does not have."""
        for training in self._trainings.values():
            with training_goes_on():
                if training.is_open and status == "FINISHED" and training.checkpoint:
                    training.finish(self._journal, self._registered_name(training.checkpoint))
                elif training.is_open:
                    self._record("end", run=training.key, status=status, time=milliseconds())
        if not self._given_parent:
            with training_goes_on():
                self._end_parent(status)
        say_what_is_left(self._sender.finish())

    def _end_parent(self, status: str) -> None:
        try:
            if status == "FINISHED":
                self._describe()
        finally:
            self._record("end", run=self.key, status=status, time=milliseconds())
        if self.is_empty and status == "FINISHED":  # everything was there already: --only-missing-outputs
            self._record("delete", run=self.key)

    def _describe(self) -> None:
        trained = [training for training in self._trainings.values() if training.checkpoint]
        for pipeline in {training.options.pipeline for training in trained}:
            curves = {each.options.variant: each.curve for each in trained if each.options.pipeline == pipeline}
            if len(curves) > 1:
                page = curves_page(curves, f"{pipeline}: {', '.join(curves)}")
                self._record(
                    "upload",
                    run=self.key,
                    folder=self._journal.keep(comparison__html=page),
                    to=f"{FIGURES}/{pipeline}",
                )
        text = of_run(
            [(training.options, training.best) for training in trained], self._leaderboard, self.key, self._comparisons
        )
        if text:
            self._record("log", run=self.key, tags={DESCRIPTION: text})

    def _upload(self, run: str, path: Path, to: str, variant: str = "") -> None:
        self._record("upload", run=run, variant=variant, folder=self._journal.keep(path), to=to)

    def _run_that_trained(self, training_id: str) -> str:
        """The run of a training: one of this run's, or whichever MLflow knows."""
        for training in self._trainings.values():
            if training.checkpoint and training.checkpoint.training.id == training_id:
                return training.key
        return TRAINING + training_id

    def _registered_name(self, checkpoint: Checkpoint) -> str:
        """`train_nose-danes`; with the environment's name behind where it has an experiment of its own."""
        training = checkpoint.training
        return f"{training.pipeline}-{training.data_set}{self.store.experiment.removeprefix(EXPERIMENT)}"


def thumbnail(path: Path) -> bytes:
    """A figure as a PNG that is narrow enough for a description."""
    small, file = Image.open(path), io.BytesIO()
    small.thumbnail((THUMBNAIL_WIDTH, small.height))
    small.save(file, "PNG")
    return file.getvalue()


def table_json(table: pd.DataFrame) -> bytes:
    """As MLflow keeps tables."""
    return str(table.to_json(orient="split", index=False)).encode()


def new_key() -> str:
    """A run's name in the journal."""
    return uuid.uuid4().hex
