import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose
from PIL import Image

from facial_keypoints.datasets.archive import Archive
from facial_keypoints.errors import ConfigurationError, DataError, MissingInputError
from facial_keypoints.landmarks import (
    IBUG_68,
    AnnotatedFace,
    ImglabBox,
    ImglabImage,
    format_coco,
    format_imglab,
    format_point_csv,
    format_pts,
    imglab_faces,
    load_imglab,
)
from facial_keypoints.options import CropOptions, IngestOwnOptions
from facial_keypoints.pipelines.ingest_own import create_pipeline
from facial_keypoints.pipelines.ingest_own.nodes import box_around, read_annotations
from facial_keypoints.point_table import keypoints_of
from tests.project import PROJECT
from tests.running import run_pipeline

CROP = CropOptions(scale=2.0, shift_down=0.08, size=80)
OPTIONS = IngestOwnOptions(
    folder="own", annotations="auto", scheme="ibug_68", crop=CROP, validation_fraction=0.2, test_fraction=0.2, seed=0
)
LABELS = "labels_ibug_300W_test.xml"


def ingest(folder: Path, options: IngestOwnOptions = OPTIONS) -> dict:
    return run_pipeline(create_pipeline(), {"own_raw": Archive(folder), "params:ingest_own": options})


def read(folder: Path, options: IngestOwnOptions = OPTIONS):
    return read_annotations(Archive(folder), options)


@pytest.fixture(scope="module")
def faces(drawn_ibug) -> list[AnnotatedFace]:
    """A drawn face for each picture that shows one."""
    images = [image for image in load_imglab(drawn_ibug / LABELS) if len(image.boxes) == 1]
    of_file = {face.file: face for face in imglab_faces(drawn_ibug / LABELS, IBUG_68)}
    return [of_file[image.file] for image in images]


