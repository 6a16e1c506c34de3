"""From a list of mirrors to a verified data set in its folder.

Everything happens in `.<name>.download` beside the folder, under the lock `.<name>.lock`; the data set appears by one
rename. What arrived of an archive stays there for the next try until the data set is in place.
"""

import logging
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from facial_keypoints.errors import MissingInputError, ProjectError
from facial_keypoints.fetching.download import PATIENCE, Accepted, Patience, download
from facial_keypoints.fetching.faults import MirrorFault
from facial_keypoints.fetching.kinds import MAGIC_BYTES, archive_kind
from facial_keypoints.fetching.manifest import Manifest
from facial_keypoints.fetching.part import Part
from facial_keypoints.fetching.source import Source
from facial_keypoints.fetching.unpack import unpack

logger = logging.getLogger(__name__)

UNPACKED = "unpacked"  # folder within that of the downloads
NAMED_FAULTS = 3  # files that a message names


def fetch(source: Source, manifest: Manifest, folder: Path, patience: Patience = PATIENCE) -> None:
    """Have the data set in `folder`, which is not there yet.

    Waits for another process that fetches the same. Raises MissingInputError with each mirror and its fault if none
    gave the data set, ProjectError if the disk is too small or takes no more.
    """
    with _writing_beside(folder), _locked(folder):
        if folder.is_dir():
            return  # another process was faster
        downloads = folder.with_name(f".{folder.name}.download")
        downloads.mkdir(exist_ok=True)
        for unpacked in downloads.rglob(UNPACKED):  # of a process that was killed
            shutil.rmtree(unpacked, ignore_errors=True)
        parts = [Part(downloads, url) for url in source.mirrors]
        parts.sort(key=lambda part: -part.size)  # the mirror that gave most goes on; else in their order
        _require_disk_space(source, parts[0].size, folder)
        _show_terms(source, folder)
        faults = {}
        for part in parts:
            try:
                _fetch_from(part, source, manifest, folder, patience)
                break
            except MirrorFault as fault:
                logger.warning("%s: %s", part.url, fault)
                faults[part.url] = str(fault)
        else:
            raise MissingInputError("\n".join(f"  {url}: {faults[url]}" for url in source.mirrors))
        shutil.rmtree(downloads, ignore_errors=True)


def _fetch_from(part: Part, source: Source, manifest: Manifest, folder: Path, patience: Patience) -> None:
    """Have the data set from one mirror; what went on from an earlier try and turns out bad is asked for once anew."""
    went_on = part.size > 0
    try:
        _try_once(part, source, manifest, folder, patience)
    except MirrorFault as fault:
        if not went_on or part.size:
            raise
        logger.warning("%s: %s; once more from the start", part.url, fault)
        _try_once(part, source, manifest, folder, patience)


def _try_once(part: Part, source: Source, manifest: Manifest, folder: Path, patience: Patience) -> None:
    archive = download(part, Accepted(source.archives, source.download_bytes), patience)
    unpacked = archive.with_name(UNPACKED)
    unpacked.mkdir()
    try:
        with archive.open("rb") as file:
            kind = archive_kind(file.read(MAGIC_BYTES), source.archives)
        names = unpack(archive, kind, unpacked, source.unpacked_bytes)
        data_set = unpacked / folder_within(names, manifest.first_file)
        _keep_only_what_belongs(data_set, manifest)
        _require_whole(data_set, manifest)
        data_set.rename(folder)
    except MirrorFault:
        part.drop()
        raise
    finally:
        shutil.rmtree(unpacked, ignore_errors=True)
    logger.info("%s is there and verified", folder)


def folder_within(names: Sequence[str], first_file: str) -> str:
    """The folder of an archive, relative to its root, that holds the data set: the outermost that has `first_file`.

    Raises MirrorFault if none has.
    """
    ends = [name.removesuffix(first_file) for name in names if f"/{name}".endswith(f"/{first_file}")]
    if not ends:
        raise MirrorFault(f"another archive: no {first_file} in it")
    return min(ends, key=lambda end: (end.count("/"), end))


def _keep_only_what_belongs(data_set: Path, manifest: Manifest) -> None:
    for path in sorted(data_set.rglob("*"), reverse=True):  # a folder after what it holds
        if path.is_dir():
            if not any(path.iterdir()):
                path.rmdir()
        elif not manifest.holds(path.relative_to(data_set).as_posix()):
            path.unlink()


def _require_whole(data_set: Path, manifest: Manifest) -> None:
    faults = manifest.faults(data_set)
    if faults:
        named = ", ".join(faults[:NAMED_FAULTS]) + (", ..." if len(faults) > NAMED_FAULTS else "")
        raise MirrorFault(f"{len(faults)} files are missing or not as released: {named}")


def _show_terms(source: Source, folder: Path) -> None:
    logger.info("%s is missing and is fetched, up to %.0f MB", folder, source.download_bytes / 1e6)
    logger.info("licence: %s", source.licence)
    logger.info("to be cited: %s", source.citation)


def _require_disk_space(source: Source, arrived: int, folder: Path) -> None:
    needed = max(0, source.download_bytes - arrived) + source.unpacked_bytes
    free = shutil.disk_usage(folder.parent).free
    if free < needed:
        raise ProjectError(
            f"{folder.parent}: found {free} bytes of free disk, expected {needed} for the archive and what it unpacks "
            f"to. Make room, or set FACIAL_KEYPOINTS_RAW to a folder on a larger disk."
        )


@contextmanager
def _writing_beside(folder: Path) -> Iterator[None]:
    """The folder above exists, and an OSError becomes a ProjectError that names it."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise ProjectError(
            f"{folder.parent}: found a folder that cannot be written ({error}), expected one that {folder.name} can be "
            "fetched into. Make it writable, or set FACIAL_KEYPOINTS_RAW to another folder."
        ) from error


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    lock = FileLock(folder.with_name(f".{folder.name}.lock"))
    try:
        lock.acquire(blocking=False)
    except Timeout:
        logger.info("another process is fetching %s: waiting for it", folder)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()
