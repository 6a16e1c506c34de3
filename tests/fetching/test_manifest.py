import shutil
import subprocess
from pathlib import Path

import pytest

from facial_keypoints.errors import ConfigurationError, DataError, MissingInputError
from facial_keypoints.fetching.manifest import ImglabManifest, read_manifest, read_sha256_manifest
from tests.fetching.archives import manifest_of
from tests.project import PROJECT

IMM = PROJECT / "conf" / "manifests" / "imm_face_db.sha256"
LABELS = ("labels_ibug_300W_train.xml", "labels_ibug_300W_test.xml")


@pytest.fixture
def danes(tmp_path: Path, drawn_danes) -> Path:
    return Path(shutil.copytree(drawn_danes.folder, tmp_path / "imm_face_db"))


@pytest.fixture
def ibug(tmp_path: Path, drawn_ibug) -> Path:
    return Path(shutil.copytree(drawn_ibug.folder, tmp_path / "ibug"))


def test_a_whole_data_set_has_no_faults(drawn_danes):
    assert manifest_of(drawn_danes).faults(drawn_danes.folder) == []


def test_missing_and_changed_files_are_named(drawn_danes, danes):
    first, second, *_ = sorted(path.name for path in danes.glob("*.asf"))
    (danes / first).unlink()
    (danes / second).write_bytes((danes / second).read_bytes() + b"\n")
    assert manifest_of(drawn_danes).faults(danes) == [first, second]
    assert manifest_of(drawn_danes).unlike_released(danes) == [first, second]


def test_digests_hold_only_their_files(drawn_danes):
    manifest = manifest_of(drawn_danes)
    assert manifest.holds(manifest.first_file)
    assert not manifest.holds("Thumbs.db")


@pytest.mark.real
def test_the_imm_manifest_is_that_of_the_release(danes_folder):
    manifest = read_sha256_manifest(IMM)
    assert len(manifest.digests) == 480
    assert manifest.faults(danes_folder) == []


@pytest.mark.real
def test_sha256sum_reads_the_imm_manifest(danes_folder):
    subprocess.run(["sha256sum", "--check", "--strict", "--quiet", IMM], cwd=danes_folder, check=True)


def test_label_files_hold_whatever_lies_beside_them(drawn_ibug):
    manifest = ImglabManifest(LABELS)
    assert manifest.first_file == LABELS[0]
    assert manifest.holds("afw/anything.pts")
    assert manifest.faults(drawn_ibug.folder) == []


@pytest.mark.real
def test_real_label_files_have_all_their_pictures(ibug_folder):
    assert ImglabManifest(LABELS).faults(ibug_folder) == []


def test_missing_and_empty_pictures_are_named(ibug, drawn_ibug):
    first, second = drawn_ibug.names(".jpg")[:2]
    (ibug / first).unlink()
    (ibug / second).write_bytes(b"")
    assert sorted(ImglabManifest(LABELS).faults(ibug)) == [first, second]


def test_label_files_that_are_broken_or_missing_are_named(ibug):
    (ibug / LABELS[0]).write_bytes((ibug / LABELS[0]).read_bytes()[:-200])
    (ibug / LABELS[1]).unlink()
    assert ImglabManifest(LABELS).faults(ibug) == list(LABELS)


def test_a_subset_of_labelled_pictures_is_no_change(ibug):
    (ibug / LABELS[0]).unlink()
    assert ImglabManifest(LABELS).unlike_released(ibug) == []


@pytest.mark.parametrize(
    "entry", [{}, {"md5": "a"}, {"sha256": ["a"]}, {"imglab": []}, {"sha256": "a", "imglab": ["b"]}]
)
def test_another_form_of_manifest_is_refused(entry):
    with pytest.raises(ConfigurationError, match=r"expected \{sha256: FILE\} or \{imglab"):
        read_manifest(entry)


def test_a_missing_file_of_digests_is_named(tmp_path):
    with pytest.raises(MissingInputError, match=r"gone\.sha256"):
        read_manifest({"sha256": str(tmp_path / "gone.sha256")})


@pytest.mark.parametrize("text", ["", "0123  a.jpg\n", f"{'0' * 64} a.jpg\n", f"{'g' * 64}  a.jpg\n"])
def test_a_broken_file_of_digests_is_named(tmp_path, text):
    (tmp_path / "broken.sha256").write_text(text)
    with pytest.raises(DataError, match=r"broken\.sha256.*sha256sum"):
        read_sha256_manifest(tmp_path / "broken.sha256")
