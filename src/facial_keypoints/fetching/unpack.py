"""Unpack an archive of strangers: regular files only, none outside the folder, no more than was announced."""

import gzip
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO

from facial_keypoints.fetching.faults import MirrorFault
from facial_keypoints.fetching.kinds import TAR_GZ, ZIP
from facial_keypoints.progress import progress

BLOCK_BYTES = 1 << 20
ENTRIES = 50_000  # 300-W has some 20 000
LONGEST_PATH = 1000  # characters; of each part LONGEST_NAME bytes
LONGEST_NAME = 255
TAR_OVERHEAD = 6 * 512  # bytes of headers and padding of an entry, long names included
ENCRYPTED = 0x1  # a zip entry's flag
TOO_LARGE = "it unpacks to more bytes than are due"
# What damaged archives make Python raise. BadGzipFile is an OSError; other OSErrors are the disk's.
DAMAGE = (
    tarfile.TarError,
    zipfile.BadZipFile,
    gzip.BadGzipFile,
    zlib.error,
    EOFError,
    NotImplementedError,  # a compression that zipfile does not know
    ValueError,
)


@dataclass(frozen=True)
class Entry:
    """A file of an archive.  open: only while the archive is at this entry."""

    name: str
    open: Callable[[], IO[bytes]]


def unpack(archive: Path, kind: str, folder: Path, limit: int) -> list[str]:
    """Write the archive's files into the folder, and return their POSIX paths there.

    limit: of bytes of all files together, counted while they are written. Raises MirrorFault, with some files
    perhaps written, for a damaged or encrypted archive, a path that leads outside, a link, a device, a name that occurs
    twice, more bytes than `limit` or more entries than ENTRIES. Raises OSError if the disk takes no more.
    """
    names: list[str] = []
    left = limit
    try:
        with ENTRIES_OF[kind](archive, limit) as entries:
            for entry in progress(entries, f"unpacking {archive.name}"):
                path = inner_path(entry.name)
                names.append(str(path))
                left -= _write(entry, folder / path, left)
    except DAMAGE as error:
        raise MirrorFault(f"a damaged {kind}: {error or type(error).__name__}") from error
    return names


def inner_path(name: str) -> PurePosixPath:
    """The path of an entry within the folder.  Raises MirrorFault if it could lead elsewhere, on any system."""
    path = PurePosixPath(name)
    is_printable = name.isprintable() and len(name) <= LONGEST_PATH
    leads_inside = not path.is_absolute() and ".." not in path.parts and not set(name) & set("\\:")
    if not is_printable or not leads_inside or any(len(part.encode()) > LONGEST_NAME for part in path.parts):
        raise MirrorFault(f"it holds the path {name[:80]!r}, which is refused")
    return path


def _write(entry: Entry, path: Path, left: int) -> int:
    """Write one file of at most `left` bytes, and return its size."""
    size = 0
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        target = path.open("xb")
    except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
        raise MirrorFault(f"it holds {entry.name!r} twice") from error
    with target, entry.open() as source:
        while block := source.read(min(BLOCK_BYTES, left - size + 1)):
            size += len(block)
            if size > left:
                raise MirrorFault(TOO_LARGE)
            target.write(block)
    return size


@contextmanager
def _zip_entries(archive: Path, limit: int) -> Iterator[Iterator[Entry]]:
    with zipfile.ZipFile(archive) as opened:
        yield _zip_files(opened)


def _zip_files(opened: zipfile.ZipFile) -> Iterator[Entry]:
    for number, info in enumerate(opened.infolist(), start=1):
        _check_number(number)
        inner_path(info.orig_filename)  # as it is written; `filename` ends at a NUL
        if info.is_dir():
            continue
        kind = stat.S_IFMT(info.external_attr >> 16)  # 0 where the packer was no Unix
        if kind not in (0, stat.S_IFREG):
            raise MirrorFault(f"{info.filename!r} in it is no regular file")
        if info.flag_bits & ENCRYPTED:
            raise MirrorFault("it is encrypted")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # others fail in ways of their own
            raise MirrorFault(f"{info.filename!r} in it is packed in an unusual way")
        if info.header_offset < 0:  # of a damaged zip; to seek there would look like a fault of the disk
            raise zipfile.BadZipFile(f"{info.filename!r} begins before the file")
        yield Entry(info.filename, partial(opened.open, info))


@contextmanager
def _tar_entries(archive: Path, limit: int) -> Iterator[Iterator[Entry]]:
    with _LimitedGzip(archive, limit + ENTRIES * TAR_OVERHEAD) as stream:
        with tarfile.open(fileobj=stream, mode="r|") as opened:  # a stream: nothing is looked up further behind
            yield _tar_files(opened)
        while stream.read(BLOCK_BYTES):  # to the end, where gzip's checksum is
            pass


def _tar_files(opened: tarfile.TarFile) -> Iterator[Entry]:
    for number, info in enumerate(opened, start=1):
        _check_number(number)
        inner_path(info.name)
        if info.isdir():
            continue
        if not info.isreg() or info.issparse():
            raise MirrorFault(f"{info.name!r} in it is no regular file")
        yield Entry(info.name, partial(_tar_file, opened, info))


def _tar_file(opened: tarfile.TarFile, info: tarfile.TarInfo) -> IO[bytes]:
    file = opened.extractfile(info)
    assert file is not None  # it is a regular file
    return file


def _check_number(number: int) -> None:
    if number > ENTRIES:
        raise MirrorFault(f"it holds more than {ENTRIES} entries")


class _LimitedGzip(gzip.GzipFile):
    """A gzip file that unpacks to no more than `left` bytes, so that no header of a tar can be a bomb."""

    def __init__(self, path: Path, left: int) -> None:
        super().__init__(path)
        self._left = left

    def read(self, size: int | None = -1) -> bytes:
        block = super().read(size)
        self._left -= len(block)
        if self._left < 0:
            raise MirrorFault(TOO_LARGE)
        return block


ENTRIES_OF = {ZIP: _zip_entries, TAR_GZ: _tar_entries}
