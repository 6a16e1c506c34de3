"""Debian's Chromium, and the servers whose pages it looks at.

The pages show a small run of all pipelines on drawn faces; with `--demo` what `make demo` has left in this checkout.
Screenshots go to `screenshots/`. Those in docs/images were taken so:

    make demo && pytest tests/browser --demo && cp screenshots/*.png docs/images/
"""

import os
import shutil
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import pytest
from PIL import Image
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from tests.browser.servers import serving
from tests.project import COMMAND, PROJECT, Project

SIZE = (1200, 750)  # pixels, of the window and of the screenshots
COLOURS = 256  # of the screenshots: enough for pages, a third of the bytes
# Nothing but the pages under test is asked for: no updates, no synchronisation; and no GPU, nor a sandbox for root.
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
# Errors on the console that are not ours to mend, and why they come.
KNOWN_ERRORS = {
    "fonts.googleapis.com": "Kedro-Viz asks Google for a typeface; without a network it takes another",
    "ResizeObserver loop": "a table of MLflow's measures itself once more, in the next frame; nothing is lost",
    "/mlflow/users/current": "MLflow asks who has logged in, and its own server, without accounts, knows no such page",
}


expect.set_options(timeout=30_000)  # ms; as long as clicks wait


class Finished(NamedTuple):
    """A project in which all seven pipelines have run."""

    root: Path
    data: Path  # where its results lie
    experiment: str  # in MLflow
    environment: dict[str, str]


@pytest.fixture(scope="session")
def finished(request: pytest.FixtureRequest) -> Finished:
    if request.config.getoption("--demo"):
        environment = {**os.environ, "KEDRO_ENV": "sample"}
        return Finished(PROJECT, PROJECT / "data" / "sample", "facial-keypoints-sample", environment)
    project: Project = request.getfixturevalue("whole_project")
    return Finished(project.root, project.root / "data", "facial-keypoints", project.environment)


@pytest.fixture(scope="module")  # not longer: its event loop would be in the way of notebooks
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium")
    if path is None:
        said = "no browser: chromium is not installed (Debian: apt-get install chromium)"
        pytest.fail(said) if os.environ.get("BROWSER_REQUIRED") else pytest.skip(said)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """An empty page. What it is given to show must cause no errors on the console but the known ones."""
    errors: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type == "error":
            errors.append(f"{message.text} ({message.location['url']})")

    page = chromium.new_page(viewport={"width": SIZE[0], "height": SIZE[1]})
    page.on("console", listen)
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    page.close()
    assert not [error for error in errors if not any(known in error for known in KNOWN_ERRORS)]


def keep_screenshot(page: Page, name: str, left: int = 0) -> None:
    """Keep what the page shows, from that column of pixels to the right, as screenshots/<name>.png."""
    picture = Image.open(BytesIO(page.screenshot())).convert("RGB")
    picture = picture.crop((left, 0, *picture.size))
    (PROJECT / "screenshots").mkdir(exist_ok=True)
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(PROJECT / "screenshots" / f"{name}.png", optimize=True)


@pytest.fixture(scope="session")
def mlflow_address(finished: Finished) -> Iterator[str]:
    command = [sys.executable, "-m", "mlflow", "ui", "--port", "{port}"]
    with serving(command, finished.root, finished.environment) as address:
        yield address


@pytest.fixture(scope="session")
def kedro_viz_address(finished: Finished) -> Iterator[str]:
    command = [*COMMAND, "viz", "run", "--no-browser", "--port", "{port}"]
    with serving(command, finished.root, finished.environment) as address:
        yield address
