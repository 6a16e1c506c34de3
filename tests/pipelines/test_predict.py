import shutil
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from PIL import Image
from skimage import data

from facial_keypoints import variants
from facial_keypoints.box_fit import BOX
from facial_keypoints.confidence import Calibration
from facial_keypoints.detection import overlaps
from facial_keypoints.figures.style import PREDICTION
from facial_keypoints.landmarks import IBUG_68, ImglabBox, ImglabImage, format_imglab
from facial_keypoints.own_pictures import list_pictures
from facial_keypoints.pipelines.predict import create_pipeline
from facial_keypoints.pipelines.predict.nodes import drawn, drawn_names
from facial_keypoints.point_table import column_names, keypoints_of
from facial_keypoints.searching import NO_FACE
from tests.bad_pictures import write_bad_pictures
from tests.networks import calibration, face_checkpoint
from tests.options import predict_options
from tests.running import run_pipeline
from tests.test_detection import FACE

CHECKPOINT = face_checkpoint()
OPTIONS: dict[str, Any] = {}


@pytest.fixture(autouse=True)
def two_variants() -> Iterator[None]:
    variants.hand_over({"train_nose": {}, "train_face": {}, "finetune_resnet": {"lr_1e-4": {}, "best": {}}})
    yield
    variants.hand_over({})


ASTRONAUTS = ("astronaut.png", "turned.png", "a/astronaut.png")


@pytest.fixture(autouse=True)
def given_boxes(tmp_path_factory, monkeypatch) -> None:
    """The cascade's mistakes are no part of these tests: boxes of astronauts are given, and no others."""
    path = tmp_path_factory.mktemp("boxes") / "boxes.csv"
    rows = [f"{file},{','.join(str(side) for side in FACE)}" for file in ASTRONAUTS]
    path.write_text("\n".join(["file,box_left,box_top,box_width,box_height", *rows]))
    monkeypatch.setitem(OPTIONS, "boxes", str(path))


def predict(place: Path, known: Calibration | None = None, **changed: Any) -> dict[str, Any]:
    changed = OPTIONS | changed
    inputs = {
        "my_pictures": list_pictures(place),
        "params:predict": predict_options(**changed),
        "finetune_resnet.best.checkpoint": CHECKPOINT,
        "finetune_resnet.best.calibration": known,
        "finetune_resnet.lr_1e-4.checkpoint": None,
        "finetune_resnet.lr_1e-4.calibration": None,
    }
    return run_pipeline(create_pipeline(), inputs)


