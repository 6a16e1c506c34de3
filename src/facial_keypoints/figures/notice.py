"""A figure that only says something, where there is nothing to draw."""

from matplotlib.figure import Figure


def notice(text: str) -> Figure:
    """`text` in the middle of a small figure."""
    figure = Figure(figsize=(8, 1.5))
    figure.text(0.5, 0.5, text, ha="center", va="center", wrap=True)
    return figure
