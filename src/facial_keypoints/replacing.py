"""Write a folder or file aside, then put it in place by renaming, so that nobody ever reads half of it."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replaced_folder(folder: Path) -> Iterator[Path]:
    """A new empty folder that takes the place of `folder` when the block ends well, and vanishes when it does not.

    What a killed process left behind is removed, and if it was killed between the two renames, put back first.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh, outdated = (folder.with_name(f".{folder.name}-{role}") for role in ("new", "outdated"))
    _tidy(folder, fresh, outdated)
    fresh.mkdir()
    try:
        yield fresh
        if folder.exists():
            folder.rename(outdated)
        fresh.rename(folder)
    finally:
        _tidy(folder, fresh, outdated)


def _tidy(folder: Path, fresh: Path, outdated: Path) -> None:
    if outdated.exists() and not folder.exists():
        outdated.rename(folder)
    for leftover in (fresh, outdated):
        shutil.rmtree(leftover, ignore_errors=True)


@contextmanager
def replaced_file(path: Path) -> Iterator[Path]:
    """A path beside `path`, of the same ending, to write to; it takes the place of `path` when the block ends well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        yield fresh
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
