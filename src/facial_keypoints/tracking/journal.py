"""What is to be recorded of one run, on disk until MLflow has it: a server that goes away costs nothing.

<journals>/20261128-231500-1f0c9a2e/
  about.json      the store and the experiment that it is for
  records.jsonl   what is to be recorded, a line each, in order
  sent.jsonl      a line for each of them that the store has; with the ids that it gave to runs
  refused.jsonl   what the store does not want, and why
  files/          what is to be uploaded, as it was when it was recorded
"""

import errno
import json
import os
import shutil
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from facial_keypoints.replacing import replaced_file

JOURNALS = ".unsent"  # the folder of all journals, in a workspace
Content = dict[str, Any]


@dataclass(frozen=True)
class About:
    """Where a journal's records belong.  store: its address, without a password."""

    store: str
    experiment: str


class Journal:
    """Records of one run, appended by any thread, read by the one that sends them.

    Held by one process at a time. The operating system takes the lock back from a process that was killed.
    """

    def __init__(self, folder: Path, lock: FileLock) -> None:
        self.folder = folder
        self.about = About(**json.loads((folder / "about.json").read_text()))
        self.ids: dict[str, str] = {}  # of runs, by their keys in the journal
        self.tries = 0  # of the first record that was not sent
        self.refused = sum(1 for _ in _lines(folder / "refused.jsonl"))
        self._lock = lock
        self._appending = threading.Lock()
        self._folders = max((int(kept.name) for kept in (folder / "files").iterdir()), default=0)
        self._position = self._next = 0  # in bytes, of the first record that was not sent, and of that behind it
        for sent in _lines(folder / "sent.jsonl"):
            self.ids |= sent.get("ids", {})
            self._position = sent["position"]

    @classmethod
    def start(cls, journals: Path, about: About) -> "Journal":
        """A new journal."""
        folder = journals / f"{time.strftime('%Y%m%d-%H%M%S')}-{uuid.uuid4().hex[:8]}"
        (folder / "files").mkdir(parents=True)
        lock = FileLock(folder / "lock")
        lock.acquire()
        (folder / "records.jsonl").touch()
        with replaced_file(folder / "about.json") as file:  # the last: what has it is whole
            file.write_text(json.dumps(asdict(about)))
        return cls(folder, lock)

    @classmethod
    def left(cls, journals: Path) -> Iterator["Journal"]:
        """The journals of runs that are no more, oldest first."""
        for about in sorted(journals.glob("*/about.json")):
            lock = FileLock(about.parent / "lock")
            try:
                lock.acquire(timeout=0)
            except Timeout:  # its run goes on, or somebody sends it
                continue
            if about.is_file():  # not sent and removed meanwhile
                for name in ("records.jsonl", "sent.jsonl", "refused.jsonl"):
                    _drop_half_line(about.with_name(name))
                yield cls(about.parent, lock)

    def append(self, record: Content) -> None:
        """Add a record.  From here on it survives this process."""
        with self._appending:
            _append_line(self.folder / "records.jsonl", record)

    def keep(self, *files: Path, **contents: bytes) -> str:
        """Copy files into the journal, since they may change before they are sent; their folder within the journal.

        contents: of further files, by their names, in which "__" stands for a dot.
        """
        with self._appending:
            self._folders += 1
            folder = self.folder / "files" / str(self._folders)
        folder.mkdir()
        for file in files:
            shutil.copyfile(file, folder / file.name)
        for name, content in contents.items():
            (folder / name.replace("__", ".")).write_bytes(content)
        return folder.relative_to(self.folder).as_posix()

    def belongs_to(self, about: About) -> bool:
        """Whether its records belong there; if not, others may have it."""
        if self.about != about:
            self.close()
        return self.about == about

    def end_what_was_killed(self) -> None:
        """Say of the runs that nobody ended that they were killed, when they last did anything."""
        records = list(_lines(self.folder / "records.jsonl"))
        ended = {record["run"] for record in records if record["do"] == "end"}
        last = int(1000 * (self.folder / "records.jsonl").stat().st_mtime)
        for record in records:
            if record["do"] == "create" and record["run"] not in ended:
                self.append({"do": "end", "run": record["run"], "status": "KILLED", "time": last})

    def unsent(self) -> Iterator[Content]:
        """Records that were not sent, until there are no more.

        Each has to be marked as `sent` or refused before the next is asked for.
        """
        with (self.folder / "records.jsonl").open("rb") as file:
            while True:
                file.seek(self._position)
                line = file.readline()
                if not line.endswith(b"\n"):  # it is being written
                    return
                self._next = file.tell()
                yield json.loads(line)

    def sent(self, record: Content) -> None:
        """The store has this one, the last of `unsent`, and its files."""
        self._pass()
        if "folder" in record:
            shutil.rmtree(self.folder / record["folder"], ignore_errors=True)

    def refuse(self, record: Content, reason: str) -> None:
        """The store does not want this one, the last of `unsent`: put it aside."""
        self.refused += 1
        self._note("refused.jsonl", {"reason": reason, "record": record})
        self._pass()

    def close(self) -> None:
        """Let others have it."""
        self._lock.release()

    def remove(self) -> None:
        """Forget it: the store has all."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.close()

    def put_aside(self) -> Path:
        """Keep it where it is not looked for: the store has all that it wants; the new folder."""
        aside = self.folder.parent / "refused" / self.folder.name
        aside.parent.mkdir(exist_ok=True)
        shutil.move(self.folder, aside)
        self.close()
        return aside

    def _pass(self) -> None:
        self._position, self.tries = self._next, 0
        self._note("sent.jsonl", {"position": self._position, "ids": self.ids})

    def _note(self, name: str, content: Content) -> None:
        _append_line(self.folder / name, content)


def _append_line(file: Path, content: Content) -> None:
    """Write the whole line or, where the disk is full, nothing: half a line would spoil the next.  Raises OSError."""
    line = json.dumps(content).encode() + b"\n"
    with file.open("ab", buffering=0) as opened:
        before = opened.seek(0, os.SEEK_END)
        try:
            if opened.write(line) != len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(file))
        except OSError:
            opened.truncate(before)
            raise


def _drop_half_line(file: Path) -> None:
    """Cut off what a killed process left of its last line; the time of the last change stays."""
    if not file.is_file():
        return
    content, times = file.read_bytes(), file.stat()
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        os.truncate(file, whole)
        os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))


def _lines(file: Path) -> Iterator[Content]:
    """What whole lines hold; nothing where there is no file."""
    if file.is_file():
        for line in file.read_text().splitlines(keepends=True):
            if line.endswith("\n"):
                yield json.loads(line)
