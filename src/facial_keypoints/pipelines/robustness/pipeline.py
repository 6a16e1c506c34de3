"""checkpoints + faces -> errors on harder and harder faces, as a table and a figure, for each task

Not part of a plain `kedro run`: it measures every network some forty times.
"""

from kedro.pipeline import Node, Pipeline

from facial_keypoints.pipelines.robustness.nodes import draw_perturbed_faces, draw_robustness, sweep
from facial_keypoints.pipelines.tasks import OPTIONS, Task, tasks, with_fixed

NAMESPACE = "robustness"


def create_pipeline() -> Pipeline:
    """One namespace a task: a training pipeline on a data set."""
    return sum((task_robustness(task) for task in tasks()), start=Pipeline([]))


def task_robustness(task: Task) -> Pipeline:
    """All networks of a task on the same perturbed test faces."""
    faces, namespace = f"{task.data_set}_faces", f"{NAMESPACE}.{task.name}"
    return Pipeline(
        [
            Node(
                with_fixed(sweep, pipeline=task.pipeline),
                [faces, OPTIONS, *task.checkpoints],
                f"{task.name}.robustness_table",
                name="sweep",
                namespace=namespace,
            ),
            Node(
                draw_robustness,
                f"{task.name}.robustness_table",
                f"{task.name}.robustness",
                name="draw_robustness",
                namespace=namespace,
            ),
            Node(
                draw_perturbed_faces,
                [faces, OPTIONS],
                f"{task.name}.perturbed_faces",
                name="draw_perturbed_faces",
                namespace=namespace,
            ),
        ]
    )
