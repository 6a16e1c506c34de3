"""my_pictures + a trained network -> my_faces: boxes, points, confidence -> XML, COCO, pictures with points, a sheet

                     checkpoints, calibrations --> choose_network
                                                        |
my_pictures --> find_faces (a batch at a time) <--------+--> predicting_network
                    |
                my_faces --> write_files --> my_faces_csv, my_faces_imglab, my_faces_coco
                    +------> draw_pictures --> my_pictures_drawn
                    +------> draw_sheet --> my_pictures_sheet

Not part of a plain `kedro run`.
"""

from kedro.pipeline import Node, Pipeline

from facial_keypoints.pipelines.chosen_network import choose_network, network_choices
from facial_keypoints.pipelines.predict.nodes import draw_pictures, draw_sheet, find_faces, write_files

NAMESPACE = "predict"
OPTIONS = "params:predict"
NETWORK = "predicting_network"


def create_pipeline() -> Pipeline:
    """The network is that of the variant which `predict.variant` names; if it is auto, the first that is trained."""
    return Pipeline(
        [
            Node(choose_network, [OPTIONS, *network_choices()], NETWORK, name="choose_network"),
            Node(find_faces, ["my_pictures", NETWORK, OPTIONS], "my_faces", name="find_faces"),
            Node(
                write_files,
                ["my_faces", NETWORK],
                ["my_faces_csv", "my_faces_imglab", "my_faces_coco"],
                name="write_files",
            ),
            Node(
                draw_pictures,
                ["my_pictures", "my_faces", NETWORK, OPTIONS],
                "my_pictures_drawn",
                name="draw_pictures",
            ),
            Node(draw_sheet, ["my_pictures", "my_faces", NETWORK], "my_pictures_sheet", name="draw_sheet"),
        ],
        namespace=NAMESPACE,
        prefix_datasets_with_namespace=False,
    )
