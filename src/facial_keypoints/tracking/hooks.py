"""What Kedro tells, translated into what MLflow records: the project's one owner of MLflow. Nodes know nothing of it.

kedro run                 parent run: leaderboard, figures of the data
  train_nose.lr_1e-3        child run: options, losses by epoch, figures, best model
  train_nose.lr_1e-4        child run
  evaluate                  test errors and pictures go to the run that trained the model, this time or long ago
"""

import atexit
import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.io import CatalogProtocol, SharedMemoryDataCatalog
from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node

from facial_keypoints.hooks import readable_errors
from facial_keypoints.inputs import EVALUATE, ROBUSTNESS
from facial_keypoints.options import VARIANT_OPTIONS
from facial_keypoints.tracking.interrupts import exit_on_sigterm
from facial_keypoints.tracking.quiet import be_quiet

if TYPE_CHECKING:
    from facial_keypoints.tracking.runs import TrackedRun

logger = logging.getLogger(__name__)

FINISHED, FAILED, KILLED = "FINISHED", "FAILED", "KILLED"
TABLES = ("leaderboard", "error_breakdown", "paired_tests")
ROBUSTNESS_TABLE = ".robustness_table"
REPORT = "evaluation_report"


class TrackingHooks:
    """Opens MLflow runs, hands them what was saved, and closes them, whichever way the run ends.

    Kedro tells hooks of errors, but neither of Ctrl-C nor of SIGTERM: what is still open when Python exits, or when the
    next run of a notebook starts, was killed.
    """

    def __init__(self) -> None:
        self._run: TrackedRun | None = None
        self._catalog: CatalogProtocol | None = None
        self._workspace: Path | None = None
        self._restore_sigterm: Callable[[], None] = lambda: None

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        with readable_errors():
            self._workspace = context.project_path / context.config_loader["globals"]["workspace"]

    @hook_impl(trylast=True)  # after the hook that checks inputs: a run that cannot start leaves nothing
    def before_pipeline_run(self, run_params: dict[str, Any], pipeline: Pipeline, catalog: CatalogProtocol) -> None:
        self._close(KILLED)
        if not is_tracked(pipeline):
            return
        if isinstance(catalog, SharedMemoryDataCatalog):
            logger.warning("ParallelRunner: MLflow records nothing of this run. SequentialRunner and ThreadRunner do.")
            return
        with readable_errors():
            workspace = self._workspace or Path(run_params["project_path"])
            self._run = start_run(run_params, trained_variants(pipeline), workspace)
        self._catalog = catalog
        self._restore_sigterm = exit_on_sigterm()
        atexit.register(self._close, KILLED)

    @hook_impl
    def before_node_run(self, node: Node, inputs: dict[str, Any]) -> None:
        if self._run is None or not is_tracked_node(node):
            return
        variant = variant_of(node)
        self._run.is_empty = False
        self._run.remember_training(variant, inputs)
        if trains(node):
            faces = node.inputs[0]
            self._run.start_variant(variant, inputs[f"params:{variant}"], inputs[faces], faces, self._place(faces))

    @hook_impl
    def after_dataset_saved(self, dataset_name: str, data: Any, node: Node) -> None:
        run = self._run
        if run is None:
            return
        variant, path = variant_of(node), self._saved_file(dataset_name)
        if dataset_name == f"{variant}.checkpoint":
            run.log_checkpoint(variant, data, path)
        elif dataset_name == f"{variant}.history":
            run.log_epochs(variant, data)
        elif path and (is_table(dataset_name) or dataset_name == REPORT):
            run.log_table(path, task_of(dataset_name))
        elif path and self._is_figure(dataset_name):
            run.log_figure(variant, path, task_of(dataset_name))
        if is_table(dataset_name):
            run.tag_protocols(data, ROBUSTNESS if dataset_name.endswith(ROBUSTNESS_TABLE) else "test")
        if dataset_name == "leaderboard":
            run.log_leaderboard(data)
        if trains(node) and dataset_name == node.outputs[-1]:  # a generator: this comes once an epoch
            run.finish_variant_if_trained(variant)

    @hook_impl
    def after_pipeline_run(self) -> None:
        self._close(FINISHED)

    @hook_impl(tryfirst=True)  # before the hook that shows the error, by raising another
    def on_pipeline_error(self) -> None:
        self._close(FAILED)

    def _close(self, status: str) -> None:
        run, self._run, self._catalog = self._run, None, None
        if run is not None:
            if status == KILLED:
                logger.warning(
                    "interrupted. The best network so far of a variant in training is kept in unfinished.pt beside its "
                    "checkpoint: `evaluate` takes it, the next training starts anew."
                )
            run.close(status)
            self._restore_sigterm()
            atexit.unregister(self._close)

    def _saved_file(self, dataset_name: str) -> Path | None:
        """The file on this machine that the dataset was saved to, if it is such a file."""
        dataset = self._catalog.get(dataset_name) if self._catalog else None
        path = Path(getattr(dataset, "_filepath", ""))
        return path if path.is_file() else None

    def _place(self, dataset_name: str) -> str:
        """Where a dataset lies, from the workspace if it lies there; its name if it lies on no disk."""
        path = getattr(self._catalog.get(dataset_name) if self._catalog else None, "_filepath", None)
        if path is None:
            return dataset_name
        within = self._workspace is not None and Path(path).is_relative_to(self._workspace)
        return Path(path).relative_to(self._workspace).as_posix() if within and self._workspace else str(path)

    def _is_figure(self, dataset_name: str) -> bool:
        from kedro_datasets.matplotlib import MatplotlibDataset  # not on top: it imports pyplot

        return self._catalog is not None and isinstance(self._catalog.get(dataset_name), MatplotlibDataset)


def start_run(run_params: dict[str, Any], trained: set[str], workspace: Path) -> "TrackedRun":
    """Open the parent run.  Raises ProjectError if the store cannot be reached."""
    be_quiet()
    from facial_keypoints.tracking.runs import TrackedRun

    return TrackedRun(run_params, trained, workspace)


def is_tracked(pipeline: Pipeline) -> bool:
    """Whether anything is trained or evaluated: MLflow takes a second to import, which other runs are spared."""
    return any(is_tracked_node(node) for node in pipeline.nodes)


def is_tracked_node(node: Node) -> bool:
    """Whether the node belongs to a training pipeline, to `evaluate` or to `robustness`."""
    return (node.namespace or "").split(".")[0] in (*VARIANT_OPTIONS, EVALUATE, ROBUSTNESS)


def trained_variants(pipeline: Pipeline) -> set[str]:
    """Full names of the variants that the pipeline trains."""
    return {variant_of(node) for node in pipeline.nodes if trains(node)}


def trains(node: Node) -> bool:
    """Whether the node trains its variant, rather than draw or evaluate it."""
    return f"{node.namespace}.checkpoint" in node.outputs


def is_table(dataset_name: str) -> bool:
    """Whether its rows hold errors on test faces, and their protocol."""
    return dataset_name in TABLES or dataset_name.endswith(ROBUSTNESS_TABLE)


def task_of(dataset_name: str) -> str:
    """What the results of one task are called after, `train_nose` of train_nose.ced; else ""."""
    return dataset_name.rpartition(".")[0]


def variant_of(node: Node) -> str:
    """The full name of the variant that the node trains, draws or evaluates, `train_nose.lr_1e-3`; else ""."""
    namespace = (node.namespace or "").removeprefix(f"{EVALUATE}.")
    return namespace if namespace.split(".")[0] in VARIANT_OPTIONS and "." in namespace else ""
