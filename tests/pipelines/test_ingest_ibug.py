import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from facial_keypoints.datasets.archive import Archive
from facial_keypoints.errors import DataError
from facial_keypoints.landmarks import IBUG_68, format_pts, load_imglab
from facial_keypoints.options import CropOptions, IngestIbugOptions
from facial_keypoints.pipelines.ingest_ibug import create_pipeline
from facial_keypoints.pipelines.ingest_ibug.nodes import read_annotations, split_of, without_photographs_of_test
from facial_keypoints.point_table import keypoints_of
from tests.running import run_pipeline

CROP = CropOptions(scale=2.0, shift_down=0.08, size=80)
OPTIONS = IngestIbugOptions(crop=CROP, split_by="folders", validation_fraction=0.2, points_from="pts", seed=0)
TRAIN, TEST = "labels_ibug_300W_train.xml", "labels_ibug_300W_test.xml"


def ingest(archive: Archive) -> dict:
    return run_pipeline(create_pipeline(), {"ibug_raw": archive, "params:ingest_ibug": OPTIONS})


def annotations_of(archive: Archive, options: IngestIbugOptions) -> pd.DataFrame:
    return read_annotations(archive, options)[0]


@pytest.fixture(scope="module")
def ingested(drawn_ibug):
    return ingest(drawn_ibug)


@pytest.fixture
def copied(drawn_ibug, tmp_path) -> Archive:
    return Archive(Path(shutil.copytree(drawn_ibug.folder, tmp_path / "ibug")))


def test_every_box_with_points_is_a_face(ingested, drawn_ibug):
    boxes = {
        labels: sum(len(image.boxes) for image in load_imglab(drawn_ibug / labels) if "_mirror" not in image.file)
        for labels in (TRAIN, TEST)
    }
    splits = ingested["ibug_annotations"]["split"].value_counts()
    assert splits["train"] + splits["validation"] == boxes[TRAIN]
    assert splits["test"] == boxes[TEST]


def test_mirrored_copies_are_left_out(ingested, drawn_ibug):
    assert any("_mirror" in image.file for image in load_imglab(drawn_ibug / TRAIN))
    assert not ingested["ibug_annotations"]["file"].str.contains("_mirror").any()


def test_several_faces_of_a_picture_have_names_of_their_own(copied):
    text = (copied / TEST).read_text()
    box = re.search(r"<box .*?</box>", text, re.DOTALL)
    assert box
    (copied / TEST).write_text(text.replace(box[0], box[0] * 2, 1))
    table = annotations_of(copied, OPTIONS)
    twice = table[table["file"].duplicated(keep=False) & (table["split"] == "test")]
    assert [name.split("#")[1] for name in twice["name"]] == ["0", "1"]
    assert table["name"].is_unique


def test_crops_show_the_points_where_the_photograph_has_them(ingested):
    faces = ingested["ibug_faces"]
    assert faces.images.shape == (len(faces), 80, 80, 3)
    assert_allclose(faces.source_keypoints, keypoints_of(ingested["ibug_annotations"], IBUG_68), atol=1e-3)
    inside = ((faces.keypoints > 0) & (faces.keypoints < 80)).all(axis=-1)
    assert inside.mean() > 0.98


def test_ibugs_own_faces_are_the_challenging_ones(ingested):
    table = ingested["ibug_annotations"]
    assert set(table.loc[table["subset"] == "challenging", "source"]) == {"ibug"}
    assert set(table.loc[table["subset"] == "common", "source"]) <= {"helen", "afw", "lfpw"}


@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("afw/1051618982_1.jpg", "afw/1051618982"),
        ("afw/18489332_10.jpg", "afw/18489332"),
        ("helen/trainset/100032540_1.jpg", "helen/trainset/100032540"),
        ("lfpw/trainset/image_0001.png", "lfpw/trainset/image_0001"),
        ("ibug/image_003_1.jpg", "ibug/image_003"),
    ],
)
def test_files_of_one_photograph_are_one_group(drawn_ibug, tmp_path, name, group):
    image = load_imglab(drawn_ibug / TRAIN)[0]
    (tmp_path / name).parent.mkdir(parents=True)
    shutil.copy(drawn_ibug / image.file, tmp_path / name)
    for labels in (TRAIN, TEST):
        text = (drawn_ibug / labels).read_text()
        (tmp_path / labels).write_text(only_first_image(text, name if labels == TRAIN else "afw/other_1.jpg"))
    (tmp_path / "afw").mkdir(exist_ok=True)
    shutil.copy(drawn_ibug / image.file, tmp_path / "afw" / "other_1.jpg")
    table = annotations_of(Archive(tmp_path), OPTIONS)
    assert table["group"].iloc[0] == group


def only_first_image(xml: str, name: str) -> str:
    head, rest = xml.split("<image ", 1)
    image = rest.split("</image>")[0]
    file = image.split("'")[1] if "file='" in image else image.split('"')[1]
    return f"{head}<image {image.replace(file, name)}</image></images></dataset>"


@pytest.mark.parametrize(
    ("file", "split"),
    [
        ("afw/1_1.jpg", "train"),
        ("helen/trainset/1_1.jpg", "train"),
        ("lfpw/trainset/image_0001.png", "train"),
        ("helen/testset/1_1.jpg", "test"),
        ("lfpw/testset/image_0001.png", "test"),
        ("ibug/image_003_1.jpg", "test"),
    ],
)
def test_folders_split_as_papers_do(file, split):
    assert split_of(file) == split


