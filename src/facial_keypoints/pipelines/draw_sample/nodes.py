"""The embedded data: drawn people in the layouts of the two real data sets."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from facial_keypoints.eye_contours import reverse_eye
from facial_keypoints.landmarks import format_asf, parse_asf
from facial_keypoints.options import DrawSampleOptions
from facial_keypoints.progress import progress
from facial_keypoints.sample.danes import TYPES, draw_danes
from facial_keypoints.sample.ibug import draw_ibug

# As in the real set, some contours run backwards, so that there is something to repair.
REVERSED = {"01-4": "right_eye", "02-3": "right_eye", "03-5": "left_eye"}


def draw_danes_sample(options: DrawSampleOptions) -> list[tuple[str, bytes]]:
    """Files of the Danes' layout, by name: six photographs and annotations a person, a few with a wrong eye contour."""
    files = with_reversed_eyes(draw_danes(options.danes_people, options.seed))
    return list(progress(files, "drawing the Danes' files", total=2 * len(TYPES) * options.danes_people))


def with_reversed_eyes(files: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
    """The files, those annotations that REVERSED names with that eye's contour running backwards."""
    for name, content in files:
        eye = REVERSED.get(name[:4])
        if eye and name.endswith(".asf"):
            shape = parse_asf(content.decode(), name)
            content = format_asf(replace(shape, points=reverse_eye(shape.points, eye))).encode()
        yield name, content


def draw_ibug_sample(options: DrawSampleOptions) -> list[tuple[str, bytes]]:
    """Files of iBUG 300-W's layout, by path: photographs and the two label files."""
    return list(progress(draw_ibug(options.ibug_train, options.ibug_test, options.seed), "drawing 300-W's files"))
