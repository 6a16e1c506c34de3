"""From mirrors to a data set in its place: whatever goes wrong, nothing half-made is ever there."""

import logging
import os
import re
import resource
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from facial_keypoints.errors import MissingInputError, ProjectError
from facial_keypoints.fetching.download import Patience
from facial_keypoints.fetching.faults import MirrorFault
from facial_keypoints.fetching.fetch import fetch, folder_within
from facial_keypoints.fetching.manifest import ImglabManifest, read_sha256_manifest
from tests.fetching import server as servers
from tests.fetching.archives import below, contents, manifest_of, source, tar_gz_of, zip_of
from tests.fetching.test_manifest import IMM, LABELS

QUICK = Patience(connect_s=2, read_s=0.4, pause_s=0.01)


@pytest.fixture
def manifest(drawn_danes):
    return manifest_of(drawn_danes)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "raw" / "imm_face_db"


@pytest.fixture
def mirrors(server):
    """Puts up a behaviour a mirror, and gives the mirrors' URLs."""

    def put_up(*behaviours: servers.Behaviour) -> list[str]:
        paths = [f"/{number}/faces.zip" for number in range(len(behaviours))]
        server.files.behaviours |= dict(zip(paths, behaviours, strict=True))
        return [server.url(path) for path in paths]

    return put_up


def left_behind(folder: Path) -> set[str]:
    """What a fetch left beside its lock."""
    return {path.name for path in folder.parent.iterdir()} - {f".{folder.name}.lock"}


def paths(server) -> list[str]:
    return [asked.path for asked in server.files.asked]


@pytest.mark.parametrize("pack", [zip_of, tar_gz_of])
@pytest.mark.parametrize("top", ["imm_face_db", "data/imm", None])
def test_a_data_set_comes_to_its_place_however_it_is_packed(mirrors, folder, manifest, danes_files, pack, top):
    files = below(top, danes_files) if top else danes_files
    fetch(source(*mirrors(servers.ranges(pack(files)))), manifest, folder, QUICK)
    assert contents(folder) == danes_files
    assert left_behind(folder) == {"imm_face_db"}


@pytest.mark.real
@pytest.mark.parametrize("pack", [zip_of, tar_gz_of])
def test_the_real_danes_are_fetched_and_verified(mirrors, folder, danes_folder, pack):
    files = contents(danes_folder)
    fetch(source(*mirrors(servers.ranges(pack(files)))), read_sha256_manifest(IMM), folder, QUICK)
    assert len(contents(folder)) == 480
    assert contents(folder).items() < files.items()  # the note, imm_face_db.pdf, is kept out


def test_labelled_pictures_are_fetched_with_all_that_lies_beside_them(mirrors, tmp_path, drawn_ibug):
    files = contents(drawn_ibug.folder)
    packed = tar_gz_of(below("ibug", files) | {"elsewhere/readme.txt": b""})
    fetch(source(*mirrors(servers.ranges(packed))), ImglabManifest(LABELS), tmp_path / "raw" / "ibug", QUICK)
    assert contents(tmp_path / "raw" / "ibug") == files


def test_files_that_do_not_belong_are_kept_out(mirrors, folder, manifest, danes_files):
    extra = {"__MACOSX/._01.jpg": b"", "faces/Thumbs.db": b"", "faces/more/.DS_Store": b""}
    fetch(source(*mirrors(servers.ranges(zip_of(extra | below("faces", danes_files))))), manifest, folder, QUICK)
    assert contents(folder) == danes_files
    assert not [path for path in folder.iterdir() if path.is_dir()]


def test_terms_are_shown_before_the_first_byte(mirrors, folder, manifest, danes_files, caplog):
    seen_at_request: list[str] = []

    def watching(reply):
        seen_at_request.append(caplog.text)
        servers.ranges(zip_of(danes_files))(reply)

    with caplog.at_level(logging.INFO):
        fetch(source(*mirrors(watching)), manifest, folder, QUICK)
    assert "licence: free to be looked at" in seen_at_request[0]
    assert "to be cited: Nobody, 2004" in seen_at_request[0]