def test_a_folder_of_no_split_is_refused_with_the_way_out():
    with pytest.raises(DataError, match=r"cats/1\.jpg: found the folder 'cats', expected .*split_by=files"):
        split_of("cats/1.jpg")


def test_label_files_split_where_they_are_asked_to(copied):
    for labels, other in ((TRAIN, TEST), (TEST, TRAIN)):
        (copied / labels).rename(copied.folder / f"{other}.swapped")
    for labels in (TRAIN, TEST):
        (copied.folder / f"{labels}.swapped").rename(copied.folder / labels)
    by_folders, by_files = (annotations_of(copied, replace(OPTIONS, split_by=way)) for way in ("folders", "files"))
    tests_of = [set(table.loc[table["split"] == "test", "name"]) for table in (by_folders, by_files)]
    assert tests_of[0]
    assert not tests_of[0] & tests_of[1]
    assert all("testset" in name or name.startswith("ibug/") for name in tests_of[0])


def test_validation_takes_whole_photographs_out_of_train(ingested):
    table = ingested["ibug_annotations"]
    assert (table.groupby("group")["split"].nunique() == 1).all()
    share = (table["split"] == "validation").sum() / (table["split"] != "test").sum()
    assert 0.05 < share <= 0.21


def test_training_faces_on_photographs_of_the_test_set_are_left_out():
    table = pd.DataFrame({"split": ["train", "train", "test"], "group": ["a", "b", "b"], "name": ["1", "2", "3"]})
    notes = []
    assert list(without_photographs_of_test(table, notes)["name"]) == ["1", "3"]
    assert notes == [("2", "left out", "on a photograph of the test set")]


def exact_points(archive: Archive) -> tuple[str, np.ndarray]:
    """A picture with one face, and points as a .pts could have them: not rounded."""
    image = next(image for image in load_imglab(archive / TEST) if len(image.boxes) == 1)
    return image.file, image.boxes[0].points + np.random.default_rng(0).uniform(-0.49, 0.49, (68, 2))


def test_exact_points_beside_the_picture_are_preferred(copied):
    file, points = exact_points(copied)
    (copied / file).with_suffix(".pts").write_text(format_pts(points))
    table = annotations_of(copied, OPTIONS)
    row = table[table["file"] == file]
    assert list(row["points_from"]) == ["pts"]
    assert_allclose(keypoints_of(row, IBUG_68)[0], points, atol=1e-3)
    rounded = annotations_of(copied, replace(OPTIONS, points_from="xml"))
    assert set(rounded["points_from"]) == {"xml"}


def test_exact_points_of_another_face_are_not_taken(copied):
    file, points = exact_points(copied)
    (copied / file).with_suffix(".pts").write_text(format_pts(points + 5))
    table = annotations_of(copied, OPTIONS)
    assert list(table.loc[table["file"] == file, "points_from"]) == ["xml"]


@pytest.mark.parametrize("encoding", ["ISO-8859-1", "UTF-16"])
def test_the_declared_encoding_is_obeyed(copied, encoding):
    text = (copied / TEST).read_text().replace("<name>", "<name>Schöne ", 1)
    body = text.split("?>", 1)[1]
    (copied / TEST).write_bytes(f"<?xml version='1.0' encoding='{encoding}'?>{body}".encode(encoding))
    assert (annotations_of(copied, OPTIONS)["split"] == "test").any()


def test_a_box_beyond_the_frame_is_cut_all_the_same(copied):
    text = (copied / TEST).read_text()
    beyond, count = re.subn(r"left=(['\"])-?\d+", r"left=\g<1>-900", text, count=1)
    assert count == 1
    (copied / TEST).write_text(beyond)
    assert len(ingest(copied)["ibug_faces"])


def test_a_missing_picture_is_named(copied):
    file = load_imglab(copied / TEST)[0].file
    (copied / file).unlink()
    with pytest.raises(DataError, match=f"{file} is missing"):
        read_annotations(copied, OPTIONS)


def test_labels_that_are_no_xml_are_named(copied):
    (copied / TEST).write_text("<html>404 Not Found")
    with pytest.raises(DataError, match=TEST):
        read_annotations(copied, OPTIONS)


@pytest.mark.real
def test_twelve_parts_where_68_are_due_are_refused(samples_folder, ibug_folder, tmp_path):
    shutil.copy(samples_folder / "ibug_official_test_xml" / TEST, tmp_path / TEST)
    shutil.copy(ibug_folder / TRAIN, tmp_path / TRAIN)
    with pytest.raises(DataError, match=r"labels_ibug_300W_test\.xml.*12.*68"):
        load_imglab(tmp_path / TEST)


@pytest.mark.real
def test_the_real_subset_is_1372_faces_with_exact_points(ibug_folder):
    table = annotations_of(Archive(ibug_folder), replace(OPTIONS, validation_fraction=0.1))
    assert table["split"].value_counts().to_dict() == {"train": 1086, "validation": 121, "test": 165}
    assert (table["points_from"] == "pts").mean() > 0.99
    assert table.groupby("source")["name"].size().to_dict() == {"afw": 337, "helen": 1035}
