"""A folder of raw files as its makers released it: photographs and their annotations."""

import json
import logging
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kedro.io import AbstractDataset
from kedro_datasets._typing import JSONPreview

from facial_keypoints.errors import ConfigurationError, MissingInputError, ProjectError
from facial_keypoints.fetching.manifest import Manifest, read_manifest
from facial_keypoints.fetching.source import Source
from facial_keypoints.replacing import replaced_folder

logger = logging.getLogger(__name__)

NAMED_FILES = 5  # that the warning of files unlike the released ones names


@dataclass(frozen=True)
class Archive:
    """The files below one folder, by their POSIX path within it."""

    folder: Path

    def __truediv__(self, name: str) -> Path:
        return self.folder / name

    def names(self, suffix: str) -> list[str]:
        """Sorted paths of the files that end in `suffix`, hidden ones left out."""
        paths = (path.relative_to(self.folder) for path in self.folder.rglob(f"*{suffix}"))
        return sorted(path.as_posix() for path in paths if not path.name.startswith("."))


class ArchiveDataset(AbstractDataset[Iterable[tuple[str, bytes]], Archive]):
    """A raw data set: fetched when it is missing, if its entry says from where; else somebody puts it there.

    contents: what belongs into the folder, elsewhere: how to name another one, both for messages.
    manifest: what a whole data set holds, see `read_manifest`.
    mirrors, archives, licence, citation, download_bytes, unpacked_bytes: see `Source`; they need a manifest.
    It is never written by a pipeline, unless its entry says `writable: true`.
    """

    def __init__(
        self,
        *,
        filepath: str,
        contents: str,
        writable: bool = False,
        mirrors: Sequence[str] = (),
        archives: Sequence[str] = (),
        manifest: Mapping[str, Any] | None = None,
        licence: str = "",
        citation: str = "",
        download_bytes: int = 0,
        unpacked_bytes: int = 0,
        elsewhere: str = "",
        metadata: dict[str, Any] | None = None,
    ) -> None:
        self._filepath = Path(filepath)
        self._contents = contents
        self._elsewhere = elsewhere
        self.writable = writable
        self._manifest_entry = manifest
        self._source = (
            Source(tuple(mirrors), tuple(archives), licence, citation, download_bytes, unpacked_bytes)
            if mirrors
            else None
        )
        if self._source and not manifest:
            raise ConfigurationError(f"{filepath}: found mirrors without a manifest, expected one to verify them by.")
        self._is_compared = False
        self.metadata = metadata

    @property
    def how_to_get_it(self) -> str:
        """What to do when the folder is missing and cannot be fetched."""
        elsewhere = self._elsewhere or f"set FACIAL_KEYPOINTS_RAW to the folder that holds {self._filepath.name}/"
        return (
            f"put {self._contents} into {self._filepath}, or {elsewhere}. To see everything work without it: make demo"
        )

    @property
    def can_be_fetched(self) -> bool:
        """Whether `load` tries the network when the folder is missing."""
        return self._source is not None and os.environ.get("FACIAL_KEYPOINTS_OFFLINE", "") in ("", "0")

    def load(self) -> Archive:
        if not self._exists():
            self._fetch()
        elif not self._is_compared:
            self._warn_of_changes()
        self._is_compared = True  # pipelines load it more than once
        return Archive(self._filepath)

    def unlike_released(self) -> list[str]:
        """Names of the files that are missing or differ from the release, as far as the manifest has digests."""
        return self._manifest().unlike_released(self._filepath) if self._manifest_entry else []

    def _manifest(self) -> Manifest:
        return read_manifest(self._manifest_entry or {})

    def _fetch(self) -> None:
        if self._source is None or not self.can_be_fetched:
            raise MissingInputError(f"{self._filepath} is missing: {self.how_to_get_it}")
        # Not on top: a run that finds its folder imports no network.
        from facial_keypoints.fetching.fetch import fetch

        manifest = self._manifest()
        try:
            fetch(self._source, manifest, self._filepath)
        except MissingInputError as error:
            raise MissingInputError(
                f"{self._filepath} is missing, and no mirror gave it:\n{error}\n"
                f"Try again later, or {self.how_to_get_it}"
            ) from error

    def _warn_of_changes(self) -> None:
        names = self.unlike_released()
        if names:
            logger.warning(
                "%s: %d files are missing or not as released, and the others are read: %s%s",
                self._filepath,
                len(names),
                ", ".join(names[:NAMED_FILES]),
                ", ..." if len(names) > NAMED_FILES else "",
            )

    def save(self, data: Iterable[tuple[str, bytes]]) -> None:
        if not self.writable:
            raise ProjectError(
                f"{self._filepath} holds raw data and is not to be written: its catalog entry does not say "
                "`writable: true`. Drawn faces go to the sample environment: "
                "kedro run --env sample --pipelines draw_sample"
            )
        with replaced_folder(self._filepath) as folder:
            for name, content in data:
                path = folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)

    def preview(self) -> JSONPreview:
        """What belongs into the folder and on which terms, and how many files are there: what Kedro-Viz shows."""
        files = sum(path.is_file() for path in self._filepath.rglob("*"))
        about = {"contents": self._contents, "files": files}
        if self._source:
            about |= {"licence": self._source.licence, "citation": self._source.citation}
        return JSONPreview(json.dumps(about))

    def _exists(self) -> bool:
        return self._filepath.is_dir()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath), "writable": self.writable}