@pytest.fixture
def folder(drawn_ibug, faces, tmp_path) -> Path:
    """The pictures of these faces, without annotations."""
    for face in faces:
        (tmp_path / face.file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(drawn_ibug / face.file, tmp_path / face.file)
    return tmp_path


def write_pts(folder: Path, faces: list[AnnotatedFace]) -> None:
    for face in faces:
        (folder / face.file).with_suffix(".pts").write_text(format_pts(face.points))


def write_xml(folder: Path, faces: list[AnnotatedFace], name: str = "faces.xml") -> None:
    images = [ImglabImage(face.file, None, None, (ImglabBox(*face.box, points_of(face)),)) for face in faces]
    (folder / name).write_text(format_imglab(images, name="own", comment=""))


def points_of(face: AnnotatedFace) -> np.ndarray:
    return np.empty((0, 2)) if face.points is None else face.points


def write_csv(folder: Path, faces: list[AnnotatedFace]) -> None:
    (folder / "faces.csv").write_text(format_point_csv(faces, IBUG_68))


def write_coco(folder: Path, faces: list[AnnotatedFace]) -> None:
    sizes = {face.file: Image.open(folder / face.file).size for face in faces}
    (folder / "faces.json").write_text(format_coco(faces, sizes, IBUG_68))


@pytest.mark.parametrize("write", [write_pts, write_xml, write_csv, write_coco])
def test_every_format_becomes_the_same_faces(folder, faces, write):
    write(folder, faces)
    result = ingest(folder)
    table, cut = result["own_annotations"], result["own_faces"]
    order = [list(table["file"]).index(face.file) for face in faces]
    assert_allclose(keypoints_of(table, IBUG_68)[order], [face.points for face in faces], atol=1e-2)
    assert_allclose(cut.source_keypoints, keypoints_of(table, IBUG_68), atol=1e-2)
    assert cut.images.shape == (len(faces), 80, 80, 3)
    assert set(cut.table["split"]) == {"train", "validation", "test"}
    assert result["own_noted"].empty
    if write is not write_pts:
        assert_allclose(table[["box_left", "box_top"]].to_numpy()[order], [face.box[:2] for face in faces], atol=0.51)


def test_without_boxes_they_are_made_from_the_landmarks_and_the_report_says_so(folder, faces):
    write_pts(folder, faces)
    result = ingest(folder)
    assert set(result["own_annotations"]["box_from"]) == {"landmarks"}
    assert "from the landmarks" in " ".join(result["own_report"]["detail"])
    # The crop lies around the landmarks' centre.
    extent = result["own_faces"].keypoints.max(axis=1) + result["own_faces"].keypoints.min(axis=1)
    assert_allclose(extent / 2, 40, atol=0.01)


def test_a_box_around_landmarks_is_as_wide_as_their_larger_extent():
    points = np.array([[10.0, 20.0], [50.0, 30.0]])
    assert_allclose(box_around(points, rise=0.1), [10, 25 - 20 - 4, 40, 40])


def test_faces_without_landmarks_are_kept_for_prediction(folder, faces):
    write_xml(folder, [*faces[:-2], *(replace(face, points=None) for face in faces[-2:])])
    result = ingest(folder)
    unlabelled = result["own_faces"].split("unlabelled")
    assert len(unlabelled) == 2
    assert np.isnan(unlabelled.keypoints).all()
    assert not np.isnan(result["own_faces"].split("train").keypoints).any()


def test_splits_that_the_file_states_are_kept(folder, faces):
    splits = ["test", "validation", *["train"] * (len(faces) - 2)]
    write_csv(folder, [replace(face, split=split) for face, split in zip(faces, splits, strict=True)])
    assert list(read(folder)[0]["split"]) == splits


def test_files_may_state_the_splits(folder, faces):
    write_xml(folder, faces[:4], "train.xml")
    write_xml(folder, faces[4:], "test.xml")
    table, _ = read(folder, replace(OPTIONS, annotations={"train": "train.xml", "test": "test.xml"}))
    assert set(table["file"][table["split"] == "test"]) == {face.file for face in faces[4:]}
    assert (table["split"] == "validation").sum() == 1


def test_faces_of_one_group_stay_together(folder, faces):
    groups = ["anna", "anna", "anna", "bo", "bo", "cleo"]
    write_csv(folder, [replace(face, group=group) for face, group in zip(faces, groups, strict=False)])
    table, _ = read(folder)
    assert set(table["group"]) == {"anna", "bo", "cleo"}
    assert (table.groupby("group")["split"].nunique() == 1).all()


def test_what_cannot_be_used_is_rejected_with_the_reason(folder, faces):
    same_corners = faces[1].points.copy()
    same_corners[45] = same_corners[36]
    write_csv(folder, [replace(faces[0], points=None, box=None), replace(faces[1], points=same_corners), *faces[2:]])
    text = (folder / "faces.csv").read_text().splitlines()
    cells = text[3].split(",")
    (folder / "faces.csv").write_text("\n".join([*text[:3], ",".join([cells[0], "", *cells[2:]]), *text[4:]]))
    table, noted = read(folder)
    assert len(table) == len(faces) - 3
    assert noted.values.tolist() == [
        [faces[0].file, "rejected", "neither landmarks nor a box"],
        [faces[1].file, "rejected", "the outer eye corners coincide"],
        [faces[2].file, "rejected", "1 of 68 points are empty"],
    ]


def test_another_scheme_is_read_from_a_file(folder, faces):
    eyes = [replace(face, points=face.points[36:48]) for face in faces]
    for face in eyes:
        (folder / face.file).with_suffix(".pts").write_text(format_pts(face.points))
    result = ingest(folder, replace(OPTIONS, scheme=str(PROJECT / "conf/schemes/eyes_12.yml")))
    assert result["own_faces"].keypoints.shape == (len(faces), 12, 2)
    assert result["own_faces"].scheme.name == "eyes_12"


def test_an_unknown_scheme_names_the_known_ones(folder, faces):
    write_csv(folder, faces)
    with pytest.raises(ConfigurationError, match=r"ibug_86.*imm_58, ibug_68.*YAML"):
        read(folder, replace(OPTIONS, scheme=str(folder / "ibug_86")))


def test_several_faces_of_a_picture_have_names_of_their_own(folder, faces):
    write_csv(folder, [*faces, faces[0]])
    names = list(read(folder)[0]["name"])
    stem = str(Path(faces[0].file).with_suffix(""))
    assert names[0] == f"{stem}#0"
    assert names[-1] == f"{stem}#1"


def test_pictures_that_differ_in_their_ending_alone_have_names_of_their_own(folder, faces):
    stem = Path(faces[0].file).with_suffix("")
    Image.open(folder / faces[0].file).save(folder / f"{stem}.png")
    write_csv(folder, [*faces, replace(faces[0], file=f"{stem}.png")])
    assert read(folder)[0]["name"].is_unique


def test_a_box_without_points_may_lie_beside_a_labelled_face(folder, faces):
    write_csv(folder, [*faces, replace(faces[0], points=None)])
    assert len(ingest(folder)["own_faces"].split("unlabelled")) == 1


def test_a_box_beside_its_landmarks_is_listed(folder, faces):
    write_csv(folder, [replace(faces[0], box=np.array([-900.0, -900.0, 50.0, 50.0])), *faces[1:]])
    listed = ingest(folder)["own_noted_faces"]
    stray = listed[listed["kind"] == "stray"]
    assert stray[["name", "reason"]].values.tolist() == [
        [str(Path(faces[0].file).with_suffix("")), "the centre of its landmarks lies outside the box"]
    ]


def test_a_face_beside_its_picture_is_listed(folder, faces):
    write_csv(folder, [replace(faces[0], points=faces[0].points + 5000, box=None), *faces[1:]])
    listed = ingest(folder)["own_noted_faces"]
    assert list(listed["reason"][listed["kind"] == "stray"]) == ["the centre of its landmarks lies outside the picture"]


def test_files_that_other_systems_hide_are_no_annotations(folder, faces):
    write_csv(folder, faces)
    (folder / "._faces.csv").write_bytes(b"\0")
    assert len(read(folder)[0]) == len(faces)


@pytest.mark.parametrize(
    ("damage", "error", "message"),
    [
        (lambda folder, faces: (folder / faces[2].file).unlink(), DataError, r"found no picture .*\(1 are missing\)"),
        (lambda folder, faces: write_xml(folder, faces), DataError, "found faces.csv, faces.xml, expected one"),
        (lambda folder, faces: (folder / faces[2].file).write_bytes(b"GIF"), DataError, "cannot be read"),
        (lambda folder, faces: write_csv(folder, []), DataError, "found no face"),
        (lambda folder, faces: write_csv(folder, faces[:2]), DataError, "found 2 groups of faces, too few"),
    ],
    ids=["picture missing", "two files", "no picture", "no face", "too few"],
)
def test_damage_is_an_error_that_names_it(folder, faces, damage, error, message):
    write_csv(folder, faces)
    damage(folder, faces)
    with pytest.raises(error, match=message):
        read(folder)


def test_a_missing_annotation_file_is_named(folder):
    with pytest.raises(MissingInputError, match=r"mine\.csv: no such file"):
        read(folder, replace(OPTIONS, annotations="mine.csv"))


def test_pictures_without_any_annotation_are_refused(folder):
    with pytest.raises(DataError, match=r"no \.pts beside it.*docs/own_data\.md"):
        read(folder)


@pytest.mark.real
def test_dlibs_example_faces_are_43_from_9_pictures(samples_folder):
    options = replace(
        OPTIONS, annotations={"train": "training_with_face_landmarks.xml", "test": "testing_with_face_landmarks.xml"}
    )
    result = ingest(samples_folder / "dlib_faces", options)
    faces = result["own_faces"]
    assert faces.table["file"].nunique() == 9
    assert (faces.table["split"] == "test").sum() == 25
    assert faces.table["split"].isin(["train", "validation"]).sum() == 18
    inside = ((faces.keypoints > 0) & (faces.keypoints < 80)).all(axis=-1)
    assert inside.all()


@pytest.mark.real
def test_dlibs_boxes_without_parts_are_for_prediction_only(samples_folder):
    result = ingest(samples_folder / "dlib_faces", replace(OPTIONS, annotations="training.xml"))
    assert list(result["own_faces"].table["split"].unique()) == ["unlabelled"]
    assert len(result["own_faces"]) == 18
