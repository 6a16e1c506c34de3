"""danes_faces -> danes_augmented -> a contact sheet"""

from kedro.pipeline import Node, Pipeline

from facial_keypoints.pipelines.augment.nodes import draw_views, make_views


def create_pipeline() -> Pipeline:
    """Views of the Danes for `train_nose` and `train_face`."""
    return Pipeline(
        [
            Node(make_views, ["danes_faces", "params:augment"], "danes_augmented", name="make_views"),
            Node(draw_views, "danes_augmented", "danes_augmented_drawn", name="draw_views"),
        ],
        namespace="augment",
        prefix_datasets_with_namespace=False,
    )
