"""The embedded data: drawn people in the layouts of the two real data sets."""

from facial_keypoints.options import DrawSampleOptions
from facial_keypoints.sample.danes import draw_danes
from facial_keypoints.sample.ibug import draw_ibug


def draw_danes_sample(options: DrawSampleOptions) -> list[tuple[str, bytes]]:
    """Files of the Danes' layout, by name: six photographs and annotations a person."""
    return list(draw_danes(options.danes_people, options.seed))


def draw_ibug_sample(options: DrawSampleOptions) -> list[tuple[str, bytes]]:
    """Files of iBUG 300-W's layout, by path: photographs and the two label files."""
    return list(draw_ibug(options.ibug_train, options.ibug_test, options.seed))
