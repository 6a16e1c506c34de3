"""Progress of long work: a bar on a terminal, nothing elsewhere (there the nodes log a line)."""

from collections.abc import Iterable
from typing import TypeVar

from tqdm import tqdm

Item = TypeVar("Item")


def progress(items: Iterable[Item], description: str) -> Iterable[Item]:
    """The items one by one, with a bar if standard error is a terminal."""
    return tqdm(items, desc=description, disable=None, leave=False)
