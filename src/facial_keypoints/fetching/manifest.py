"""What a data set must hold.  The content is verified, not the archive: mirrors pack the same files differently."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from facial_keypoints.errors import ConfigurationError, DataError, MissingInputError
from facial_keypoints.landmarks.imglab import load_imglab

LINE = re.compile(r"(?P<digest>[0-9a-f]{64}) [ *](?P<name>.+)")


class Manifest(Protocol):
    """Names are POSIX paths within the data set's folder."""

    @property
    def first_file(self) -> str:
        """A file that must be there: where it lies in an archive is the data set's folder."""

    def holds(self, name: str) -> bool:
        """Whether a file belongs to the data set."""

    def faults(self, folder: Path) -> list[str]:
        """Names of the files of a whole data set that are missing or not as they should be."""

    def unlike_released(self, folder: Path) -> list[str]:
        """Names of the files that are missing or differ from the release, as far as that can be told quickly."""


@dataclass(frozen=True)
class Sha256Manifest:
    """Every file by its SHA-256, as `sha256sum` writes and checks it."""

    digests: Mapping[str, str]

    @property
    def first_file(self) -> str:
        return next(iter(self.digests))

    def holds(self, name: str) -> bool:
        return name in self.digests

    def faults(self, folder: Path) -> list[str]:
        return [name for name, digest in self.digests.items() if sha256_of(folder / name) != digest]

    unlike_released = faults


@dataclass(frozen=True)
class ImglabManifest:
    """Label files of imglab, and every picture that they name, which must not be empty."""

    labels: tuple[str, ...]

    @property
    def first_file(self) -> str:
        return self.labels[0]

    def holds(self, name: str) -> bool:
        return True

    def faults(self, folder: Path) -> list[str]:
        return [name for labels in self.labels for name in _imglab_faults(folder, labels)]

    def unlike_released(self, folder: Path) -> list[str]:
        """None: no digests are published, and a subset has label files of its own."""
        return []


def _imglab_faults(folder: Path, labels: str) -> list[str]:
    try:
        pictures = dict.fromkeys(image.file for image in load_imglab(folder / labels))
    except (DataError, MissingInputError):
        return [labels]
    return [picture for picture in pictures if not _is_filled(folder / picture)]


def _is_filled(path: Path) -> bool:
    return path.is_file() and path.stat().st_size > 0


def sha256_of(path: Path) -> str | None:
    """The file's SHA-256 in lower-case hexadecimal, None if there is no such file."""
    if not path.is_file():
        return None
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_manifest(entry: Mapping[str, Any]) -> Manifest:
    """The manifest of a catalog entry: `{sha256: FILE}` or `{imglab: [LABELS.xml, ...]}`.

    Raises ConfigurationError for another form, MissingInputError and DataError for a file of digests that is absent
    or broken.
    """
    match entry:
        case {"sha256": str(path)} if len(entry) == 1:
            return read_sha256_manifest(Path(path))
        case {"imglab": [*labels]} if len(entry) == 1 and labels:
            return ImglabManifest(tuple(str(name) for name in labels))
    raise ConfigurationError(
        f"manifest: found {dict(entry)!r}, expected {{sha256: FILE}} or {{imglab: [LABELS.xml, ...]}}. "
        "It stands in conf/<environment>/catalog*.yml."
    )


def read_sha256_manifest(path: Path) -> Sha256Manifest:
    """The digests in a text file of `sha256sum`.  Raises MissingInputError, DataError with the line."""
    if not path.is_file():
        raise MissingInputError(f"{path}: no such file, expected the digests of a data set. Restore it: git checkout.")
    digests = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        match = LINE.fullmatch(line)
        if not match:
            raise DataError(f"{path}, line {number}: found {line[:80]!r}, expected a line of sha256sum. Write it anew.")
        digests[match["name"]] = match["digest"]
    if not digests:
        raise DataError(f"{path}: found no digest, expected the output of sha256sum. Write it anew.")
    return Sha256Manifest(digests)
