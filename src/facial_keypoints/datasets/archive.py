"""A folder of raw files as its makers released it: photographs and their annotations."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kedro.io import AbstractDataset

from facial_keypoints.datasets.replacing import replaced_folder
from facial_keypoints.errors import MissingInputError, ProjectError


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
    """A raw data set. It is never written, unless its catalog entry says `writable: true`.

    contents: what belongs into the folder, for the message when it is missing.
    """

    def __init__(
        self, *, filepath: str, contents: str, writable: bool = False, metadata: dict[str, Any] | None = None
    ) -> None:
        self._filepath = Path(filepath)
        self._contents = contents
        self.writable = writable
        self.metadata = metadata

    @property
    def how_to_get_it(self) -> str:
        """What to do when the folder is missing."""
        return (
            f"put {self._contents} into {self._filepath}, or set FACIAL_KEYPOINTS_RAW to the folder that "
            f"holds {self._filepath.name}/. To see everything work without it: make demo"
        )

    def load(self) -> Archive:
        if not self._exists():
            raise MissingInputError(f"{self._filepath} is missing: {self.how_to_get_it}")
        return Archive(self._filepath)

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

    def _exists(self) -> bool:
        return self._filepath.is_dir()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath), "writable": self.writable}
