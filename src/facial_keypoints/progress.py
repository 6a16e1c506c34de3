"""Progress of long work: a bar on a terminal; elsewhere, in logs and in CI, a line now and then."""

import logging
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import contextmanager
from functools import partial
from typing import TypeVar

from tqdm import tqdm
from tqdm.contrib.logging import logging_redirect_tqdm

logger = logging.getLogger(__name__)

Item = TypeVar("Item")
LINE_EVERY_S = 30.0
BAR_AFTER_S = 0.2  # what is done sooner has no bar that flickers
MEGABYTE = 1e6


def progress(items: Iterable[Item], description: str, total: int | None = None) -> Iterator[Item]:
    """The items one by one, and how many of them are done.  total: how many there are, where they do not say it."""
    total = len(items) if isinstance(items, Sized) else total
    with _shown(description, total, in_bytes=False) as advance:
        for item in items:
            yield item
            advance(1)


def progress_of_bytes(blocks: Iterable[bytes], description: str, done: int, total: int | None) -> Iterator[bytes]:
    """The blocks one by one, and how many bytes are done.

    done: bytes that were there before the first block; total: of all bytes, None if unknown.
    """
    with _shown(description, total, done, in_bytes=True) as advance:
        for block in blocks:
            yield block
            advance(len(block))


@contextmanager
def _shown(description: str, total: int | None, done: int = 0, *, in_bytes: bool) -> Iterator[Callable[[int], object]]:
    """A function that is to be told how much has been done since it was told last."""
    if not sys.stderr.isatty():
        yield _Lines(description, total, done, in_bytes).advance
        return
    bar = partial(tqdm, leave=False, delay=BAR_AFTER_S, unit="B" if in_bytes else "it", unit_scale=in_bytes)
    with (
        logging_redirect_tqdm(),  # a line that is logged meanwhile stands above the bar
        bar(desc=description, total=total, initial=done) as shown,
    ):
        yield shown.update


class _Lines:
    """A log line every LINE_EVERY_S: nothing of what is done sooner."""

    def __init__(self, description: str, total: int | None, done: int, in_bytes: bool) -> None:
        self._description, self._total, self._done, self._in_bytes = description, total, done, in_bytes
        self._next = time.monotonic() + LINE_EVERY_S

    def advance(self, count: int) -> None:
        self._done += count
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + LINE_EVERY_S
            logger.info("%s: %s of %s", self._description, self._number(self._done), self._in_all())

    def _in_all(self) -> str:
        unit = " MB" if self._in_bytes else ""
        return (self._number(self._total) if self._total else "?") + unit

    def _number(self, count: int) -> str:
        return f"{count / MEGABYTE:.1f}" if self._in_bytes else str(count)
