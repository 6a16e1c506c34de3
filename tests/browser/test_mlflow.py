"""From the list of runs to three curves with their names, as a person clicks."""

import re

import pytest
from mlflow import MlflowClient
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Finished, keep_screenshot

pytestmark = [pytest.mark.browser, pytest.mark.slow]
RATES = ("lr_1e-3", "lr_1e-4", "lr_1e-5")


@pytest.fixture(scope="module")
def names(finished: Finished) -> list[str]:
    """What the newest runs of the three learning rates are called."""
    client = MlflowClient(f"sqlite:///{finished.root}/mlflow.db")
    experiment = client.get_experiment_by_name(finished.experiment)
    assert experiment is not None
    runs = client.search_runs([experiment.experiment_id], "tags.pipeline = 'train_nose'", order_by=["start_time ASC"])
    newest = {run.data.tags["variant"]: run.info.run_name for run in runs}
    return [newest[rate] for rate in RATES]


def open_comparison(page: Page, address: str, experiment: str, names: list[str]) -> None:
    """Choose the experiment, unfold the newest run, tick its runs of those names and press Compare."""
    page.goto(f"{address}#/experiments")
    page.get_by_text("Model training").click()
    page.get_by_role("link", name=experiment, exact=True).click()
    page.get_by_role("button", name="Close", exact=True).click()  # the assistant, which opens by itself
    parent = page.get_by_role("row").filter(has_text="kedro run").first
    parent.get_by_role("button").first.click()
    for name in names:
        row = page.get_by_role("row").filter(has_text=re.compile(re.escape(name)))
        row.get_by_role("checkbox", name="row selection").first.check()
    page.get_by_role("button", name="Compare", exact=True).click()
    expect(page.get_by_text(f"Comparing {len(names)} Runs")).to_be_visible()


def metric(page: Page, name: str) -> Locator:
    """The link of a metric in the table of those compared, which draws only the rows in sight."""
    link = page.get_by_role("link", name=name, exact=True)
    page.get_by_role("link", name="best/epoch").scroll_into_view_if_needed()
    page.get_by_role("link", name="best/epoch").hover()
    for _ in range(50):
        if link.is_visible():
            break
        page.mouse.wheel(0, 200)
        page.wait_for_timeout(100)
    return link


def curves(page: Page) -> Locator:
    """The lines of a chart, the empty ones left out."""
    return page.locator(".scatterlayer .trace path.js-line[d]:not([d=''])")


def test_three_learning_rates_are_compared_as_three_curves_with_their_names(page, mlflow_address, finished, names):
    open_comparison(page, mlflow_address, finished.experiment, names)
    for name in names:
        expect(page.get_by_text(name, exact=True).first).to_be_visible()
    metric(page, "val/nme").click()
    for name in names:
        expect(page.get_by_text(f"{name} (val/nme)")).to_be_visible()
    expect(curves(page)).to_have_count(len(names))
    assert len(set(curves(page).evaluate_all("lines => lines.map(line => line.style.stroke)"))) == len(names)
    keep_screenshot(page, "mlflow_comparison")


def test_training_and_validation_are_drawn_in_one_chart_over_the_epochs(page, mlflow_address, finished, names):
    open_comparison(page, mlflow_address, finished.experiment, names)
    metric(page, "train/loss").click()
    expect(page.get_by_text(f"{names[0]} (train/loss)")).to_be_visible()
    page.get_by_role("combobox").first.click()
    page.get_by_title("val/loss", exact=True).click()
    for name in names:
        for key in ("train/loss", "val/loss"):
            expect(page.get_by_text(f"{name} ({key})")).to_be_visible()
    expect(curves(page)).to_have_count(2 * len(names))
    keep_screenshot(page, "mlflow_losses")
