"""Learning curves as pages that can be zoomed."""

import re

import pandas as pd

from facial_keypoints.tracking.interactive_curves import Curve, curves_page

HISTORY = pd.DataFrame(
    {"epoch": [1, 2], "train/loss": [0.25, 0.125], "val/loss": [0.5, 0.375], "val/nme": [30.5, 20.5], "val/px": [9, 6]}
)
ALIKE = Curve(HISTORY, "train/loss", alike=True)
UNLIKE = Curve(HISTORY, "train/radial_maps_loss", alike=False)


def traces(page: bytes) -> list[tuple[str, str]]:
    """Name and vertical axis of each curve."""
    (data,) = re.findall(r'Plotly\.newPlot\(\s*"[^"]+",\s*(\[.*?\]),\s*\{', page.decode(), re.DOTALL)
    return re.findall(r'"name":"([^"]+)".*?"yaxis":"(y\d?)"', data.replace(r"\u002f", "/"))


def test_a_page_needs_nothing_from_elsewhere() -> None:
    page = curves_page({"nose": ALIKE}, "a title").decode()
    assert not re.findall(r'<(?:script|link)[^>]+(?:src|href)="http', page)
    assert "a title" in page


def test_losses_of_one_kind_share_a_panel() -> None:
    assert traces(curves_page({"nose": ALIKE}, "")) == [("train/loss", "y"), ("val/loss", "y"), ("val/nme", "y2")]


def test_training_losses_of_other_kinds_have_a_panel_each() -> None:
    wing = Curve(HISTORY, "train/wing_loss", alike=False)
    found = dict(traces(curves_page({"lr_1e-3": ALIKE, "best": UNLIKE, "wing": wing}, "")))
    assert found["best, train/radial_maps_loss"] == "y3"
    assert found["wing, train/wing_loss"] == "y4"
    assert found["lr_1e-3, train/loss"] == found["lr_1e-3, val/loss"] == found["best, val/loss"] == "y"
