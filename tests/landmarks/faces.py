"""Faces and a scheme that several tests of the formats share."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from facial_keypoints.landmarks import AnnotatedFace, Contour, LandmarkScheme

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


@st.composite
def schemes(draw) -> LandmarkScheme:
    """Any scheme: points under any names, shuffled into pairs, parts and contours."""
    names = draw(st.lists(_words, min_size=2, max_size=9, unique=True))
    order = draw(st.permutations(range(len(names))))
    pairs = draw(st.integers(1, len(names) // 2))
    mirror = list(range(len(names)))
    for one, other in zip(order[:pairs], order[pairs : 2 * pairs], strict=True):
        mirror[one], mirror[other] = other, one
    cut = draw(st.integers(1, len(names)))
    parts = {"upper": tuple(order[:cut])} | ({"lower": tuple(order[cut:])} if order[cut:] else {})
    lines = st.lists(st.sampled_from(order), min_size=1, max_size=len(names)).map(tuple)
    alone = [point for point in order if mirror[point] == point]
    return LandmarkScheme(
        name=draw(st.from_regex(r"[A-Za-z0-9_]{1,8}", fullmatch=True)),
        size=len(names),
        names=tuple(names),
        parts=parts,
        contours=tuple(draw(st.lists(st.builds(Contour, lines, st.booleans()), max_size=3))),
        mirror=tuple(mirror),
        outer_eye_corners=(order[0], mirror[order[0]]),
        nose_tip=draw(st.sampled_from([None, *alone])),
    )


def assert_same(read: list[AnnotatedFace], due: list[AnnotatedFace], tolerance: float) -> None:
    """The same files, points and boxes; what is None in the one is None in the other."""
    assert [face.file for face in read] == [face.file for face in due]
    for got, want in zip(read, due, strict=True):
        for one, other in ((got.points, want.points), (got.box, want.box)):
            assert (one is None) == (other is None)
            if one is not None:
                np.testing.assert_allclose(one, other, rtol=0, atol=tolerance)
