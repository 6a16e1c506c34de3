"""checkpoint + validation faces, made harder in many ways, + places without a face -> calibration, a picture of it

One namespace for each variant of finetune_resnet.  Not part of a plain `kedro run`.
"""

from kedro.pipeline import Node, Pipeline

from facial_keypoints.pipelines.calibrate.nodes import calibrate
from facial_keypoints.variants import PREDICTING, data_set, variants

NAMESPACE = "calibrate"
OPTIONS = "params:predict"


def create_pipeline() -> Pipeline:
    """Of every variant that is trained: the networks of the others are missing, and left out."""
    return Pipeline([_node(variant) for variant in variants(PREDICTING)])


def _node(variant: str) -> Node:
    name = f"{PREDICTING}.{variant}"
    return Node(
        calibrate,
        [f"{name}.checkpoint", f"{data_set(PREDICTING, variant)}_faces", OPTIONS],
        [f"{name}.calibration", f"{name}.confidence"],
        name="calibrate",
        namespace=f"{NAMESPACE}.{name}",
    )
