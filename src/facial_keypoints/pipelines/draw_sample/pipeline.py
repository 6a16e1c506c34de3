"""parameters -> danes_raw, ibug_raw"""

from kedro.pipeline import Node, Pipeline

from facial_keypoints.pipelines.draw_sample.nodes import draw_danes_sample, draw_ibug_sample


def create_pipeline() -> Pipeline:
    """Drawn faces with known landmarks, for the environment `sample` only."""
    return Pipeline(
        [
            Node(draw_danes_sample, "params:draw_sample", "danes_raw", name="draw_danes"),
            Node(draw_ibug_sample, "params:draw_sample", "ibug_raw", name="draw_ibug"),
        ],
        namespace="draw_sample",
        prefix_datasets_with_namespace=False,
    )