def truncated(packed: bytes) -> bytes:
    return packed[: len(packed) // 2]


BAD_MIRRORS = {
    "missing": lambda good, bad: servers.status(404),
    "failing": lambda good, bad: servers.status(500),
    "a web page": lambda good, bad: servers.no_ranges(b"<html>"),
    "cut for good": lambda good, bad: servers.no_ranges(good, cuts=(9000,) * 9),
    "silent": lambda good, bad: servers.in_turn(servers.stalled(good, 9000), servers.status(404)),
    "truncated": lambda good, bad: servers.ranges(truncated(good)),
    "too short a length": lambda good, bad: servers.stating(good, len(good) // 2),
    "too long a length": lambda good, bad: servers.stating(good, len(good) + 1),
    "one byte changed": lambda good, bad: servers.ranges(bad),
    "another archive": lambda good, bad: servers.ranges(zip_of({"cats/1.jpg": b"cat"})),
    "malicious": lambda good, bad: servers.ranges(tar_gz_of({"../../../outside": b"x"})),
    "a bomb": lambda good, bad: servers.ranges(zip_of({"bomb": bytes(60_000_000)})),
}


@pytest.fixture
def changed(danes_files) -> bytes:
    """An archive of a data set with one byte changed."""
    name = min(danes_files)
    return zip_of(danes_files | {name: danes_files[name].replace(b"58", b"59", 1)})


@pytest.mark.parametrize("fault", BAD_MIRRORS)
def test_the_next_mirror_gives_what_the_first_does_not(mirrors, folder, manifest, danes_files, changed, server, fault):
    good = zip_of(danes_files)
    urls = mirrors(BAD_MIRRORS[fault](good, changed), servers.ranges(good))
    fetch(source(*urls), manifest, folder, QUICK)
    assert contents(folder) == danes_files
    assert paths(server)[-1] == "/1/faces.zip"
    assert left_behind(folder) == {"imm_face_db"}


@pytest.mark.parametrize("fault", BAD_MIRRORS)
def test_no_good_mirror_leaves_nothing_at_the_place(mirrors, tmp_path, folder, manifest, danes_files, changed, fault):
    urls = mirrors(BAD_MIRRORS[fault](zip_of(danes_files), changed), servers.status(404))
    with pytest.raises(MissingInputError) as raised:
        fetch(source(*urls), manifest, folder, QUICK)
    assert [line.split(": ")[0].strip() for line in str(raised.value).splitlines()] == urls
    assert str(raised.value).endswith("/1/faces.zip: HTTP 404")
    assert left_behind(folder) == {".imm_face_db.download"}
    assert {path.name for path in tmp_path.iterdir()} == {"raw"}


@pytest.mark.parametrize(
    "fault", ["truncated", "too short a length", "one byte changed", "another archive", "malicious", "a bomb"]
)
def test_an_archive_that_is_known_to_be_bad_is_dropped(mirrors, folder, manifest, danes_files, changed, fault):
    with pytest.raises(MissingInputError):
        fetch(source(*mirrors(BAD_MIRRORS[fault](zip_of(danes_files), changed))), manifest, folder, QUICK)
    assert not contents(folder.with_name(".imm_face_db.download"))


def test_the_message_names_files_that_are_not_as_released(mirrors, folder, manifest, changed, danes_files):
    with pytest.raises(MissingInputError, match=f"1 files are missing or not as released: {min(danes_files)}"):
        fetch(source(*mirrors(servers.ranges(changed))), manifest, folder, QUICK)


def fetch_half(mirrors, folder, manifest, packed) -> None:
    half = servers.in_turn(servers.ranges(packed, cut_after=len(packed) // 2), servers.status(404))
    with pytest.raises(MissingInputError):
        fetch(source(*mirrors(half)), manifest, folder, QUICK)


def test_the_next_try_goes_on(mirrors, folder, manifest, danes_files, server):
    packed = zip_of(danes_files)
    fetch_half(mirrors, folder, manifest, packed)
    fetch(source(*mirrors(servers.ranges(packed))), manifest, folder, QUICK)
    assert contents(folder) == danes_files
    assert server.files.asked[-1].first == len(packed) // 2


def test_the_mirror_that_gave_most_goes_on(mirrors, folder, manifest, danes_files, server):
    packed = zip_of(danes_files)
    half = servers.in_turn(servers.ranges(packed, cut_after=len(packed) // 2), servers.status(404))
    with pytest.raises(MissingInputError):
        fetch(source(*mirrors(servers.status(404), half)), manifest, folder, QUICK)
    fetch(source(*mirrors(servers.ranges(packed), servers.ranges(packed))), manifest, folder, QUICK)
    assert paths(server)[-1] == "/1/faces.zip"
    assert server.files.asked[-1].first == len(packed) // 2


def test_a_part_that_was_damaged_on_disk_is_fetched_once_anew(mirrors, folder, manifest, danes_files, server):
    packed = zip_of(danes_files)
    fetch_half(mirrors, folder, manifest, packed)
    part = next(folder.with_name(".imm_face_db.download").glob("*.part"))
    part.write_bytes(bytes(part.stat().st_size))
    fetch(source(*mirrors(servers.ranges(packed))), manifest, folder, QUICK)
    assert contents(folder) == danes_files
    assert [asked.first for asked in server.files.asked][-2:] == [len(packed) // 2, 0]


def test_what_a_killed_process_unpacked_is_of_no_use(mirrors, folder, manifest, danes_files):
    packed = zip_of(danes_files)
    fetch_half(mirrors, folder, manifest, packed)
    unpacked = folder.with_name(".imm_face_db.download") / "unpacked"
    unpacked.mkdir()
    (unpacked / min(danes_files)).write_bytes(b"half")
    fetch(source(*mirrors(servers.ranges(packed))), manifest, folder, QUICK)
    assert contents(folder) == danes_files


def test_a_folder_that_is_there_is_left_alone(mirrors, folder, manifest, server):
    folder.mkdir(parents=True)
    fetch(source(*mirrors(servers.status(500))), manifest, folder, QUICK)
    assert not server.files.asked


def test_a_disk_that_is_too_small_is_found_before_anything_is_asked(mirrors, folder, manifest, server):
    urls = mirrors(servers.status(500))
    with pytest.raises(ProjectError, match=r"found \d+ bytes of free disk, expected 1000000000000000005 for"):
        fetch(source(*urls, download_bytes=5, unpacked_bytes=10**18), manifest, folder, QUICK)
    assert not server.files.asked


def test_a_disk_that_takes_no_more_is_named_and_the_next_try_goes_on(mirrors, folder, manifest, danes_files, server):
    packed = zip_of(danes_files)
    urls = mirrors(servers.ranges(packed))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(packed) // 2, limits[1]))
    try:
        with pytest.raises(ProjectError, match=r"cannot be written \(.*File too large"):
            fetch(source(*urls), manifest, folder, QUICK)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    fetch(source(*urls), manifest, folder, QUICK)
    assert contents(folder) == danes_files
    assert [asked.first for asked in server.files.asked] == [0, len(packed) // 2]


def test_what_has_arrived_needs_no_room_again(mirrors, folder, manifest, danes_files):
    packed = zip_of(danes_files)
    fetch_half(mirrors, folder, manifest, packed)
    urls = mirrors(servers.status(500))
    expected = 10**18 + len(packed) - len(packed) // 2
    with pytest.raises(ProjectError, match=f"expected {expected} for"):
        fetch(source(*urls, download_bytes=len(packed), unpacked_bytes=10**18), manifest, folder, QUICK)


def test_a_place_that_cannot_be_written_is_named(tmp_path, manifest):
    (tmp_path / "raw").write_text("a file where a folder is due")
    with pytest.raises(
        ProjectError, match=f"{re.escape(str(tmp_path / 'raw'))}: found a folder that cannot be written"
    ):
        fetch(source("http://127.0.0.1:9/"), manifest, tmp_path / "raw" / "imm_face_db", QUICK)


@pytest.fixture
def read_only_folder() -> Iterator[Path]:
    """A folder that this process may not write: the superuser, who may, is nobody meanwhile."""
    superuser = os.geteuid() == 0
    with tempfile.TemporaryDirectory() as above:
        os.chmod(above, 0o755)
        folder = Path(above) / "raw"
        folder.mkdir(mode=0o555)
        if superuser:
            os.seteuid(65534)
        try:
            yield folder
        finally:
            if superuser:
                os.seteuid(0)


def test_a_read_only_folder_is_named(manifest, read_only_folder):
    with pytest.raises(ProjectError, match=r"raw: found a folder that cannot be written \(.*Permission denied"):
        fetch(source("http://127.0.0.1:9/"), manifest, read_only_folder / "imm_face_db", QUICK)


def test_the_outermost_folder_that_has_the_first_file_is_the_data_set():
    assert folder_within(["copies/old/a.jpg", "faces/a.jpg", "faces/b.jpg"], "a.jpg") == "faces/"
    assert folder_within(["faces/a.jpg", "a.jpg"], "a.jpg") == ""
    assert folder_within(["top/afw/a.jpg", "top/a.jpg.txt"], "afw/a.jpg") == "top/"


def test_an_archive_without_the_first_file_is_another_one():
    with pytest.raises(MirrorFault, match=r"no a\.jpg in it"):
        folder_within(["faces/ba.jpg"], "a.jpg")


def test_a_symbolic_link_to_a_larger_disk_is_followed(mirrors, tmp_path, manifest, danes_files):
    (tmp_path / "large").mkdir()
    (tmp_path / "raw").symlink_to(tmp_path / "large")
    fetch(source(*mirrors(servers.ranges(zip_of(danes_files)))), manifest, tmp_path / "raw" / "imm_face_db", QUICK)
    assert contents(tmp_path / "large" / "imm_face_db") == danes_files
    shutil.rmtree(tmp_path / "large")
