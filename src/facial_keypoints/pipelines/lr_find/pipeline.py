"""faces -> losses at rising learning rates, as a table and a figure with the rate that they propose, for each variant

Not part of a plain `kedro run`: whoever chooses a rate asks for it.
"""

from collections.abc import Callable
from typing import Any

import pandas as pd
from kedro.pipeline import Node, Pipeline

from facial_keypoints.pipelines.lr_find.nodes import draw_losses, try_face, try_nose, try_resnet
from facial_keypoints.pipelines.variant_pipeline import FacesOf, cut_faces_to_learn_from, danes_to_learn_from
from facial_keypoints.variants import LR_FIND, variants

Try = Callable[[Any, Any, Any], pd.DataFrame]
TRIES: dict[str, tuple[Try, FacesOf]] = {
    "train_nose": (try_nose, danes_to_learn_from),
    "train_face": (try_face, danes_to_learn_from),
    "finetune_resnet": (try_resnet, cut_faces_to_learn_from),
}


def create_pipeline() -> Pipeline:
    """One namespace a variant: `lr_find.train_nose.lr_1e-3`."""
    parts = (
        rates_of_variant(f"{pipeline}.{variant}", try_rates, faces(pipeline, variant))
        for pipeline, (try_rates, faces) in TRIES.items()
        for variant in variants(pipeline)
    )
    return sum(parts, start=Pipeline([]))


def rates_of_variant(variant: str, try_rates: Try, faces: str) -> Pipeline:
    """The range test of one variant, by its full name."""
    options, table, namespace = f"params:{variant}", f"{variant}.lr_find_table", f"{LR_FIND}.{variant}"
    return Pipeline(
        [
            Node(try_rates, [faces, options, f"params:{LR_FIND}"], table, name="try_rates", namespace=namespace),
            Node(draw_losses, [table, options], f"{variant}.lr_find", name="draw_losses", namespace=namespace),
        ]
    )
