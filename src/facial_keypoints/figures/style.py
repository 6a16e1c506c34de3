"""The look that all figures share: colours that most colour-blind readers tell apart, and a size that suits a README.

Figures are `matplotlib.figure.Figure` objects made without pyplot, so that drawing leaves no global state behind.
"""

from matplotlib.figure import Figure

PREDICTION = "#1f77b4"  # blue
TRUTH = "#ff7f0e"  # orange
REPLACED = "#d355a8"  # magenta: an annotation that was wrong
TRAINING = "#555555"
VALIDATION = "#00856a"  # green
VARIANTS = ("#00856a", "#7b3fb5", "#c2185b", "#a6761d", "#666666", "#8ab833", "#000000")  # neither blue nor orange

WIDTH = 9.0  # inches
DPI = 100  # so that a figure is 900 pixels wide


def new_figure(height: float, title: str) -> Figure:
    """An empty figure of the shared width.  height: inches."""
    figure = Figure(figsize=(WIDTH, height), dpi=DPI, layout="constrained")
    if title:
        figure.suptitle(title, fontsize=12)
    return figure
