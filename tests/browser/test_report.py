"""The report of the evaluation in a browser."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Finished, keep_screenshot

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_the_report_renders_with_all_of_its_pictures(page: Page, finished: Finished):
    page.goto((finished.data / "08_reporting" / "evaluation.html").as_uri())
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert page.get_by_role("table").count() >= 3
    pictures = page.locator("img")
    widths = pictures.evaluate_all("pictures => pictures.map(picture => picture.naturalWidth)")
    assert len(widths) >= 10
    assert min(widths) > 0
    keep_screenshot(page, "report")


def test_nothing_of_the_report_is_wider_than_a_small_window(page: Page, finished: Finished):
    page.set_viewport_size({"width": 400, "height": 800})
    page.goto((finished.data / "08_reporting" / "evaluation.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
