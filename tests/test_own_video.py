import logging
import os
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from skimage import data

from facial_keypoints.errors import DataError, MissingInputError
from facial_keypoints.own_video import later, natural, own_video, require_video

COFFEE = data.coffee()
NOBODY = 65534


@pytest.fixture
def folder(tmp_path) -> Path:
    """Frames 1, 2 and 10, each of one grey; the second is broken."""
    folder = tmp_path / "frames"
    folder.mkdir()
    for number in (10, 1):
        Image.new("L", (40, 30), number).save(folder / f"frame{number}.png")
    (folder / "frame2.png").write_text("no picture")
    return folder


def test_a_folders_frames_come_in_natural_order_and_a_broken_one_has_its_reason(folder):
    video = own_video(folder)
    frames = list(video.frames(rate=10))
    assert video.stated_frames == 3
    assert [frame.file for frame in frames] == ["frame1.png", "frame2.png", "frame10.png"]
    assert [frame.number for frame in frames] == [0, 1, 2]
    assert [frame.seconds for frame in frames] == pytest.approx([0, 0.1, 0.2])
    assert frames[2].picture.getpixel((0, 0)) == (10, 10, 10)
    assert (frames[1].picture, frames[1].fault) == (None, "no picture, or none of a kind that is read")


def test_files_whose_names_say_that_they_are_no_pictures_are_no_frames(folder):
    for name in ("frame1.pts", "frame10.PTS", "labels.xml", "Thumbs.db", ".hidden.png"):
        (folder / name).write_text("something else")
    (folder / "other").mkdir()
    Image.new("L", (40, 30)).save(folder / "other" / "frame3.png")
    video = own_video(folder)
    assert [frame.file for frame in video.frames(rate=10)] == ["frame1.png", "frame2.png", "frame10.png"]
    assert video.left_out == 4


@pytest.mark.parametrize(
    ("inside", "likelier"),
    [
        pytest.param([], r"another place: --params frames=", id="nothing"),
        pytest.param(["b.mov", "a.MP4", "1/a.png"], r"another place, such as .*a\.MP4: ", id="videos"),
        pytest.param(["notes.txt", "2/a.png", "1/a.png"], r"another place, such as .*1: ", id="folders"),
    ],
)
def test_a_folder_without_frames_is_refused_with_what_may_have_been_meant(tmp_path, inside, likelier):
    for name in inside:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("anything")
    with pytest.raises(
        DataError, match=f"found no pictures in this folder, expected the frames of a video.*{likelier}"
    ):
        require_video(tmp_path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become a user without rights, and back")
def test_a_folder_that_cannot_be_listed_is_told():
    place = Path(tempfile.mkdtemp())  # others may not enter pytest's own
    try:
        place.chmod(0o755)
        (closed := place / "closed").mkdir(mode=0o700)
        os.seteuid(NOBODY)
        try:
            with pytest.raises(DataError, match=r"closed: a folder that cannot be listed \(Permission denied\); exp"):
                require_video(closed)
        finally:
            os.seteuid(0)
    finally:
        shutil.rmtree(place)


def test_frames_are_upright(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (40, 30)).save(tmp_path / "a.jpg", exif=exif)
    (frame,) = own_video(tmp_path).frames(rate=30)
    assert frame.picture.size == (30, 40)


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_names_are_sorted_as_their_numbers(one, other):
    assert (natural(f"a{one}.png") < natural(f"a{other}.png")) == (one < other)


@given(st.lists(st.text(max_size=10)))
def test_any_names_can_be_sorted(names):
    assert sorted(sorted(names, key=natural)) == sorted(names)


def write_video(path: Path, frames: int, rate: float = 25, codec: str = "MJPG") -> Path:
    """Frame after frame, a pan over the coffee to the right, 3 pixels each."""
    cv2 = pytest.importorskip("cv2")
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*codec), rate, (320, 240))
    for frame in range(frames):
        writer.write(np.ascontiguousarray(COFFEE[50:290, 3 * frame : 3 * frame + 320, ::-1]))
    writer.release()
    return path


@pytest.mark.parametrize(("name", "codec"), [("a.avi", "MJPG"), ("a.mp4", "mp4v")])
def test_a_video_file_is_read_in_colour_with_the_times_that_it_states(tmp_path, name, codec):
    video = own_video(write_video(tmp_path / name, 20, 25, codec))
    frames = list(video.frames(rate=999))
    assert video.stated_frames == len(frames) == 20
    assert [frame.seconds for frame in frames] == pytest.approx(np.arange(20) / 25)
    assert {frame.file for frame in frames} == {name}
    for frame in frames[::6]:
        true = COFFEE[50:290, 3 * frame.number : 3 * frame.number + 320].astype(float)
        assert np.abs(np.asarray(frame.picture) - true).mean() < 12


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        pytest.param([0.04, 0.1, 0.12], [0.04, 0.1, 0.12], id="uneven, as phones write them"),
        pytest.param([0.04, 0.04, 0.03, 0.2], [0.04, 0.08, 0.12, 0.2], id="standing still, going back"),
        pytest.param([0, 0, 0], [0.04, 0.08, 0.12], id="none"),
    ],
)
def test_a_frame_comes_when_the_file_says_or_a_step_after_the_one_before(stated, expected):
    times = [0.0]
    for seconds in stated:
        times.append(later(times[-1], seconds, step=0.04))
    assert times[1:] == pytest.approx(expected)


def test_a_video_that_is_cut_off_gives_what_it_has_and_says_so(tmp_path, caplog):
    path = write_video(tmp_path / "a.avi", 40)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with caplog.at_level(logging.WARNING):
        frames = list(own_video(path).frames(rate=30))
    assert 10 < len(frames) < 30
    assert f"{len(frames)} frames could be read of 40 that it says it holds" in caplog.text


def test_a_file_that_is_no_video_is_refused_before_anything_runs(tmp_path):
    pytest.importorskip("cv2")
    (tmp_path / "a.mp4").write_text("no video")
    with pytest.raises(DataError, match=r"a\.mp4: OpenCV .* cannot read this as a video; expected one, or a folder"):
        require_video(tmp_path / "a.mp4")


def test_without_opencv_a_video_file_is_told_with_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "cv2", None)
    (tmp_path / "a.mp4").write_bytes(b"")
    with pytest.raises(MissingInputError, match=r"no folder .* as a video needs opencv-python-headless.*\[video\]'"):
        require_video(tmp_path / "a.mp4")
    Image.new("L", (40, 30)).save(tmp_path / "a.png")
    require_video(tmp_path)  # a folder needs none
