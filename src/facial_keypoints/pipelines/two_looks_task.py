"""What the two pipelines of the Danes have in common where their network looks twice."""

from facial_keypoints.examples import InputFrame
from facial_keypoints.faces import FaceSet
from facial_keypoints.options import FaceOptions, NoseOptions
from facial_keypoints.training import Task


def two_looks_task(faces: FaceSet, options: NoseOptions | FaceOptions, indices: list[int] | None = None) -> Task:
    """The scheme's points at `indices`, None for all, from whole photographs, augmented a batch at a time.

    All points are learnt: they tell the second look where the face is.
    """
    looks = options.two_looks
    architecture = {
        "name": "small_two_looks",
        "points": faces.scheme.size,
        "channels": list(looks.channels),
        "dilations": list(looks.dilations),
        "first_size": list(looks.first_size),
        "cut_size": looks.cut_size,
        "looks": looks.looks,
        "answers": indices,
    }
    height, width = looks.input_size
    frame = InputFrame(height, width, channels=1)
    return Task(architecture, frame, indices, options.augmentation, learns_all=True)
