from functools import partial

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from PIL import Image

from facial_keypoints.box_fit import BOX
from facial_keypoints.followed_faces import ABOUT, raw_points_of, summary, table_of_followed
from facial_keypoints.following import Face
from facial_keypoints.landmarks import IBUG_68
from facial_keypoints.norms import face_size
from facial_keypoints.one_euro import OneEuro
from facial_keypoints.own_video import Frame
from facial_keypoints.point_table import keypoints_of
from facial_keypoints.searching import NO_FACE
from tests.spots import SHAPE

PICTURE = Image.new("RGB", (80, 60))
NEW_FILTER = partial(OneEuro, 1.0, 0.5)


def face(number: int, jump: float) -> Face:
    return Face(number, np.array([10.0, 20, 30, 40]), 0.5, 30 * SHAPE + jump, 0.9, 3.0, 0.7)


def frame(number: int, seconds: float | None = None, fault: str | None = None) -> Frame:
    seconds = number / 10 if seconds is None else seconds
    return Frame(number, f"{number}.png", seconds, None if fault else PICTURE, fault)


def followed(faces: list[list[Face]], frames: list[Frame] | None = None, new_filter=NEW_FILTER) -> pd.DataFrame:
    """faces: of each frame that can be read."""
    left = iter(faces)
    frames = [frame(number) for number in range(len(faces))] if frames is None else frames
    return table_of_followed(frames, lambda picture, seconds: next(left), new_filter, IBUG_68)


def test_each_face_of_each_frame_has_a_row_and_every_other_frame_a_reason():
    frames = [frame(0), frame(1), frame(2, fault="cut off"), frame(3)]
    table = followed([[face(0, 0), face(1, 5)], [], [face(1, 6)]], frames)
    assert table["frame"].tolist() == [0, 0, 1, 2, 3]
    assert table["reason"].tolist()[2:4] == [NO_FACE, "cut off"]
    assert table["reason"].isna().tolist() == [True, True, False, False, True]
    assert table["face"].dropna().tolist() == [0, 1, 1]
    first = table.iloc[0]
    assert first[BOX].tolist() == [10, 20, 30, 40]
    assert first[["score", "confidence", "expected_nme", "expected_px"]].tolist() == [0.5, 0.9, 3.0, 0.7]
    assert first[["seconds", "file", "width", "height"]].tolist() == [0, "0.png", 80, 60]
    assert table.loc[table["reason"].notna(), ["face", "x00", "raw_x00"]].isna().all(axis=None)
    assert pd.isna(table["width"][3])
    assert summary(table) == "frames: 4, with faces: 2, not read: 1; faces followed: 2"


def test_points_are_filtered_and_those_that_were_seen_stand_beside_them():
    jumps = [0.0, 8, 0, 8]
    table = followed([[face(0, jump)] for jump in jumps])
    seen = np.stack([30 * SHAPE + jump for jump in jumps])
    assert_allclose(raw_points_of(table, IBUG_68), seen, atol=1e-4)
    one_euro, size = OneEuro(1.0, 0.5), face_size(seen, IBUG_68)[0]
    expected = np.stack([one_euro(points, place / 10, size) for place, points in enumerate(seen)])
    assert_allclose(keypoints_of(table, IBUG_68), expected, atol=1e-4)
    assert np.ptp(keypoints_of(table, IBUG_68)[1:, 0, 0]) < 8


def test_without_a_filter_both_are_the_same():
    table = followed([[face(0, jump)] for jump in (0.0, 8)], new_filter=None)
    assert_array_equal(keypoints_of(table, IBUG_68), raw_points_of(table, IBUG_68))


def test_each_face_is_filtered_for_itself_and_a_new_one_starts_where_it_is():
    table = followed([[face(0, 0)], [face(1, 20)], [face(1, 20), face(2, -20)]])
    assert_allclose(keypoints_of(table, IBUG_68), raw_points_of(table, IBUG_68), atol=1e-4)


def test_a_frame_that_cannot_be_read_is_time_that_passes():
    gone = [frame(0), frame(1, fault="cut off"), frame(2)]
    slow = [frame(0), frame(1, seconds=0.2)]
    points = [keypoints_of(followed([[face(0, 0)], [face(0, 8)]], frames), IBUG_68)[-1] for frames in (gone, slow)]
    assert_array_equal(*points)


@pytest.mark.parametrize("frames", [[], [frame(0, fault="cut off")]])
def test_nothing_to_follow_is_a_table_with_all_columns(frames):
    table = followed([], frames)
    assert len(table) == len(frames)
    assert set(table.columns) >= {*ABOUT, "x00", "y67", "raw_x00", "raw_y67"}
    assert summary(table).endswith("faces followed: 0")
