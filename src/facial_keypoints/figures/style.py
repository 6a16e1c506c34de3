"""The look that all figures share: colours that most colour-blind readers tell apart, and a size that suits a README.

Figures are `matplotlib.figure.Figure` objects made without pyplot, so that drawing leaves no global state behind.
"""

from textwrap import wrap

from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

PREDICTION = "#1f77b4"  # blue
TRUTH = "#ff7f0e"  # orange
REPLACED = "#d355a8"  # magenta: an annotation that was wrong
TRAINING = "#555555"
VALIDATION = "#00856a"  # green
VARIANTS = ("#00856a", "#7b3fb5", "#c2185b", "#a6761d", "#666666", "#8ab833", "#000000")  # neither blue nor orange

WIDTH = 9.0  # inches
DPI = 100  # so that a figure is 900 pixels wide
GAP = 0.03  # inches around each panel
TITLE_CHARACTERS = 95  # that fit on a line of the figure's title
TITLE_LINE = 0.2  # inches


def new_figure(height: float, title: str) -> Figure:
    """An empty figure of the shared width.  height: inches, and more if the title needs several lines."""
    lines = wrap(title, TITLE_CHARACTERS)
    height += TITLE_LINE * max(0, len(lines) - 1)
    figure = Figure(figsize=(WIDTH, height), dpi=DPI, layout=ConstrainedLayoutEngine(w_pad=GAP, h_pad=GAP))
    if title:
        figure.suptitle("\n".join(lines), fontsize=12)
    return figure
