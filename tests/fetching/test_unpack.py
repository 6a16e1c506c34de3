"""Archives as strangers may make them: good, damaged and malicious."""

import gzip
import io
import stat
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

from facial_keypoints.fetching import unpack as unpacking
from facial_keypoints.fetching.faults import MirrorFault
from facial_keypoints.fetching.kinds import TAR_GZ, ZIP
from facial_keypoints.fetching.unpack import unpack
from tests.fetching.archives import contents, tar_gz_of, zip_of

FILES = {
    "faces/01-1m.jpg": np.random.default_rng(0).bytes(3000),
    "faces/01-1m.asf": b"58\n" * 500,
    "faces/empty.txt": b"",
    "note.txt": "Nordstrøm".encode(),
}
PACK = {ZIP: zip_of, TAR_GZ: tar_gz_of}
KINDS = pytest.mark.parametrize("kind", [ZIP, TAR_GZ])


def unpacked(tmp_path: Path, kind: str, packed: bytes, limit: int = 1_000_000) -> dict[str, bytes]:
    """What unpacking leaves in its folder; nothing may ever be left beside it."""
    archive = tmp_path / "archive"
    archive.write_bytes(packed)
    folder = tmp_path / "there"
    folder.mkdir(exist_ok=True)
    try:
        names = unpack(archive, kind, folder, limit)
    finally:
        assert {path.name for path in tmp_path.iterdir()} == {"archive", "there"}
    assert sorted(names) == sorted(contents(folder))
    return contents(folder)


@KINDS
def test_an_archive_unpacks_to_its_files(tmp_path, kind):
    assert unpacked(tmp_path, kind, PACK[kind](FILES)) == FILES


@KINDS
def test_folders_and_dots_in_paths_are_no_harm(tmp_path, kind):
    folder = tarfile.TarInfo("./faces")
    folder.type = tarfile.DIRTYPE
    packed = tar_gz_of({"./faces/a": b"a"}, [folder]) if kind == TAR_GZ else zip_of({"faces/": b"", "./faces/a": b"a"})
    assert unpacked(tmp_path, kind, packed) == {"faces/a": b"a"}


@KINDS
@pytest.mark.parametrize(
    "name",
    [
        "../outside",
        "faces/../../outside",
        "faces/..",
        "/tmp/outside",
        "//server/outside",
        "C:outside",
        "C:/outside",
        "..\\outside",
        "\\outside",
        "faces\\a",
        "a\nb",
        "a" * 256,
        "a/" * 501 + "a",
    ],
)
def test_a_path_that_could_lead_elsewhere_is_refused(tmp_path, kind, name):
    with pytest.raises(MirrorFault, match="which is refused"):
        unpacked(tmp_path, kind, PACK[kind]({name: b"x"}))
    assert not contents(tmp_path / "there")


def test_a_name_with_a_nul_is_refused(tmp_path):
    packed = zip_of({"good_bad": b"x"}).replace(b"good_bad", b"good\0bad")
    with pytest.raises(MirrorFault, match="which is refused"):
        unpacked(tmp_path, ZIP, packed)


@pytest.mark.parametrize(
    "kind",
    [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, tarfile.GNUTYPE_SPARSE],
)
def test_a_tar_with_anything_but_files_and_folders_is_refused(tmp_path, kind):
    info = tarfile.TarInfo("faces")
    info.type = kind
    info.linkname = "/etc"
    with pytest.raises(MirrorFault, match="no regular file"):
        unpacked(tmp_path, TAR_GZ, tar_gz_of({"faces/passwd": b"x"}, [info]))
    assert not list((tmp_path / "there").iterdir())


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO])
def test_a_zip_with_anything_but_files_and_folders_is_refused(tmp_path, kind):
    info = zipfile.ZipInfo("faces")
    info.external_attr = (kind | 0o777) << 16
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(info, "/etc")
    with pytest.raises(MirrorFault, match="no regular file"):
        unpacked(tmp_path, ZIP, packed.getvalue())
    assert not list((tmp_path / "there").iterdir())


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA], ids=["bzip2", "lzma"])
def test_an_unusual_compression_is_refused(tmp_path, method):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        archive.writestr("a.txt", b"a" * 100)
    with pytest.raises(MirrorFault, match="packed in an unusual way"):
        unpacked(tmp_path, ZIP, packed.getvalue())


def test_an_encrypted_zip_is_refused(tmp_path):
    packed = bytearray(zip_of({"a": b"x"}))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        packed[packed.index(signature) + offset] |= 1
    with pytest.raises(MirrorFault, match="it is encrypted"):
        unpacked(tmp_path, ZIP, bytes(packed))


