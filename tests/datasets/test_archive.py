import json
import logging
import shutil
from pathlib import Path

import pytest
from kedro.io import DatasetError

from facial_keypoints.datasets.archive import ArchiveDataset
from facial_keypoints.errors import ConfigurationError
from tests.fetching.archives import manifest_of, write_sha256

FETCHED = {"mirrors": ["http://127.0.0.1:9/"], "archives": ["zip"], "download_bytes": 9, "unpacked_bytes": 9}


def archive(folder, **options) -> ArchiveDataset:
    return ArchiveDataset(filepath=str(folder), contents="some faces", **options)


def test_a_missing_archive_says_what_to_put_where(tmp_path):
    with pytest.raises(
        DatasetError, match=r"raw is missing: put some faces into .*raw, or set FACIAL_KEYPOINTS_RAW.*make demo"
    ):
        archive(tmp_path / "raw").load()


def test_raw_data_are_not_written(tmp_path):
    with pytest.raises(DatasetError, match="writable: true"):
        archive(tmp_path / "raw").save([("a.txt", b"a")])
    assert not (tmp_path / "raw").exists()


def test_a_writable_archive_holds_what_was_saved(tmp_path):
    dataset = archive(tmp_path / "raw", writable=True)
    dataset.save([("helen/a.jpg", b"picture"), ("labels.xml", b"<dataset/>"), (".hidden.jpg", b"")])
    loaded = dataset.load()
    assert loaded.names(".jpg") == ["helen/a.jpg"]
    assert (loaded / "labels.xml").read_bytes() == b"<dataset/>"


def test_an_archive_that_cannot_be_made_leaves_the_previous_one(tmp_path):
    dataset = archive(tmp_path / "raw", writable=True)
    dataset.save([("a.txt", b"a")])

    def failing():
        yield "b.txt", b"b"
        raise OSError("no more paper")

    with pytest.raises(DatasetError, match="no more paper"):
        dataset.save(failing())
    assert dataset.load().names(".txt") == ["a.txt"]
    assert [path.name for path in tmp_path.iterdir()] == ["raw"]


@pytest.fixture
def danes(tmp_path: Path, drawn_danes) -> ArchiveDataset:
    """A copy of the drawn Danes with their manifest."""
    write_sha256(manifest_of(drawn_danes), tmp_path / "drawn.sha256")
    folder = shutil.copytree(drawn_danes.folder, tmp_path / "imm_face_db")
    return archive(folder, manifest={"sha256": str(tmp_path / "drawn.sha256")})


def test_files_as_released_are_read_without_a_word(danes, caplog):
    assert danes.unlike_released() == []
    danes.load()
    assert not caplog.text


def test_files_unlike_the_released_ones_are_read_with_one_warning(danes, caplog):
    names = danes.load().names(".asf")[:7]
    for name in names:
        (danes.load() / name).unlink()
    again = archive(danes.load().folder, manifest=danes._manifest_entry)
    assert again.unlike_released() == names
    assert again.load().names(".asf")
    again.load()
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert (
        f"7 files are missing or not as released, and the others are read: {', '.join(names[:5])}, ..." in caplog.text
    )
    assert names[5] not in caplog.text


@pytest.mark.real
def test_the_real_danes_are_as_released(danes_folder):
    manifest = Path(__file__).parents[2] / "conf" / "manifests" / "imm_face_db.sha256"
    assert archive(danes_folder, manifest={"sha256": str(manifest)}).unlike_released() == []


def test_an_archive_without_manifest_is_compared_with_nothing(tmp_path):
    assert archive(tmp_path).unlike_released() == []


@pytest.mark.parametrize(("offline", "fetched"), [(None, True), ("", True), ("0", True), ("1", False)])
def test_an_archive_with_mirrors_can_be_fetched_unless_offline(tmp_path, monkeypatch, offline, fetched):
    monkeypatch.delenv("FACIAL_KEYPOINTS_OFFLINE", raising=False)
    if offline is not None:
        monkeypatch.setenv("FACIAL_KEYPOINTS_OFFLINE", offline)
    assert archive(tmp_path / "raw", manifest={"imglab": ["a.xml"]}, **FETCHED).can_be_fetched == fetched
    assert not archive(tmp_path / "raw").can_be_fetched


def test_offline_the_message_is_that_of_an_archive_without_mirrors(tmp_path, monkeypatch):
    monkeypatch.setenv("FACIAL_KEYPOINTS_OFFLINE", "1")
    with pytest.raises(DatasetError, match=r"raw is missing: put some faces into .*make demo$"):
        archive(tmp_path / "raw", manifest={"imglab": ["a.xml"]}, **FETCHED).load()
    assert not list(tmp_path.iterdir())


def test_a_missing_file_of_digests_is_no_fault_of_the_mirrors(tmp_path, monkeypatch):
    monkeypatch.delenv("FACIAL_KEYPOINTS_OFFLINE", raising=False)
    with pytest.raises(DatasetError, match=r"gone\.sha256: no such file") as raised:
        archive(tmp_path / "raw", manifest={"sha256": str(tmp_path / "gone.sha256")}, **FETCHED).load()
    assert "mirror" not in str(raised.value)


def test_a_folder_that_is_there_is_not_fetched(tmp_path, monkeypatch):
    monkeypatch.delenv("FACIAL_KEYPOINTS_OFFLINE", raising=False)
    assert archive(tmp_path, manifest={"imglab": ["a.xml"]}, **FETCHED).load().folder == tmp_path


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"manifest": None}, "mirrors without a manifest"),
        ({"archives": ["rar"]}, r"found \['rar'\], expected some of zip, tar\.gz"),
        ({"archives": []}, "expected some of zip"),
        ({"download_bytes": 0}, "found 0 and 9"),
    ],
)
def test_an_entry_that_cannot_be_fetched_from_is_refused(tmp_path, changed, words):
    with pytest.raises(ConfigurationError, match=words):
        archive(tmp_path, **({"manifest": {"imglab": ["a.xml"]}} | FETCHED | changed))


def test_the_preview_says_what_belongs_there_on_which_terms_and_how_much_there_is(tmp_path):
    dataset = archive(tmp_path / "raw", licence="free", citation="A. Uthor", manifest={"sha256": "none"}, **FETCHED)
    assert json.loads(dataset.preview()) == {
        "contents": "some faces",
        "files": 0,
        "licence": "free",
        "citation": "A. Uthor",
    }
    drawn = archive(tmp_path / "drawn", writable=True)
    drawn.save([("a.txt", b"a"), ("b/c.txt", b"c")])
    assert json.loads(drawn.preview()) == {"contents": "some faces", "files": 2}
