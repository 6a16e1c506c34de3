"""What the three training pipelines have in common: one template, instanced under a namespace for each variant.

faces --> train --> checkpoint --> first_kernels
  |         +-----> history, steps --> loss_curves
  +-----> inputs          +----------> comparison (all variants but those on request)
"""

from collections.abc import Callable
from typing import Any

from kedro.pipeline import Node, Pipeline
from matplotlib.figure import Figure

from facial_keypoints.pipelines.variant_nodes import (
    OPTIONS,
    Train,
    compare_variants,
    draw_curves,
    draw_kernels,
    noting_faces,
)
from facial_keypoints.variants import data_set, looks_twice, on_request, variants

DrawInputs = Callable[[Any, Any], Figure]
FacesOf = Callable[[str, str], str]


def training_pipeline(name: str, train: Train, draw_inputs: DrawInputs, faces: FacesOf) -> Pipeline:
    """A variant pipeline for each variant of `name`, and one figure of all their curves where there are several.

    Those on request are not in the figure: their losses may be of another kind, and they may never be run.
    faces: the dataset that a variant of a pipeline learns from.
    """
    compared = [f"{name}.{variant}" for variant in variants(name) if f"{name}.{variant}" not in on_request()]
    parts = (
        variant_pipeline(f"{name}.{variant}", train, draw_inputs, faces(name, variant)) for variant in variants(name)
    )
    pipeline = sum(parts, start=Pipeline([]))
    if len(compared) > 1:
        inputs = {variant: f"{variant}.history" for variant in compared}
        inputs |= {variant + OPTIONS: f"params:{variant}" for variant in compared}
        compare = Node(compare_variants, inputs, f"{name}.comparison", name="compare_variants", namespace=name)
        pipeline += Pipeline([compare])
    return pipeline


def danes_to_learn_from(pipeline: str, variant: str) -> str:
    """Views that were drawn before, or for a network that looks twice the photographs, which it needs sharp."""
    return "danes_faces" if looks_twice(pipeline, variant) else "danes_augmented"


def cut_faces_to_learn_from(pipeline: str, variant: str) -> str:
    """Faces cut around boxes, of the variant's data set."""
    return f"{data_set(pipeline, variant)}_faces"


def variant_pipeline(variant: str, train: Train, draw_inputs: DrawInputs, faces: str) -> Pipeline:
    """One variant, such as `train_nose.lr_1e-3`, in the namespace of its name."""
    options = f"params:{variant}"
    checkpoint, history, steps = f"{variant}.checkpoint", f"{variant}.history", f"{variant}.steps"
    train = noting_faces(train)
    return Pipeline(
        [
            Node(draw_inputs, [faces, options], f"{variant}.inputs", name="draw_inputs", namespace=variant),
            Node(train, [faces, options], [checkpoint, history, steps], name="train", namespace=variant),
            Node(
                draw_curves,
                [history, steps, checkpoint],
                f"{variant}.loss_curves",
                name="draw_loss_curves",
                namespace=variant,
            ),
            Node(draw_kernels, checkpoint, f"{variant}.first_kernels", name="draw_first_kernels", namespace=variant),
        ]
    )