@pytest.fixture
def pictures(tmp_path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    Image.fromarray(data.astronaut()).save(folder / "astronaut.png")
    Image.fromarray(data.coffee()).save(folder / "coffee.jpg")
    (folder / "notes.txt").write_text("no picture")
    return folder


def test_every_face_has_a_box_points_and_a_confidence_and_every_other_file_a_reason(pictures):
    table = predict(pictures, calibration())["my_faces"]
    assert table["file"].tolist() == ["astronaut.png", "coffee.jpg", "notes.txt"]
    assert table["reason"].tolist()[1:] == [NO_FACE, "no picture, or none of a kind that is read"]
    face = table.iloc[0]
    assert_allclose(face[BOX].to_numpy(float), FACE)
    assert (face["confidence"], face["expected_nme"]) == (0.9, 5)
    points = keypoints_of(table, IBUG_68)[0]
    norm = np.linalg.norm(points[36] - points[45])
    assert_allclose(face["expected_px"], 0.05 * norm, rtol=1e-4)
    assert_allclose(face["error_px67"], 0.05 * norm, rtol=1e-4)


def test_a_turned_photograph_has_the_points_of_the_upright_one(pictures, tmp_path):
    upright = predict(pictures / "astronaut.png")["my_faces"]
    exif = Image.Exif()
    exif[0x0112] = 6
    stored = Image.fromarray(data.astronaut()).transpose(Image.Transpose.ROTATE_90)
    stored.save(tmp_path / "turned.png", exif=exif)
    turned = predict(tmp_path / "turned.png")["my_faces"]
    assert_allclose(keypoints_of(turned, IBUG_68), keypoints_of(upright, IBUG_68), atol=0.1)


def test_what_the_confidence_says_is_no_face_is_left_out(pictures, caplog):
    table = predict(pictures / "astronaut.png", calibration(chance=0.2), least_confidence=0.5)["my_faces"]
    assert "places where faces may be are left out, their confidence being below 0.5" in caplog.text
    assert table["reason"].tolist() == ["no face: confidence below 0.5 in each place that was found (1)"]
    assert table["x00"].isna().all()


def test_without_boxes_the_cascade_looks_for_faces(pictures):
    table = predict(pictures / "astronaut.png", boxes="")["my_faces"]
    assert overlaps(table[BOX].to_numpy(float), FACE).max() > 0.5


def test_given_boxes_replace_detection(pictures, tmp_path):
    none = np.empty((0, 2))
    images = [
        ImglabImage("coffee.jpg", None, None, (ImglabBox(100, 50, 80, 80, none), ImglabBox(300, 50, 80, 80, none)))
    ]
    (tmp_path / "boxes.xml").write_text(format_imglab(images, "", ""))
    table = predict(pictures, boxes=str(tmp_path / "boxes.xml"))["my_faces"]
    assert table["reason"].isna().tolist() == [False, True, True, False]
    assert table.loc[[1, 2], "box_left"].tolist() == [100, 300]
    assert table.loc[[1, 2], "face"].tolist() == [0, 1]


def test_pictures_that_were_read_are_drawn_and_points_are_blue(pictures):
    found = predict(pictures)
    drawn = dict(found["my_pictures_drawn"])
    assert list(drawn) == ["astronaut.jpg", "coffee.jpg"]
    picture = np.asarray(Image.open(BytesIO(drawn["astronaut.jpg"]))).astype(int)
    assert picture.shape == (300, 300, 3)
    blue = [int(PREDICTION[start : start + 2], 16) for start in (1, 3, 5)]
    x, y = (keypoints_of(found["my_faces"], IBUG_68)[0, 30] * 300 / 512).astype(int)
    assert np.abs(picture[y - 3 : y + 4, x - 3 : x + 4] - blue).sum(axis=-1).min() < 60
    titles = [axes.get_title() for axes in found["my_pictures_sheet"].axes if axes.get_title()]
    assert titles == ["astronaut.png\n1 face", "coffee.jpg\nno faces"]


@pytest.mark.parametrize(("width", "shown"), [(50, (150, 90)), (200, (300, 180)), (900, (300, 180))])
def test_large_pictures_are_drawn_into_small_and_small_ones_enlarged_three_times_at_most(tmp_path, width, shown):
    Image.new("RGB", (width, width * 3 // 5)).save(tmp_path / "a.png")
    rows = pd.DataFrame([{"width": width, "height": width * 3 // 5, "reason": "no face found", "confidence": np.nan}])
    faces = rows.reindex(columns=[*rows.columns, *BOX, *column_names(range(68))])
    assert drawn(tmp_path / "a.png", faces, IBUG_68, 300).size == shown


def test_more_than_fifty_bad_inputs_stop_nothing(tmp_path):
    expected = write_bad_pictures(tmp_path)
    shutil.copy(Path(data.__file__).parent / "astronaut.png", tmp_path / "a" / "astronaut.png")
    found = predict(tmp_path, boxes="")
    table = found["my_faces"]
    assert table["file"].nunique() == len(expected) + 1
    assert set(table.loc[table["reason"].isna(), "file"]) == {"a/astronaut.png"}
    assert len(dict(found["my_pictures_drawn"])) == table.loc[table["width"].notna(), "file"].nunique()


def test_an_empty_folder_has_an_empty_table_and_files(tmp_path):
    found = predict(tmp_path)
    assert found["my_faces"].empty
    assert list(found["my_pictures_drawn"]) == []
    assert "<images>" in found["my_faces_imglab"]


def test_drawn_pictures_have_different_names_that_every_file_system_takes():
    files = ["a.jpg", "a.png", "A.png", "b/a.jpg", "b_a.jpg", "l" * 300 + ".jpg", "ü" * 200 + ".png"]
    names = drawn_names(files)
    assert names["a.jpg"] == "a.jpg"
    assert len({name.lower() for name in names.values()}) == len(files)
    assert all(len(name.encode()) < 255 and "/" not in name for name in names.values())


def test_batches_do_not_change_what_is_found(pictures):
    alone, together = (predict(pictures, batch_size=size)["my_faces"] for size in (1, 9))
    assert_allclose(keypoints_of(alone, IBUG_68), keypoints_of(together, IBUG_68), atol=0.05)


def test_flip_averaging_and_later_looks_are_options(pictures):
    options = [{"rounds": 1}, {"rounds": 2}, {"flip_average": True}]
    points = [keypoints_of(predict(pictures / "astronaut.png", **one)["my_faces"], IBUG_68) for one in options]
    assert not np.allclose(points[0], points[1], atol=0.5)
    assert not np.allclose(points[0], points[2], atol=0.5)
