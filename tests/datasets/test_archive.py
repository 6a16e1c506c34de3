import pytest
from kedro.io import DatasetError

from facial_keypoints.datasets.archive import ArchiveDataset


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
