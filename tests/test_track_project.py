"""`track` as somebody runs it, and what it says where something is missing."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from skimage import data

from facial_keypoints.own_video import own_video
from tests.project import only_error

ALL_KEPT = "predict.least_confidence=0,track.least_confidence=0"


@pytest.mark.slow
def test_faces_are_followed_through_a_folder_of_frames(looking_project):
    frames = looking_project.root / "frames"
    frames.mkdir()
    for number in range(12):
        Image.fromarray(np.roll(data.astronaut(), 4 * number, axis=1)).save(frames / f"frame{number}.jpg")
    (frames / "frame5.jpg").write_text("broken")
    result = looking_project.kedro("run", "--pipelines", "track", "--params", f"frames={frames},{ALL_KEPT}")
    assert result.returncode == 0, result.stderr
    assert "Warning" not in result.stderr
    output = looking_project.root / "data" / "07_model_output" / "my_video"
    table = pd.read_parquet(output / "points.parquet")
    assert table["frame"].unique().tolist() == list(range(12))
    assert table.loc[table["frame"] == 5, "reason"].tolist() == ["no picture, or none of a kind that is read"]
    faces = table[table["reason"].isna()]
    assert faces["face"].value_counts().max() == 11
    assert len(pd.read_csv(output / "points.csv")) == len(table)
    reports = looking_project.root / "data" / "08_reporting"
    assert len(list((reports / "my_video").glob("*.jpg"))) == 11
    assert (reports / "my_video_course.png").is_file()


@pytest.mark.slow
def test_faces_are_followed_through_a_video_file(looking_project):
    cv2 = pytest.importorskip("cv2")
    video = looking_project.root / "clip.avi"
    writer = cv2.VideoWriter(str(video), cv2.VideoWriter_fourcc(*"MJPG"), 20, (512, 512))
    for number in range(6):
        writer.write(np.ascontiguousarray(np.roll(data.astronaut(), 4 * number, axis=1)[..., ::-1]))
    writer.release()
    result = looking_project.kedro("run", "--pipelines", "track", "--params", f"frames=clip.avi,{ALL_KEPT}")
    assert result.returncode == 0, result.stderr
    table = pd.read_parquet(looking_project.root / "data" / "07_model_output" / "my_video" / "points.parquet")
    assert table["seconds"].unique() == pytest.approx(np.arange(6) / 20)
    assert table["face"].value_counts().max() == 6
    made = own_video(looking_project.root / "data" / "08_reporting" / "my_video.mp4")
    assert len(list(made.frames(rate=30))) == 6


def test_a_missing_video_is_told_with_what_to_do(looking_project):
    error = only_error(looking_project.kedro("run", "--pipelines", "track"))
    assert "my_video is missing: there is no folder or file" in error
    assert "--params frames=<folder or video file>" in error


def test_a_file_that_is_no_video_is_told_before_anything_runs(looking_project):
    pytest.importorskip("cv2")
    result = looking_project.kedro("run", "--pipelines", "track", "--params", "frames=pyproject.toml")
    assert "cannot read this as a video; expected one, or a folder of pictures" in only_error(result)
    assert "choose_network" not in result.stdout + result.stderr


def test_a_folder_without_frames_is_told_before_what_is_there_is_replaced(looking_project):
    drawn = looking_project.root / "data" / "08_reporting" / "my_video"
    drawn.mkdir(parents=True, exist_ok=True)
    (drawn / "frame_000000.jpg").write_bytes(b"of a film before")
    (looking_project.root / "films").mkdir()
    (looking_project.root / "films" / "holiday.mp4").write_bytes(b"a film")
    result = looking_project.kedro("run", "--pipelines", "track", "--params", "frames=films")
    assert "films: found no pictures in this folder, expected the frames of a video" in (error := only_error(result))
    assert "holiday.mp4: --params frames=" in error
    assert (drawn / "frame_000000.jpg").is_file()


def test_a_detector_that_is_not_there_is_told_before_anything_runs(looking_project):
    pytest.importorskip("cv2")
    frames = looking_project.root / "one_frame"
    frames.mkdir()
    Image.fromarray(data.astronaut()).save(frames / "1.png")
    options = "frames=one_frame,predict.detector=yunet,predict.boxes=boxes.csv"  # boxes are of pictures, not of frames
    result = looking_project.kedro("run", "--pipelines", "track", "--params", options)
    assert "there is no such file" in only_error(result)
    assert "choose_network" not in result.stdout + result.stderr
