"""A tiny project whose runs are recorded in MLflow: drawn spots for faces, the real pipelines, a real store on disk."""

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from kedro.framework.hooks.manager import _create_hook_manager
from kedro.io import AbstractDataset, DataCatalog, MemoryDataset
from kedro.pipeline import Node, Pipeline
from kedro.runner import AbstractRunner, SequentialRunner
from kedro_datasets.matplotlib import MatplotlibDataset
from kedro_datasets.pandas import CSVDataset
from mlflow import MlflowClient
from mlflow.entities import Run

from facial_keypoints.datasets.checkpoint import CheckpointDataset
from facial_keypoints.pipelines.evaluate.nodes import break_errors_down, compare_pairs, find_boxes, rank_variants
from facial_keypoints.pipelines.evaluate.pipeline import OPTIONS, evaluate_variant
from facial_keypoints.pipelines.robustness.pipeline import task_robustness
from facial_keypoints.pipelines.tasks import Task
from facial_keypoints.pipelines.train_nose.nodes import draw_inputs, train
from facial_keypoints.pipelines.variant_nodes import compare_variants
from facial_keypoints.pipelines.variant_pipeline import variant_pipeline
from facial_keypoints.tracking import TrackingHooks
from tests.faces import spot_faces
from tests.options import evaluate_options, nose_options

NAMES = ("train_nose.lr_1e-3", "train_nose.lr_1e-4")
PREDICTIONS = ("good_predictions", "typical_predictions", "failed_predictions")
FIGURES = ("inputs", "loss_curves", "first_kernels", *PREDICTIONS)
TABLES = ("leaderboard", "error_breakdown", "paired_tests")


def training(names: Sequence[str] = NAMES, train: Callable[..., Any] = train) -> Pipeline:
    """Variants of `train_nose`, and the figure that compares them."""
    histories = {name: f"{name}.history" for name in names}
    compare = Node(
        compare_variants, histories, "train_nose.comparison", name="compare_variants", namespace="train_nose"
    )
    variants = (variant_pipeline(name, train, draw_inputs, faces="danes_augmented") for name in names)
    return sum(variants, start=Pipeline([compare]))


def evaluation(names: Sequence[str] = NAMES) -> Pipeline:
    """Their evaluation."""
    predictions = [f"{name}.predictions" for name in names]
    tables = [
        Node(rank_variants, predictions, "leaderboard", name="rank_variants", namespace="evaluate"),
        Node(break_errors_down, predictions, "error_breakdown", name="break_errors_down", namespace="evaluate"),
        Node(compare_pairs, predictions, "paired_tests", name="compare_pairs", namespace="evaluate"),
    ]
    boxes = Node(find_boxes, ["danes_faces", OPTIONS], "danes_boxes", name="find_danes_boxes", namespace="evaluate")
    return sum((evaluate_variant(*name.split("."), "danes") for name in names), start=Pipeline([boxes, *tables]))


def robustness(names: Sequence[str] = NAMES) -> Pipeline:
    """Their errors on harder faces, as a table."""
    task = Task("train_nose", "danes", [name.split(".")[1] for name in names])
    return task_robustness(task).to_outputs("train_nose.robustness_table")


def tiny_catalog(project: Path, names: Sequence[str] = NAMES, **options: Any) -> DataCatalog:
    """What those pipelines read and write. The options are those of every variant."""
    faces = spot_faces()
    datasets: dict[str, AbstractDataset] = {
        "danes_augmented": MemoryDataset(faces, copy_mode="assign"),
        "danes_faces": MemoryDataset(faces, copy_mode="assign"),
        OPTIONS: MemoryDataset(evaluate_options(batch_size=64, pictures=2)),
        **{table: CSVDataset(filepath=str(project / f"{table}.csv"), save_args={"index": False}) for table in TABLES},
        "train_nose.robustness_table": CSVDataset(filepath=str(project / "robustness.csv")),
        "train_nose.comparison": MatplotlibDataset(filepath=str(project / "comparison.png")),
    }
    for name in names:
        folder, variant = project / name, name.split(".")[1]
        own = {"variant": variant, "learning_rate": float(variant.removeprefix("lr_")), "epochs": 2, **options}
        datasets |= {
            f"params:{name}": MemoryDataset(nose_options(**own)),
            f"{name}.checkpoint": CheckpointDataset(filepath=str(folder / "checkpoint.pt")),
            f"{name}.history": CSVDataset(filepath=str(folder / "history.csv"), save_args={"index": False}),
        }
        datasets |= {
            f"{name}.{figure}": MatplotlibDataset(filepath=str(folder / f"{figure}.png")) for figure in FIGURES
        }
    return DataCatalog(datasets)


def kedro_run(
    project: Path,
    pipeline: Pipeline,
    catalog: DataCatalog,
    hooks: TrackingHooks | None = None,
    runner: AbstractRunner | None = None,
    **asked: Any,
) -> None:
    """Run as a Kedro session does: the same hooks in the same order."""
    manager = _create_hook_manager()
    manager.register(hooks or TrackingHooks())
    run_params = {"project_path": str(project), "env": None, "pipeline_names": None, "namespaces": None, **asked}
    about = {"run_params": run_params, "pipeline": pipeline, "catalog": catalog}
    manager.hook.before_pipeline_run(**about)
    try:
        result = (runner or SequentialRunner()).run(pipeline, catalog, manager)
    except Exception as error:
        manager.hook.on_pipeline_error(error=error, **about)
        raise
    manager.hook.after_pipeline_run(run_result=result, **about)


@cache
def empty_store() -> bytes:
    """A store without runs: MLflow takes seconds to make one."""
    with TemporaryDirectory() as folder:
        client_of(Path(folder)).search_experiments()
        return (Path(folder) / "mlflow.db").read_bytes()


def put_empty_store(project: Path) -> None:
    """Put a store without runs where the project's is."""
    (project / "mlflow.db").write_bytes(empty_store())


def client_of(project: Path) -> MlflowClient:
    """A client of the project's own store."""
    return MlflowClient(f"sqlite:///{project}/mlflow.db")


def recorded_runs(project: Path, experiment: str = "facial-keypoints") -> list[Run]:
    """All runs of an experiment, oldest first, parents before children."""
    client = client_of(project)
    found = client.get_experiment_by_name(experiment)
    runs = client.search_runs([found.experiment_id]) if found else []
    return sorted(runs, key=lambda run: (run.info.start_time, "mlflow.parentRunId" in run.data.tags))


def statuses(project: Path) -> dict[str, str]:
    """Each run's status by its name."""
    return {run.info.run_name: run.info.status for run in recorded_runs(project)}


def artifacts(project: Path, run: Run, folder: str | None = None) -> set[str]:
    """Paths of the files that a run holds."""
    paths = set()
    for entry in client_of(project).list_artifacts(run.info.run_id, folder):
        paths |= artifacts(project, run, entry.path) if entry.is_dir else {entry.path}
    return paths
