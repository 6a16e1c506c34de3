import logging
import sys
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.testing import assert_array_equal
from PIL import Image
from skimage import data

from facial_keypoints import variants
from facial_keypoints.checkpoints import Checkpoint
from facial_keypoints.confidence import Calibration
from facial_keypoints.datasets.archive import Archive
from facial_keypoints.detection import overlaps
from facial_keypoints.figures.style import PREDICTION
from facial_keypoints.followed_faces import raw_points_of
from facial_keypoints.landmarks import IBUG_68
from facial_keypoints.options import PredictOptions
from facial_keypoints.own_video import own_video
from facial_keypoints.pipelines.track import create_pipeline
from facial_keypoints.pipelines.track.nodes import join_frames, name_of
from facial_keypoints.point_table import keypoints_of
from tests.networks import CROP, calibration, face_checkpoint
from tests.options import predict_options, track_options
from tests.running import run_pipeline
from tests.spots import SHAPE
from tests.test_detection import FACE


def mean_shape_checkpoint() -> Checkpoint:
    """A network that answers the same face wherever it looks, in the middle of what it sees."""
    checkpoint = face_checkpoint()
    state = dict(checkpoint.state)
    state["last.weight"] = torch.zeros_like(state["last.weight"])
    state["last.bias"] = torch.from_numpy(0.5 + SHAPE / CROP.scale).float().flatten()
    return replace(checkpoint, state=state)


CHECKPOINT = mean_shape_checkpoint()


@pytest.fixture(autouse=True)
def one_variant() -> Iterator[None]:
    variants.hand_over({"train_nose": {}, "train_face": {}, "finetune_resnet": {"best": {}}})
    yield
    variants.hand_over({})


