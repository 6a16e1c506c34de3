"""Faces and a scheme that several tests of the formats share."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from facial_keypoints.landmarks import AnnotatedFace, LandmarkScheme

THREE = LandmarkScheme(
    name="three",
    size=3,
    names=("right", "tip", "left"),
    parts={"eyes": (0, 2), "nose": (1,)},
    contours=(),
    mirror=(2, 1, 0),
    outer_eye_corners=(0, 2),
    nose_tip=1,
)

_pixels = st.floats(-1e4, 1e4)
_printable = st.characters(codec="utf-8", exclude_categories=["C", "Z"])
_words = st.text(_printable, min_size=1, max_size=12)
_boxes = st.tuples(_pixels, _pixels, st.floats(0.5, 1e4), st.floats(0.5, 1e4)).map(np.array)
annotated_faces = st.builds(
    AnnotatedFace,
    file=_words,
    points=st.none() | arrays(np.float64, (3, 2), elements=_pixels),
    box=st.none() | _boxes,
    where=st.just(""),
    split=st.sampled_from([None, "train", "validation", "test"]),
    group=st.none() | _words,
)


def assert_same(read: list[AnnotatedFace], due: list[AnnotatedFace], tolerance: float) -> None:
    """The same files, points and boxes; what is None in the one is None in the other."""
    assert [face.file for face in read] == [face.file for face in due]
    for got, want in zip(read, due, strict=True):
        for one, other in ((got.points, want.points), (got.box, want.box)):
            assert (one is None) == (other is None)
            if one is not None:
                np.testing.assert_allclose(one, other, rtol=0, atol=tolerance)
