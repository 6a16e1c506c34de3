import re
import sys

import numpy as np
import pytest
from PIL import Image

from facial_keypoints.datasets.video_file import MadeVideo, VideoFileDataset
from facial_keypoints.own_video import own_video


def frames(*sizes: tuple[int, int]):
    return (Image.new("RGB", size, (200, 10 * number, 0)) for number, size in enumerate(sizes))


def test_frames_of_any_sizes_become_a_video_of_the_firsts_with_even_sides(tmp_path):
    pytest.importorskip("cv2")
    path = tmp_path / "a.mp4"
    VideoFileDataset(filepath=str(path)).save(MadeVideo(frames((63, 41), (63, 41), (10, 41)), 12.5))
    made = list(own_video(path).frames(rate=30))
    assert [frame.picture.size for frame in made] == [(64, 42)] * 3
    assert made[1].seconds == pytest.approx(0.08)
    assert np.abs(np.array(made[1].picture.getpixel((32, 20))) - [200, 10, 0]).max() < 12
    assert made[2].picture.getpixel((2, 20))[0] < 30  # the border of a narrow one
    assert max(made[0].picture.getpixel((63, 20))) < 100  # what makes an odd width even
    assert made[0].picture.getpixel((61, 20))[0] > 180
    assert [file.name for file in tmp_path.iterdir()] == ["a.mp4"]


def test_a_video_that_fails_half_way_leaves_the_one_that_was_there(tmp_path):
    pytest.importorskip("cv2")
    path = tmp_path / "a.mp4"
    path.write_bytes(b"before")

    def broken():
        yield Image.new("RGB", (64, 48))
        raise OSError("no such frame")

    with pytest.raises(Exception, match="no such frame"):
        VideoFileDataset(filepath=str(path)).save(MadeVideo(broken(), 30))
    assert path.read_bytes() == b"before"
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    ("sizes", "rate", "reason"),
    [
        pytest.param([], 30, "there are no frames", id="no frames"),
        pytest.param([(20_000, 16)], 30, r"writes no mp4v of 20000 x 16 pixels and 30 frames a second", id="too wide"),
    ],
)
def test_what_cannot_be_written_is_said_and_an_earlier_video_does_not_stay(tmp_path, caplog, sizes, rate, reason):
    pytest.importorskip("cv2")
    (path := tmp_path / "a.mp4").write_bytes(b"another video")
    VideoFileDataset(filepath=str(path)).save(MadeVideo(frames(*sizes), rate))
    assert re.search(rf"a\.mp4 is not made: .*{reason}", caplog.text)
    assert list(tmp_path.iterdir()) == []


def test_without_opencv_the_same_is_said(tmp_path, caplog, monkeypatch):
    (path := tmp_path / "a.mp4").write_bytes(b"another video")
    monkeypatch.setitem(sys.modules, "cv2", None)
    VideoFileDataset(filepath=str(path)).save(MadeVideo(frames((64, 48)), 30))
    assert "a.mp4 is not made: that needs opencv-python-headless" in caplog.text
    assert not path.exists()
