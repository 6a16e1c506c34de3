import logging
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


def test_without_opencv_or_frames_a_line_says_what_is_not_made(tmp_path, caplog, monkeypatch):
    dataset = VideoFileDataset(filepath=str(tmp_path / "a.mp4"))
    with caplog.at_level(logging.INFO):
        dataset.save(MadeVideo(frames(), 30))
        monkeypatch.setitem(sys.modules, "cv2", None)
        dataset.save(MadeVideo(frames((64, 48)), 30))
    assert "a.mp4 is not made: that needs opencv-python-headless" in caplog.text
    assert not dataset.exists()
