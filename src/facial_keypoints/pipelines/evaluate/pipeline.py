"""checkpoints + faces + boxes -> predictions -> pictures; all predictions -> leaderboard, tables, figures -> report

Below `evaluate`, one namespace for each variant, each task's baselines and peers, and each MLflow run that
`evaluate.runs` names. A task is a training pipeline on a data set.
"""

from collections.abc import Callable
from typing import Any

from kedro.pipeline import Node, Pipeline

from facial_keypoints.baselines import MEAN_SHAPE, MEAN_SHAPE_IN_BOX
from facial_keypoints.pipelines.evaluate.nodes import (
    break_errors_down,
    compare_pairs,
    find_boxes,
    predict_mean_shape,
    predict_mean_shape_in_box,
    predict_peers,
    predict_run,
    predict_variant,
    rank_variants,
)
from facial_keypoints.pipelines.evaluate.pictures import (
    draw_ced,
    draw_errors_by_turn,
    draw_failed,
    draw_good,
    draw_landmark_errors,
    draw_typical,
    draw_unlabelled,
)
from facial_keypoints.pipelines.evaluate.reporting import write_report
from facial_keypoints.pipelines.tasks import OPTIONS, PEERS, Task, tasks, with_fixed
from facial_keypoints.variants import OWN, evaluated_runs

NAMESPACE = "evaluate"


def create_pipeline() -> Pipeline:
    """Every variant of every training pipeline on one leaderboard."""
    all_tasks = tasks()
    data_sets = list(dict.fromkeys(task.data_set for task in all_tasks))
    runs = evaluated_runs()
    predictions = [name for task in all_tasks for name in task.predictions] + [
        f"mlflow.{run}.predictions" for run in runs
    ]
    parts = [evaluate_task(task, runs) for task in all_tasks] + [evaluate_run(run, data_sets) for run in runs]
    boxes = [
        Node(find_boxes, [f"{name}_faces", OPTIONS], f"{name}_boxes", name=f"find_{name}_boxes", namespace=NAMESPACE)
        for name in data_sets
    ]
    return sum(parts, start=Pipeline([*boxes, *results(predictions, all_tasks)]))


def results(predictions: list[str], all_tasks: list[Task]) -> list[Node]:
    """Tables of all predictions, and the report."""
    figures = {f"{task.name}__{figure}": f"{task.name}.{figure}" for task in all_tasks for figure in task.figures}
    for task in all_tasks:
        for variant in task.variants:
            name = f"{task.pipeline}.{variant}"
            for figure in ("good_predictions", "typical_predictions", "failed_predictions"):
                figures[f"{task.pipeline}__{variant}__{figure}"] = f"{name}.{figure}"
    tables = {"leaderboard": "leaderboard", "breakdown": "error_breakdown", "pairs": "paired_tests", "options": OPTIONS}
    return [
        Node(rank_variants, predictions, "leaderboard", name="rank_variants", namespace=NAMESPACE),
        Node(break_errors_down, predictions, "error_breakdown", name="break_errors_down", namespace=NAMESPACE),
        Node(compare_pairs, predictions, "paired_tests", name="compare_pairs", namespace=NAMESPACE),
        Node(write_report, tables | figures, "evaluation_report", name="write_report", namespace=NAMESPACE),
    ]


def evaluate_task(task: Task, runs: list[str]) -> Pipeline:
    """All variants of a task, its baselines and peers, and figures that compare them."""
    parts = [evaluate_variant(task.pipeline, variant, task.data_set) for variant in task.variants]
    tested = [*task.predictions, *(f"mlflow.{run}.predictions" for run in runs)]
    return sum(parts, start=Pipeline([*evaluate_others(task, runs), *draw_task(task, tested)]))


def evaluate_variant(pipeline: str, variant: str, seen: str) -> Pipeline:
    """Predictions of one variant, and pictures of them.  seen: the data set, "danes", "ibug" or "own"."""
    name, faces, boxes = f"{pipeline}.{variant}", f"{seen}_faces", f"{seen}_boxes"
    namespace, predictions = f"{NAMESPACE}.{name}", f"{name}.predictions"
    drawn = [predictions, faces, OPTIONS]
    nodes = [
        Node(
            predict_variant,
            [f"{name}.checkpoint", faces, boxes, OPTIONS],
            predictions,
            name="predict",
            namespace=namespace,
        ),
        Node(
            draw_failed,
            [predictions, faces, boxes, OPTIONS],
            f"{name}.failed_predictions",
            name="draw_failed",
            namespace=namespace,
        ),
    ]
    pictures = {"good": draw_good, "typical": draw_typical} | ({"unlabelled": draw_unlabelled} if seen == OWN else {})
    for kind, draw in pictures.items():
        nodes.append(Node(draw, drawn, f"{name}.{kind}_predictions", name=f"draw_{kind}", namespace=namespace))
    return Pipeline(nodes)


def evaluate_others(task: Task, runs: list[str]) -> list[Node]:
    """Predictions of who learns nothing here: mean shapes, and other people's networks."""
    checkpoints = [*task.checkpoints, *(f"mlflow.{run}.checkpoint" for run in runs)]
    actions: dict[str, tuple[Callable[..., Any], list[str]]] = {
        MEAN_SHAPE: (predict_mean_shape, checkpoints),
        MEAN_SHAPE_IN_BOX: (predict_mean_shape_in_box, checkpoints),
        PEERS: (predict_peers, []),
    }
    return [
        Node(
            with_fixed(actions[other][0], pipeline=task.pipeline),
            [*task.faces_and_boxes, OPTIONS, *actions[other][1]],
            f"{task.of(other)}.predictions",
            name="predict",
            namespace=f"{NAMESPACE}.{task.of(other)}",
        )
        for other in task.others
    ]


def draw_task(task: Task, predictions: list[str]) -> list[Node]:
    """Figures that compare all who were measured in one task."""
    draw: dict[str, Callable[..., Any]] = {
        "ced": draw_ced,
        "landmark_errors": draw_landmark_errors,
        "errors_by_turn": draw_errors_by_turn,
    }
    seen = {"landmark_errors": [f"{task.data_set}_faces"]}
    return [
        Node(
            with_fixed(draw[figure], pipeline=task.pipeline, data_set=task.data_set),
            [*seen.get(figure, []), *predictions],
            f"{task.name}.{figure}",
            name=f"draw_{figure}",
            namespace=f"{NAMESPACE}.{task.name}",
        )
        for figure in task.figures
    ]


def evaluate_run(run: str, data_sets: list[str]) -> Pipeline:
    """Predictions with the checkpoint of an MLflow run."""
    seen = [name for data_set in data_sets for name in (f"{data_set}_faces", f"{data_set}_boxes")]
    return Pipeline(
        [
            Node(
                with_fixed(predict_run, run=run),
                [f"mlflow.{run}.checkpoint", OPTIONS, *seen],
                f"mlflow.{run}.predictions",
                name="predict",
                namespace=f"{NAMESPACE}.mlflow.{run}",
            )
        ]
    )
