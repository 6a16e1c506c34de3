"""`predict` and `calibrate` as somebody runs them, and what they say where something is missing."""

import shutil

import pandas as pd
import pytest
from PIL import Image

from facial_keypoints.landmarks import IBUG_68, load_coco, load_imglab
from tests.project import only_error

LABELS = "ibug_300W_large_face_landmark_dataset/labels_ibug_300W_test.xml"


@pytest.mark.slow
def test_pictures_of_ones_own_are_looked_at_by_the_first_network_that_is_trained(looking_project):
    pictures = looking_project.root / "pictures"
    source = (looking_project.environment["FACIAL_KEYPOINTS_RAW"] + "/" + LABELS).rsplit("/", 1)[0]
    shutil.copytree(source + "/helen", pictures / "helen", ignore=shutil.ignore_patterns("*.pts"))
    (pictures / "notes.txt").write_text("no picture")
    Image.new("RGB", (90, 60)).save(pictures / "black.png")
    boxes = f"predict.boxes={looking_project.environment['FACIAL_KEYPOINTS_RAW']}/{LABELS}"
    result = looking_project.kedro(
        *("run", "--pipelines", "calibrate,predict"),
        *("--params", f"pictures={pictures},{boxes},predict.least_confidence=0"),
    )
    assert result.returncode == 0, result.stderr
    assert "Warning" not in result.stderr
    output = looking_project.root / "data" / "07_model_output" / "my_pictures"
    table = pd.read_csv(output / "faces.csv")
    assert table.loc[table["file"] == "notes.txt", "reason"].tolist() == ["no picture, or none of a kind that is read"]
    assert table.loc[table["file"] == "black.png", "reason"].tolist() == ["no face found"]
    faces = table[table["reason"].isna()]
    assert len(faces) >= 5
    assert faces["confidence"].between(0, 1).all()
    assert (faces["expected_px"] > 0).all()
    assert len(load_coco(output / "faces.json", IBUG_68)) == len(faces)
    assert sum(len(image.boxes) for image in load_imglab(output / "faces.xml")) == len(faces)
    drawn_pictures = looking_project.root / "data" / "08_reporting" / "my_pictures"
    assert len(list(drawn_pictures.glob("*.jpg"))) == table.loc[table["width"].notna(), "file"].nunique()
    assert (looking_project.root / "data" / "08_reporting" / "my_pictures.png").is_file()
    assert (looking_project.root / "data" / "08_reporting" / "finetune_resnet" / "lr_1e-4" / "confidence.png").is_file()
    assert not (looking_project.root / "data" / "06_models" / "finetune_resnet" / "best").exists()


def test_pictures_that_are_not_there_are_told_with_what_to_do(looking_project):
    error = only_error(looking_project.kedro("run", "--pipelines", "predict"))
    usual = looking_project.root / "data" / "01_raw" / "my_pictures"
    assert error.startswith(f"my_pictures is missing: there is no folder or file {usual}. Name the folder of")
    assert "--params pictures=<folder or file>" in error


def test_a_folder_without_pictures_is_told_before_what_is_there_is_replaced(looking_project):
    drawn = looking_project.root / "data" / "08_reporting" / "my_pictures"
    drawn.mkdir(parents=True, exist_ok=True)
    (drawn / "of_a_run_before.jpg").write_bytes(b"a picture")
    (looking_project.root / "none").mkdir()
    (looking_project.root / "none" / "notes.txt").write_text("no picture")
    error = only_error(looking_project.kedro("run", "--pipelines", "predict", "--params", "pictures=none"))
    assert "none: found no pictures in this folder" in error
    assert "--params pictures=<folder or file>" in error
    assert (drawn / "of_a_run_before.jpg").is_file()


def test_a_misspelt_place_of_pictures_is_told_by_its_name(looking_project):
    error = only_error(looking_project.kedro("run", "--pipelines", "predict", "--params", "pictures=/typo/anna.jpg"))
    assert "there is no folder or file /typo/anna.jpg" in error


def test_a_named_variant_that_is_not_trained_is_told_with_the_command_that_trains_it(looking_project):
    error = only_error(
        looking_project.kedro("run", "--pipelines", "predict", "--params", "pictures=.,predict.variant=best")
    )
    assert "There is nothing to predict with: finetune_resnet.best.checkpoint is missing" in " ".join(error.split())
    assert "kedro run --namespaces finetune_resnet.best" in error


def test_a_detector_that_is_not_there_is_told_before_anything_runs(looking_project):
    pytest.importorskip("cv2")
    result = looking_project.kedro("run", "--pipelines", "predict", "--params", "pictures=.,predict.detector=yunet")
    assert "there is no such file" in only_error(result)
    assert "choose_network" not in result.stdout + result.stderr
