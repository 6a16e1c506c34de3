"""Kedro-Viz as a person sees it: pipelines, boxes that open, what nodes say and what datasets show."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import SIZE, Finished, keep_screenshot
from tests.browser.servers import serving
from tests.project import COMMAND, PROJECT

pytestmark = [pytest.mark.browser, pytest.mark.slow]
FIGURE = "08_reporting/train_nose/comparison.png"
TOOLS = 137  # pixels: the width of the buttons to the graph's left
SEVEN = ("ingest_danes", "ingest_ibug", "augment", "train_nose", "train_face", "finetune_resnet", "evaluate")
OTHERS = ("ingest_own", "robustness", "lr_find", "draw_sample", "predict", "calibrate", "track", "export")
LAYERS = ["raw", "intermediate", "model_input", "models", "reporting"]  # of a closed graph: predictions are inside


def element(page: Page, name: str) -> Locator:
    """A box, node or dataset of the graph."""
    return page.locator(".pipeline-node").filter(has=page.get_by_text(name, exact=True))


def open_graph(page: Page, address: str, query: str = "") -> None:
    """The graph from left to right, with neither hints nor the news of other versions in front of it."""
    page.add_init_script(
        'localStorage.setItem("KedroViz", JSON.stringify({orientation: "horizontal", showFeatureHints: false,'
        ' ...JSON.parse(localStorage.getItem("KedroViz") || "{}")}))'
    )
    news = page.get_by_text("Dismiss")
    page.add_locator_handler(news, lambda: news.click())
    page.goto(f"{address}?{query}")
    page.get_by_label("Change flowchart orientation").hover()  # waits for the page, and for the news if there are any


def test_every_pipeline_is_on_the_list(page, kedro_viz_address):
    open_graph(page, kedro_viz_address)
    page.locator(".pipeline-list .dropdown__label").click()
    for name in ("__default__", *SEVEN, *OTHERS):
        expect(page.locator(".pipeline-list").get_by_text(name, exact=True).last).to_be_visible()


def test_the_whole_opens_as_seven_closed_boxes_in_layers_from_left_to_right(page, kedro_viz_address):
    open_graph(page, kedro_viz_address, "tags=steps")
    boxes = page.locator(".pipeline-node--modularPipeline")
    expect(boxes).to_have_count(len(SEVEN))
    assert sorted(boxes.all_text_contents()) == sorted(SEVEN)
    lefts = [page.locator(".pipeline-layer-name", has_text=name).first.bounding_box()["x"] for name in LAYERS]
    assert lefts == sorted(lefts)


def test_without_datasets_the_seven_pipelines_lead_from_ingesting_to_evaluating(page, kedro_viz_address):
    page.set_viewport_size({"width": SIZE[0], "height": 500})  # the graph is wide
    open_graph(page, kedro_viz_address, "tags=steps&types=nodes")
    boxes = page.locator(".pipeline-node")
    expect(boxes).to_have_count(len(SEVEN))
    page.get_by_label("Hide menu").click()
    page.get_by_label("Turn minimap off").click()
    page.get_by_label("Reset zoom").click()
    page.mouse.move(700, 470)  # away from the button, which would explain itself, and from the boxes
    page.wait_for_timeout(1000)  # until the graph has moved to its new place
    lefts = {box.text_content(): box.bounding_box()["x"] for box in boxes.all()}
    assert min(lefts, key=lefts.__getitem__) == "ingest_danes"
    assert max(lefts, key=lefts.__getitem__) == "evaluate"
    keep_screenshot(page, "kedro_viz", left=TOOLS)


def test_a_box_opens_and_a_figure_in_it_is_shown(page, kedro_viz_address, finished):
    open_graph(page, kedro_viz_address, "pid=train_nose")
    element(page, "train_nose").click()
    expect(element(page, "train_nose.lr_1e-3")).to_be_visible()
    page.locator(".row-text--tree").get_by_text("train_nose.comparison", exact=True).click()
    picture = page.get_by_alt_text("Preview visualization")
    expect(picture).to_be_visible()
    assert picture.evaluate("picture => picture.naturalWidth") > 500
    page.wait_for_timeout(1000)  # until the graph has moved to its new place
    in_project = (
        (finished.data / FIGURE).relative_to(finished.root).as_posix()
    )  # whose machine it is, is not to be seen
    path = page.locator(".pipeline-metadata").get_by_text(FIGURE)
    path.evaluate("(element, path) => element.textContent = path", in_project)
    keep_screenshot(page, "kedro_viz_preview")


def test_a_node_says_what_it_does(page, kedro_viz_address):
    open_graph(page, kedro_viz_address, "pid=ingest_danes&expandAllPipelines=true")
    element(page, "repair_eye_contours").click()
    expect(page.locator(".pipeline-metadata").get_by_text("Annotations with eye contours that run")).to_be_visible()


@pytest.mark.parametrize(
    ("pipeline", "dataset", "shown"),
    [
        ("ingest_danes", "danes_report", "table"),
        ("augment", "danes_faces", "img"),
        ("evaluate", "evaluation_report", ".html-renderer table"),
    ],
)
def test_a_table_faces_and_the_report_are_shown(page, kedro_viz_address, pipeline, dataset, shown):
    open_graph(page, kedro_viz_address, f"pid={pipeline}")
    element(page, dataset).click()
    expect(page.locator(".pipeline-metadata").locator(shown).first).to_be_visible()


@pytest.fixture(scope="module")
def site_address(finished: Finished) -> Iterator[str]:
    """The site that `make viz-site` makes."""
    folder = finished.root / "build"
    for command in ([*COMMAND, "viz", "build", "--include-previews"], [PROJECT / "docs" / "viz_site.py", folder]):
        whole = command if command[0] == sys.executable else [sys.executable, *map(str, command)]
        subprocess.run(whole, cwd=finished.root, env=finished.environment, check=True, capture_output=True)
    server = [sys.executable, "-m", "http.server", "--directory", str(folder), "--bind", "127.0.0.1", "{port}"]
    with serving(server, finished.root, finished.environment) as address:
        yield address


def test_the_static_site_opens_from_left_to_right_and_has_the_pictures(page, site_address):
    page.goto(f"{site_address}?pid=augment")
    faces, views = element(page, "danes_faces"), element(page, "danes_augmented_drawn")
    expect(views).to_be_visible()
    assert faces.bounding_box()["x"] < element(page, "augment").bounding_box()["x"] < views.bounding_box()["x"]
    views.click()
    expect(page.get_by_alt_text("Preview visualization")).to_be_visible()