@KINDS
def test_more_bytes_than_the_limit_are_refused(tmp_path, kind):
    whole = sum(map(len, FILES.values()))
    assert unpacked(tmp_path, kind, PACK[kind](FILES), limit=whole) == FILES
    with pytest.raises(MirrorFault, match="more bytes than are due"):
        unpacked(tmp_path, kind, PACK[kind]({"bomb": bytes(5_000_000)}), limit=whole)
    assert sum(map(len, contents(tmp_path / "there").values())) <= 2 * whole


@KINDS
def test_the_limit_is_of_all_files_together(tmp_path, kind):
    with pytest.raises(MirrorFault, match="more bytes than are due"):
        unpacked(tmp_path, kind, PACK[kind](FILES), limit=sum(map(len, FILES.values())) - 1)


def test_bytes_are_counted_whatever_a_zip_states(tmp_path):
    packed = zip_of({"bomb": bytes(5_000_000)})
    understated = packed.replace((5_000_000).to_bytes(4, "little"), (100).to_bytes(4, "little"))
    with pytest.raises(MirrorFault):
        unpacked(tmp_path, ZIP, understated, limit=1000)
    assert sum(map(len, contents(tmp_path / "there").values())) <= 1000


def test_headers_of_a_tar_are_no_bomb(tmp_path, monkeypatch):
    monkeypatch.setattr(unpacking, "ENTRIES", 10)
    info = tarfile.TarInfo("a")
    info.pax_headers = {"comment": "x" * 5_000_000}
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(info)
    with pytest.raises(MirrorFault, match="more bytes than are due"):
        unpacked(tmp_path, TAR_GZ, packed.getvalue(), limit=1000)


@KINDS
def test_too_many_entries_are_refused(tmp_path, kind, monkeypatch):
    monkeypatch.setattr(unpacking, "ENTRIES", 20)
    many = {f"{number}": b"" for number in range(21)}
    with pytest.raises(MirrorFault, match="more than 20 entries"):
        unpacked(tmp_path, kind, PACK[kind](many))


@KINDS
@pytest.mark.parametrize(("first", "second"), [("a", "a"), ("a", "a/b"), ("a", "a/b/c"), ("a/b", "a")])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_occurs_twice_is_refused(tmp_path, kind, first, second):
    packed = io.BytesIO()
    if kind == ZIP:
        with zipfile.ZipFile(packed, "w") as archive:
            for name in (first, second):
                archive.writestr(name, name)
    else:
        with tarfile.open(fileobj=packed, mode="w:gz") as archive:
            for name in (first, second):
                archive.addfile(tarfile.TarInfo(name))
    with pytest.raises(MirrorFault, match="twice"):
        unpacked(tmp_path, kind, packed.getvalue())


@KINDS
@pytest.mark.parametrize("part", [0.1, 0.5, 0.9, 0.995])
def test_a_truncated_archive_is_refused(tmp_path, kind, part):
    packed = PACK[kind](FILES)
    with pytest.raises(MirrorFault, match=f"a damaged {kind}"):
        unpacked(tmp_path, kind, packed[: int(part * len(packed))])


def test_a_zip_entry_before_the_file_is_refused(tmp_path):
    packed = bytearray(zip_of(FILES))
    where = packed.rindex(b"PK\x05\x06") + 16  # the offset of the directory, which all others are relative to
    packed[where : where + 4] = (len(packed) + 1000).to_bytes(4, "little")
    with pytest.raises(MirrorFault, match="a damaged zip"):
        unpacked(tmp_path, ZIP, bytes(packed))


@KINDS
def test_a_damaged_archive_is_refused_or_unpacks_as_ever(tmp_path, kind):
    """One byte is changed, at random: nothing but a MirrorFault may come of it."""
    packed = PACK[kind](FILES)
    rng = np.random.default_rng(0)
    refused = 0
    for number in range(400):
        damaged = bytearray(packed)
        damaged[rng.integers(len(packed))] ^= rng.integers(1, 256)
        folder = tmp_path / str(number)
        folder.mkdir()
        try:
            unpacked(folder, kind, bytes(damaged))
        except MirrorFault:
            refused += 1
    assert refused > 100


def test_the_checksum_of_a_gzip_counts(tmp_path):
    packed = bytearray(tar_gz_of(FILES))
    packed[-8] ^= 1
    with pytest.raises(MirrorFault, match=r"a damaged tar.gz: CRC"):
        unpacked(tmp_path, TAR_GZ, bytes(packed))


def test_a_gzip_of_something_else_is_refused(tmp_path):
    with pytest.raises(MirrorFault, match=r"a damaged tar.gz"):
        unpacked(tmp_path, TAR_GZ, gzip.compress(b"<html>"))
