"""A run in MLflow that somebody else has opened to be the parent of this run's children, and will close: a sweep."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from facial_keypoints.tracking.store import Store

PARENT_RUN = "FACIAL_KEYPOINTS_PARENT_RUN"  # an environment variable that holds its id
_stores: list[Store] = []  # of the parent that is given in this process


def given_parent() -> str | None:
    """Its id; None where a run opens a parent of its own."""
    return os.environ.get(PARENT_RUN) or None


def store_of_given_parent() -> Store | None:
    """The store that it was opened in; None if that was not in this process."""
    return _stores[-1] if _stores else None


@contextmanager
def parent_given(run_id: str, store: Store) -> Iterator[None]:
    """Within it, runs of this process take that parent, and its store as it is: it may have gone away meanwhile."""
    os.environ[PARENT_RUN] = run_id
    _stores.append(store)
    try:
        yield
    finally:
        _stores.pop()
        del os.environ[PARENT_RUN]
