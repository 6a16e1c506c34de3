"""checkpoints + faces -> predictions -> good and failed ones drawn; all predictions -> leaderboard and error tables

One namespace for each variant below `evaluate`, and one for each pipeline's baseline, the mean shape.
"""

from kedro.pipeline import Node, Pipeline

from facial_keypoints.evaluation import MEAN_SHAPE
from facial_keypoints.pipelines.evaluate.nodes import (
    draw_failed,
    draw_good,
    errors_by_part,
    errors_by_type,
    predict_mean_shape,
    predict_variant,
    rank_variants,
)
from facial_keypoints.variants import variants

FACES = {"train_nose": "danes_faces", "train_face": "danes_faces", "finetune_resnet": "ibug_faces"}
OPTIONS = "params:evaluate"


def create_pipeline() -> Pipeline:
    """Every variant of every training pipeline on one leaderboard."""
    names = [f"{pipeline}.{variant}" for pipeline in FACES for variant in variants(pipeline)]
    predictions = [f"{name}.predictions" for name in [*names, *(f"{pipeline}.{MEAN_SHAPE}" for pipeline in FACES)]]
    tables = [
        Node(rank_variants, predictions, "leaderboard", name="rank_variants", namespace="evaluate"),
        Node(errors_by_part, predictions, "errors_by_part", name="errors_by_part", namespace="evaluate"),
        Node(errors_by_type, predictions, "errors_by_type", name="errors_by_type", namespace="evaluate"),
    ]
    parts = [*(evaluate_variant(name) for name in names), *(evaluate_baseline(pipeline) for pipeline in FACES)]
    return sum(parts, start=Pipeline(tables))


def evaluate_variant(name: str) -> Pipeline:
    """Predictions of one variant, `train_nose.lr_1e-3`, and pictures of them."""
    faces, namespace = FACES[name.split(".")[0]], f"evaluate.{name}"
    predictions = f"{name}.predictions"
    drawn = [predictions, faces, OPTIONS]
    return Pipeline(
        [
            Node(
                predict_variant,
                [f"{name}.checkpoint", faces, OPTIONS],
                predictions,
                name="predict",
                namespace=namespace,
            ),
            Node(draw_good, drawn, f"{name}.good_predictions", name="draw_good", namespace=namespace),
            Node(draw_failed, drawn, f"{name}.failed_predictions", name="draw_failed", namespace=namespace),
        ]
    )


def evaluate_baseline(pipeline: str) -> Pipeline:
    """Predictions of the mean shape for one pipeline's task."""
    checkpoints = [f"{pipeline}.{variant}.checkpoint" for variant in variants(pipeline)]
    return Pipeline(
        [
            Node(
                predict_mean_shape,
                [FACES[pipeline], *checkpoints],
                f"{pipeline}.{MEAN_SHAPE}.predictions",
                name="predict",
                namespace=f"evaluate.{pipeline}.{MEAN_SHAPE}",
            )
        ]
    )
