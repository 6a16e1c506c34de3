"""Learning curves as a page that can be zoomed and read off, of one training or of several."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from facial_keypoints.figures.style import TRAINING, VALIDATION, VARIANTS

HEIGHT = 340  # pixels of each panel


@dataclass(frozen=True)
class Curve:
    """One training.

    history: a row for each epoch with `epoch` (from 1), `train/loss`, `val/loss`, `val/nme` (percent), `val/px`.
    training_loss: what it is called.  alike: whether it is of the same kind as the validation loss.
    """

    history: pd.DataFrame
    training_loss: str
    alike: bool


def curves_page(curves: Mapping[str, Curve], title: str) -> bytes:
    """HTML that needs nothing from elsewhere: losses (logarithmic) and the validation error (NME, %) by epoch.

    curves: by name.  Training losses of each other kind than the validation loss's have a panel of their own.
    """
    from plotly.subplots import make_subplots  # not on top: plotly takes half a second to import

    kinds = list(dict.fromkeys(curve.training_loss for curve in curves.values() if not curve.alike))
    panels = ["loss: mean squared error of points on [0, 1]", "validation error (NME, %)"]
    panels += [f"training loss of another kind: {kind}" for kind in kinds]
    figure = make_subplots(rows=len(panels), cols=1, shared_xaxes=True, vertical_spacing=0.08, subplot_titles=panels)
    single = len(curves) == 1
    for number, (name, curve) in enumerate(curves.items()):
        colour = VARIANTS[number % len(VARIANTS)]
        training, validation = (TRAINING, VALIDATION) if single else (colour, colour)
        for row, key, line in (
            (
                1 if curve.alike else 3 + kinds.index(curve.training_loss),
                "train/loss",
                {"color": training, "dash": "dot"},
            ),
            (1, "val/loss", {"color": validation}),
            (2, "val/nme", {"color": validation}),
        ):
            label = curve.training_loss if key == "train/loss" else key
            figure.add_scatter(
                x=curve.history["epoch"].tolist(),
                y=curve.history[key].tolist(),
                name=label if single else f"{name}, {label}",
                legendgroup=name,
                line=line,
                mode="lines+markers",
                row=row,
                col=1,
            )
    for row in range(1, len(panels) + 1):
        if row != 2:
            figure.update_yaxes(type="log", dtick="D2", exponentformat="power", row=row, col=1)
    figure.update_xaxes(title="epoch", row=len(panels), col=1)
    figure.update_layout(
        title=title, template="plotly_white", hovermode="x unified", height=HEIGHT * len(panels), margin={"t": 90}
    )
    page: str = figure.to_html(include_plotlyjs=True, full_html=True)
    return page.encode()
