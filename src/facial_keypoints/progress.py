"""Progress of long work: a bar on a terminal; elsewhere nodes log a line, and downloads one now and then."""

import logging
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

from tqdm import tqdm

logger = logging.getLogger(__name__)

Item = TypeVar("Item")
LINE_EVERY_S = 10.0


def progress(items: Iterable[Item], description: str) -> Iterable[Item]:
    """The items one by one, with a bar if standard error is a terminal."""
    return tqdm(items, desc=description, disable=None, leave=False)


def progress_of_bytes(blocks: Iterable[bytes], description: str, done: int, total: int | None) -> Iterator[bytes]:
    """The blocks one by one, with a bar if standard error is a terminal, else with a log line every LINE_EVERY_S.

    done: bytes that were there before the first block; total: of all bytes, None if unknown.
    """
    next_line = time.monotonic() + LINE_EVERY_S
    with tqdm(desc=description, initial=done, total=total, unit="B", unit_scale=True, disable=None, leave=False) as bar:
        for block in blocks:
            yield block
            done += len(block)
            bar.update(len(block))
            if bar.disable and time.monotonic() >= next_line:
                next_line += LINE_EVERY_S
                logger.info("%s: %.1f of %s MB", description, done / 1e6, f"{total / 1e6:.1f}" if total else "?")
