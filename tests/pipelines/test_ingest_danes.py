import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose
from skimage.io import imread

from facial_keypoints.datasets.archive import Archive
from facial_keypoints.errors import DataError
from facial_keypoints.eye_contours import reversed_eyes
from facial_keypoints.landmarks import IMM_58, AsfShape, format_asf, load_asf
from facial_keypoints.options import IngestDanesOptions, PersonSplit
from facial_keypoints.pipelines.ingest_danes import create_pipeline
from facial_keypoints.pipelines.ingest_danes.nodes import read_annotations, repair_annotations
from facial_keypoints.point_table import keypoints_of
from tests.running import run_pipeline

OPTIONS = IngestDanesOptions(repair_eye_contours=True, split=PersonSplit(train=[1], validation=[2], test=[3]))


def ingest(archive: Archive, options: IngestDanesOptions = OPTIONS) -> dict:
    return run_pipeline(create_pipeline(), {"danes_raw": archive, "params:ingest_danes": options})


@pytest.fixture(scope="module")
def ingested(drawn_danes):
    return ingest(drawn_danes)


@pytest.fixture
def copied(drawn_danes, tmp_path) -> Archive:
    return Archive(Path(shutil.copytree(drawn_danes.folder, tmp_path / "imm_face_db")))


def rewrite(archive: Archive, name: str, change) -> None:
    path = archive / name
    path.write_text(change(path.read_text()))


def reverse_right_eye(path: Path) -> None:
    shape = load_asf(path)
    points = shape.points.copy()
    points[21:29] = points[[25, 24, 23, 22, 21, 28, 27, 26]]
    path.write_text(format_asf(AsfShape(points, shape.image)))


def test_the_table_has_a_row_a_photograph(ingested):
    table = ingested["danes_annotations"]
    assert len(table) == 18
    assert {"name", "person", "type", "sex", "colour", "split", "x00", "y57"} <= set(table.columns)
    assert table.groupby("split")["person"].unique().map(list).to_dict() == {
        "train": [1],
        "validation": [2],
        "test": [3],
    }


def test_faces_are_the_whole_photographs_in_grey(ingested, drawn_danes):
    faces = ingested["danes_faces"]
    assert faces.images.shape == (18, 480, 640)
    photograph = imread(drawn_danes / f"{faces.table['name'].iloc[4]}.jpg")
    assert_allclose(faces.images[4], photograph @ [0.2125, 0.7154, 0.0721], atol=1)


def test_points_are_in_pixels_of_the_photograph(ingested, drawn_danes):
    faces = ingested["danes_faces"]
    relative = load_asf(drawn_danes / f"{faces.table['name'].iloc[7]}.asf").points
    assert_allclose(faces.keypoints[7], relative * (640, 480), atol=1e-3)
    assert_allclose(keypoints_of(ingested["danes_annotations"], IMM_58), faces.keypoints, atol=1e-3)


def test_a_contour_that_runs_backwards_is_repaired_and_reported(copied, ingested):
    name = copied.names(".asf")[8]
    reverse_right_eye(copied / name)
    result = ingest(copied)
    assert result["danes_repairs"][["name", "eye", "repaired"]].values.tolist() == [[name[:-4], "right_eye", True]]
    assert_allclose(result["danes_faces"].keypoints, ingested["danes_faces"].keypoints, atol=1e-3)


def test_drawn_annotations_need_no_repair(ingested):
    assert ingested["danes_repairs"].empty


def test_the_repair_can_be_turned_off(copied):
    reverse_right_eye(copied / copied.names(".asf")[0])
    annotations = read_annotations(copied, OPTIONS)
    kept, repairs = repair_annotations(annotations, replace(OPTIONS, repair_eye_contours=False))
    assert not repairs["repaired"].any()
    assert reversed_eyes(keypoints_of(kept, IMM_58)).sum() == len(repairs) == 1


def test_persons_in_no_list_are_left_out(drawn_danes):
    split = PersonSplit(train=[1], validation=[3], test=[])
    table = read_annotations(drawn_danes, replace(OPTIONS, split=split))
    assert set(table["person"]) == {1, 3}


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (lambda folder, name: (folder / f"{name}.jpg").unlink(), r"{name}\.asf without {name}\.jpg"),
        (lambda folder, name: (folder / f"{name}.asf").unlink(), r"{name}\.jpg without {name}\.asf"),
        (lambda folder, name: rewrite(Archive(folder), f"{name}.asf", lambda text: text[:900]), r"{name}\.asf.*line"),
        (
            lambda folder, name: rewrite(Archive(folder), f"{name}.asf", lambda text: text.replace("0.", "no.", 1)),
            r"{name}\.asf",
        ),
        (
            lambda folder, name: rewrite(Archive(folder), f"{name}.asf", lambda text: text.replace(name, "99-1m")),
            "99-1m",
        ),
        (lambda folder, name: (folder / f"{name}.jpg").write_bytes(b"\xff\xd8\xff"), r"{name}\.jpg.*cannot be read"),
    ],
    ids=["no picture", "no annotation", "cut short", "a word for a number", "names another picture", "no JPEG"],
)
def test_a_damaged_file_is_named(copied, damage, expected):
    name = copied.names(".jpg")[5][:-4]
    damage(copied.folder, name)
    with pytest.raises(DataError, match=expected.format(name=name)):
        ingest(copied)


def test_a_file_of_another_name_is_refused(copied):
    for ending in ("jpg", "asf"):
        (copied / f"holiday.{ending}").write_bytes((copied / f"{copied.names('.jpg')[0][:-4]}.{ending}").read_bytes())
    with pytest.raises(DataError, match=r"holiday.*07-3m\.asf"):
        ingest(copied)


def test_an_empty_folder_says_what_belongs_there(tmp_path):
    with pytest.raises(DataError, match="IMM Face Database"):
        read_annotations(Archive(tmp_path), OPTIONS)


@pytest.mark.real
def test_the_real_danes_are_240_faces_with_nine_repairs(danes_folder):
    split = PersonSplit(train=list(range(1, 29)), validation=[29, 30, 31, 32], test=list(range(33, 41)))
    annotations = read_annotations(Archive(danes_folder), IngestDanesOptions(repair_eye_contours=True, split=split))
    repaired, repairs = repair_annotations(annotations, IngestDanesOptions(repair_eye_contours=True, split=split))
    assert annotations["split"].value_counts().to_dict() == {"train": 168, "validation": 24, "test": 48}
    nine = ["06-5m", "10-4m", "18-4m", "33-3m", "36-4m", "36-5m", "36-6m", "39-3m", "40-5m"]
    assert list(repairs["name"]) == nine
    assert not reversed_eyes(keypoints_of(repaired, IMM_58)).any()
    changed = (keypoints_of(annotations, IMM_58) != keypoints_of(repaired, IMM_58)).any(axis=(1, 2))
    assert sorted(annotations["name"][changed]) == sorted(repairs["name"])
    assert np.isfinite(keypoints_of(repaired, IMM_58)).all()
