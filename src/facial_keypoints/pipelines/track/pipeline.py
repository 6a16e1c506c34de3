"""my_video + a trained network -> my_video_points: faces followed from frame to frame -> frames with points, a figure

                   checkpoints, calibrations --> choose_network
                                                       |
my_video --> follow_faces (frame by frame) <-----------+--> video_network
                  |
          my_video_points --> draw_frames --> my_video_drawn --> join_frames --> my_video_mp4
                  +---------> draw_course --> my_video_course

How faces are found and looked at, say the options of `predict`.  Not part of a plain `kedro run`.
"""

from kedro.pipeline import Node, Pipeline

from facial_keypoints.pipelines.chosen_network import choose_network, network_choices
from facial_keypoints.pipelines.track.nodes import draw_course, draw_frames, follow_faces, join_frames

NAMESPACE = "track"
OPTIONS = "params:track"
LOOKING = "params:predict"
NETWORK = "video_network"


def create_pipeline() -> Pipeline:
    """The network is that of `predict`."""
    return Pipeline(
        [
            Node(choose_network, [LOOKING, *network_choices()], NETWORK, name="choose_network"),
            Node(
                follow_faces,
                ["my_video", NETWORK, LOOKING, OPTIONS],
                ["my_video_points", "my_video_points_csv"],
                name="follow_faces",
            ),
            Node(
                draw_frames,
                ["my_video", "my_video_points", NETWORK, LOOKING, OPTIONS],
                "my_video_drawn",
                name="draw_frames",
            ),
            Node(join_frames, ["my_video_drawn", "my_video_points"], "my_video_mp4", name="join_frames"),
            Node(draw_course, ["my_video_points", NETWORK], "my_video_course", name="draw_course"),
        ],
        namespace=NAMESPACE,
        prefix_datasets_with_namespace=False,
    )
