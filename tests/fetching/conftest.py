from collections.abc import Iterator

import pytest

from tests.fetching.archives import contents
from tests.fetching.server import Server, serving


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serving() as server:
        yield server


@pytest.fixture(scope="session")
def danes_files(drawn_danes) -> dict[str, bytes]:
    return contents(drawn_danes.folder)
