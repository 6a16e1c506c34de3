"""What has arrived of an archive, and the note that tells whether the rest may be added to it."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from facial_keypoints.replacing import replaced_file


@dataclass(frozen=True)
class Origin:
    """Which file the bytes are of, as its server says it."""

    url: str
    etag: str | None
    last_modified: str | None
    length: int | None  # of the whole file, in bytes

    @property
    def validator(self) -> str | None:
        """What If-Range takes: an ETag that promises equal bytes, else the date (RFC 9110, 13.1.5)."""
        is_strong = self.etag is not None and not self.etag.startswith("W/")
        return self.etag if is_strong else self.last_modified


class Part:
    """The files of one mirror's archive in the download folder: `.part` and `.json` on the way, then `.archive`."""

    def __init__(self, folder: Path, url: str) -> None:
        stem = hashlib.sha256(url.encode()).hexdigest()[:12]
        self.url = url
        self.path = folder / f"{stem}.part"
        self.archive = folder / f"{stem}.archive"
        self._note = folder / f"{stem}.json"

    @property
    def size(self) -> int:
        """Bytes that are there, of the whole archive too."""
        path = self.archive if self.archive.is_file() else self.path
        return path.stat().st_size if path.is_file() else 0

    @property
    def origin(self) -> Origin | None:
        """The note, None if there is none that can be read: then nothing may be added."""
        try:
            return Origin(**json.loads(self._note.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def begin(self, origin: Origin) -> None:
        """Start from the first byte. The old bytes go before the new note comes: no note ever names others' bytes."""
        self.drop()
        with replaced_file(self._note) as note:
            note.write_text(json.dumps(asdict(origin), indent=2), encoding="utf-8")
        self.path.touch()

    def finish(self) -> Path:
        """Call it the whole archive."""
        self.path.replace(self.archive)
        self._note.unlink(missing_ok=True)
        return self.archive

    def drop(self) -> None:
        for path in (self.path, self.archive, self._note):
            path.unlink(missing_ok=True)
