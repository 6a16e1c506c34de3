"""From the list of runs to three curves with their names, as a person clicks."""

import json
from urllib.parse import quote

import pytest
from mlflow import MlflowClient
from mlflow.entities import Run
from playwright.sync_api import Locator, Page, expect

from facial_keypoints.summary import tracking_page
from tests.browser.conftest import Finished, keep_screenshot

pytestmark = [pytest.mark.browser, pytest.mark.slow]
RATES = ("lr_1e-3", "lr_1e-4", "lr_1e-5")
# Shapes only: MLflow takes a run's colour from a hash of its id, so that two of three runs may share one.
SHAPES = """
    () => [...document.querySelectorAll(".scatterlayer path.js-line[d]")].map(line => line.getAttribute("d"))
"""
# The table of compared metrics draws only the rows in sight.
SCROLL_TABLES = """
    document.querySelectorAll(".ReactVirtualized__Grid").forEach(grid => {
        if (getComputedStyle(grid).overflowY !== "hidden") grid.scrollTop += 150;
    })
"""


@pytest.fixture(scope="module")
def runs(finished: Finished) -> list[Run]:
    """The newest runs of the three learning rates."""
    client = MlflowClient(f"sqlite:///{finished.root}/mlflow.db")
    experiment = client.get_experiment_by_name(finished.experiment)
    assert experiment is not None
    found = client.search_runs([experiment.experiment_id], "tags.pipeline = 'train_nose'", order_by=["start_time ASC"])
    newest = {run.data.tags["variant"]: run for run in found}
    return [newest[rate] for rate in RATES]


def row(page: Page, run_id: str) -> Locator:
    """A run's row in the table of an experiment's runs."""
    return page.get_by_role("row").filter(has=page.locator(f"a[href*='{run_id}']")).first


def test_the_address_that_a_run_ends_with_is_the_list_of_training_runs(page, mlflow_address, finished, runs):
    env = finished.experiment.removeprefix("facial-keypoints").lstrip("-") or None
    told = tracking_page(finished.root, env).rsplit(" ", 1)[-1]
    page.goto(told.replace("http://127.0.0.1:5000/", mlflow_address))
    expect(row(page, runs[0].data.tags["mlflow.parentRunId"])).to_be_visible()


def open_comparison(page: Page, address: str, experiment: str, runs: list[Run]) -> None:
    """Choose the experiment, unfold the run that the runs are part of, tick them and press Compare."""
    page.goto(f"{address}#/experiments")
    page.get_by_text("Model training").click()
    page.get_by_role("link", name=experiment, exact=True).click()
    page.get_by_role("button", name="Close", exact=True).click()  # the assistant, which opens by itself
    row(page, runs[0].data.tags["mlflow.parentRunId"]).get_by_role("button").first.click()
    for run in runs:
        row(page, run.info.run_id).get_by_role("checkbox", name="row selection").check()
    page.get_by_role("button", name="Compare", exact=True).click()
    expect(page.get_by_text(f"Comparing {len(runs)} Runs")).to_be_visible()


def metric(page: Page, name: str) -> Locator:
    """The link of a metric in the table of those that are compared."""
    expect(page.locator("a[href*='#/metric']").first).to_be_visible()
    link = page.get_by_role("link", name=name, exact=True)
    for _ in range(50):
        if link.count():
            break
        page.evaluate(SCROLL_TABLES)
        page.wait_for_timeout(200)
    return link


def wait_for_curves(page: Page, count: int) -> None:
    """Wait until so many different lines are drawn in a chart: they come after their names."""
    page.wait_for_function(f"new Set(({SHAPES})()).size === {count}")


def test_three_learning_rates_are_compared_as_three_curves_with_their_names(page, mlflow_address, finished, runs):
    names = [run.info.run_name for run in runs]
    open_comparison(page, mlflow_address, finished.experiment, runs)
    metric(page, "val/nme").press("Enter")  # the row may lie just out of sight, where the mouse does not reach it
    for name in names:
        expect(page.get_by_text(f"{name} (val/nme)")).to_be_visible()
    wait_for_curves(page, len(names))
    keep_screenshot(page, "mlflow_comparison")


def test_training_and_validation_are_drawn_in_one_chart(page, mlflow_address, runs):
    keys = ["train/loss", "val/loss"]
    ids, experiments = [run.info.run_id for run in runs], [runs[0].info.experiment_id]
    query = {
        "runs": ids,
        "metric": keys[0],
        "experiments": experiments,
        "plot_metric_keys": keys,
        "plot_layout": {},
        "deselected_curves": [],
        "last_linear_y_axis_range": [],
    }
    asked = "&".join(f"{key}={quote(json.dumps(value), safe='')}" for key, value in query.items())
    page.goto(f"{mlflow_address}#/metric?{asked}&x_axis=step&y_axis_scale=log&line_smoothness=1&show_point=false")
    for run in runs:
        for key in keys:
            expect(page.get_by_text(f"{run.info.run_name} ({key})").first).to_be_visible()
    wait_for_curves(page, len(runs) * len(keys))