@pytest.fixture(scope="module")
def frames(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four frames of the astronaut, the third of which is broken, and one of coffee."""
    folder = tmp_path_factory.mktemp("frames")
    for number in (8, 9, 11):
        Image.fromarray(data.astronaut()).save(folder / f"{number}.png")
    (folder / "10.png").write_text("broken")
    Image.fromarray(data.coffee()).save(folder / "12.png")
    return folder


def track(
    place: Path, known: Calibration | None = None, looking: PredictOptions | None = None, **changed: Any
) -> dict[str, Any]:
    inputs = {
        "my_video": own_video(place),
        "params:predict": looking or predict_options(),
        "params:track": track_options(**changed),
        "finetune_resnet.best.checkpoint": CHECKPOINT,
        "finetune_resnet.best.calibration": known,
    }
    pipeline = create_pipeline()  # the drawn frames are a folder, which this test has in memory
    return run_pipeline(pipeline.filter(to_outputs=["my_video_drawn", "my_video_course"]), inputs)


@pytest.fixture(scope="module")
def found(frames) -> dict[str, Any]:
    variants.hand_over({"train_nose": {}, "train_face": {}, "finetune_resnet": {"best": {}}})
    return track(frames)


def test_frames_are_in_their_order_and_each_has_a_row(found):
    table = found["my_video_points"]
    assert table.drop_duplicates("frame")["file"].tolist() == ["8.png", "9.png", "10.png", "11.png", "12.png"]
    (broken,) = table.index[table["file"] == "10.png"]
    assert table["reason"][broken] == "no picture, or none of a kind that is read"
    assert table["seconds"].max() == pytest.approx(0.4)
    assert table is found["my_video_points_csv"]


def test_the_cascade_finds_the_face_of_the_first_frame_and_it_is_followed(found):
    table = found["my_video_points"]
    first = table[table["frame"] == 0]
    shares = overlaps(first[["box_left", "box_top", "box_width", "box_height"]].to_numpy(float), FACE)
    assert shares.max() > 0.5
    number = first["face"].iloc[shares.argmax()]
    assert set(table.loc[table["face"] == number, "frame"]) >= {0, 1, 3}


def test_frames_are_drawn_with_blue_points(found):
    drawn = dict(found["my_video_drawn"])
    assert list(drawn) == [f"frame_{number:06d}.jpg" for number in (0, 1, 3, 4)]
    picture = np.asarray(Image.open(BytesIO(drawn["frame_000000.jpg"]))).astype(int)
    assert picture.shape == (300, 300, 3)
    blue = [int(PREDICTION[start : start + 2], 16) for start in (1, 3, 5)]
    x, y = (keypoints_of(found["my_video_points"], IBUG_68)[0, 30] * 300 / 512).astype(int)
    assert np.abs(picture[y - 3 : y + 4, x - 3 : x + 4] - blue).sum(axis=-1).min() < 60


def test_the_figure_is_of_the_face_that_was_followed_longest(found):
    assert "in 3 frames, by finetune_resnet.best" in found["my_video_course"].get_suptitle()


def test_the_filter_is_an_option(frames):
    table = track(frames, filter=False)["my_video_points"]
    assert_array_equal(keypoints_of(table, IBUG_68), raw_points_of(table, IBUG_68))


@pytest.fixture(scope="module")
def entering(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three frames: the astronaut, who in the second and third is there twice, beside each other."""
    folder = tmp_path_factory.mktemp("entering")
    alone = np.pad(data.astronaut(), ((0, 0), (0, 512), (0, 0)))
    twice = np.concatenate([data.astronaut(), data.astronaut()], axis=1)
    for number, frame in enumerate([alone, twice, twice]):
        Image.fromarray(frame).save(folder / f"{number}.png")
    return folder


def numbers_by_frame(place: Path, chance: float, least_new: float, **changed: Any) -> list[set[int]]:
    looking = predict_options(least_confidence=least_new)
    known = calibration(
        chance, training_id=CHECKPOINT.training.id, rounds=looking.rounds, flip_average=looking.flip_average
    )
    table = track(place, known, looking, **changed)["my_video_points"]
    return [set(rows["face"].dropna()) for _, rows in table.groupby("frame")]


def test_what_is_new_needs_the_confidence_of_predict_and_what_is_followed_that_of_track(entering):
    assert not any(numbers_by_frame(entering, chance=0.4, least_new=0.5))
    first, second, third = numbers_by_frame(entering, chance=0.4, least_new=0.3, least_confidence=0.2)
    assert first == second == third != set()
    first, second, third = numbers_by_frame(entering, chance=0.4, least_new=0.3, least_confidence=0.5)
    assert first != set()
    assert first.isdisjoint(second | third)


def test_new_faces_are_looked_for_as_often_as_is_asked(entering):
    first, second, third = numbers_by_frame(entering, chance=1, least_new=0, search_every=0.2)
    assert first == second < third


def test_an_empty_folder_has_an_empty_table_and_no_frames(tmp_path):
    found = track(tmp_path)
    assert found["my_video_points"].empty
    assert list(found["my_video_drawn"]) == []


def test_where_no_face_is_found_that_is_said_and_frames_that_were_not_read_are_named(entering, tmp_path, caplog):
    Image.new("L", (300, 200), 128).save(tmp_path / "1.png")
    (tmp_path / "2.png").touch()
    track(tmp_path)
    assert "not read: 2.png (an empty file)" in caplog.text
    assert "no face was found in any frame" in caplog.text
    caplog.clear()
    track(entering)
    assert "WARNING  facial_keypoints.pipelines.track" not in caplog.text


def test_in_the_video_of_drawn_frames_the_frame_before_stands_for_one_that_was_not_read(found, tmp_path):
    for name, content in found["my_video_drawn"]:
        (tmp_path / name).write_bytes(content)
    made = join_frames(Archive(tmp_path), found["my_video_points"])
    shown = [np.asarray(frame) for frame in made.frames]
    assert made.rate == pytest.approx(10)
    assert len(shown) == 5
    assert_array_equal(shown[2], shown[1])
    assert not np.array_equal(shown[4], shown[1])


@pytest.mark.parametrize(
    "seconds",
    [
        pytest.param(np.arange(40) / 25, id="even"),
        pytest.param(np.concatenate([np.arange(30) / 30, 1 + np.arange(45) / 15]), id="slower in the dark"),
        pytest.param(5 + np.arange(40) / 25 + 0.01 * np.sin(np.arange(40)), id="uneven, cut from a longer one"),
    ],
)
def test_the_video_lasts_as_long_as_what_it_is_made_of_and_shows_each_moment_at_its_time(tmp_path, seconds):
    for number in range(len(seconds)):
        Image.new("L", (8, 8), number).save(tmp_path / name_of(number), quality=100)
    made = join_frames(Archive(tmp_path), pd.DataFrame({"frame": range(len(seconds)), "seconds": seconds}))
    shown = np.array([frame.getpixel((0, 0))[0] for frame in made.frames])
    times = np.arange(len(shown)) / made.rate
    assert times[-1] == pytest.approx(seconds[-1] - seconds[0])
    assert np.abs(seconds[shown] - seconds[0] - times).max() <= np.diff(seconds).max() / 2 + 1e-9


def test_the_video_of_one_frame_is_made_too(tmp_path):
    Image.new("L", (8, 8)).save(tmp_path / name_of(0))
    made = join_frames(Archive(tmp_path), pd.DataFrame({"frame": [0], "seconds": [0.0]}))
    assert (len(list(made.frames)), made.rate) == (1, 30)


def test_a_folder_needs_no_opencv(frames, monkeypatch, caplog):
    monkeypatch.setitem(sys.modules, "cv2", None)
    with caplog.at_level(logging.INFO):
        track(frames)
    assert "frames: 5, with faces:" in caplog.text
