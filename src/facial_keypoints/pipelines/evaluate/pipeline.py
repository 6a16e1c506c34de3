"""checkpoints + faces -> predictions -> good and failed ones drawn; all predictions -> leaderboard and error tables

One namespace for each variant below `evaluate`, and one for each pipeline's baseline, the mean shape.
"""

from kedro.pipeline import Node, Pipeline

from facial_keypoints.evaluation import MEAN_SHAPE
from facial_keypoints.pipelines.evaluate.nodes import (
    draw_failed,
    draw_good,
    draw_unlabelled,
    errors_by_part,
    errors_by_type,
    predict_mean_shape,
    predict_variant,
    rank_variants,
)
from facial_keypoints.variants import OWN, USUAL_DATA_SETS, data_set, variants

OPTIONS = "params:evaluate"


def create_pipeline() -> Pipeline:
    """Every variant of every training pipeline on one leaderboard."""
    trained = [
        (pipeline, variant, data_set(pipeline, variant))
        for pipeline in USUAL_DATA_SETS
        for variant in variants(pipeline)
    ]
    tasks = list(dict.fromkeys((pipeline, seen) for pipeline, _, seen in trained))
    names = [*(f"{pipeline}.{variant}" for pipeline, variant, _ in trained), *(baseline(*task) for task in tasks)]
    predictions = [f"{name}.predictions" for name in names]
    tables = [
        Node(rank_variants, predictions, "leaderboard", name="rank_variants", namespace="evaluate"),
        Node(errors_by_part, predictions, "errors_by_part", name="errors_by_part", namespace="evaluate"),
        Node(errors_by_type, predictions, "errors_by_type", name="errors_by_type", namespace="evaluate"),
    ]
    parts = [*(evaluate_variant(*variant) for variant in trained), *(evaluate_baseline(*task) for task in tasks)]
    return sum(parts, start=Pipeline(tables))


def evaluate_variant(pipeline: str, variant: str, seen: str) -> Pipeline:
    """Predictions of one variant, and pictures of them.  seen: the data set, "danes", "ibug" or "own"."""
    name, faces = f"{pipeline}.{variant}", f"{seen}_faces"
    namespace, predictions = f"evaluate.{name}", f"{name}.predictions"
    pictures = {"draw_good": draw_good, "draw_failed": draw_failed}
    if seen == OWN:
        pictures["draw_unlabelled"] = draw_unlabelled
    return Pipeline(
        [
            Node(
                predict_variant,
                [f"{name}.checkpoint", faces, OPTIONS],
                predictions,
                name="predict",
                namespace=namespace,
            ),
            *(
                Node(
                    draw,
                    [predictions, faces, OPTIONS],
                    f"{name}.{action.removeprefix('draw_')}_predictions",
                    name=action,
                    namespace=namespace,
                )
                for action, draw in pictures.items()
            ),
        ]
    )


def evaluate_baseline(pipeline: str, seen: str) -> Pipeline:
    """Predictions of the mean shape for one pipeline's task on one data set."""
    checkpoints = [
        f"{pipeline}.{variant}.checkpoint" for variant in variants(pipeline) if data_set(pipeline, variant) == seen
    ]
    return Pipeline(
        [
            Node(
                predict_mean_shape,
                [f"{seen}_faces", *checkpoints],
                f"{baseline(pipeline, seen)}.predictions",
                name="predict",
                namespace=f"evaluate.{baseline(pipeline, seen)}",
            )
        ]
    )


def baseline(pipeline: str, seen: str) -> str:
    """The name of the mean shape's results: `finetune_resnet.mean_shape`, on another set than usual `..._own`."""
    return f"{pipeline}.{MEAN_SHAPE}" + ("" if seen == USUAL_DATA_SETS[pipeline] else f"_{seen}")
