"""What the layers of a network make of one picture."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from facial_keypoints.figures.faces import show_image
from facial_keypoints.figures.style import WIDTH, new_figure

CHANNELS_DRAWN = 7  # of each layer
LABEL_WIDTH = 0.9  # inches, left of each row
MARGIN_HEIGHT = 0.5  # inches for the title


def feature_map_grid(image: np.ndarray, layers: Sequence[np.ndarray], *, title: str) -> Figure:
    """A row for each layer with its strongest channels, each on a scale of its own; the picture beside the first row.

    image: (H, W) or (H, W, 3) uint8.  layers: (C, height, width) each, as `feature_maps` gives them.
    """
    columns = CHANNELS_DRAWN + 1
    height, width = image.shape[:2]
    tile_height = (WIDTH - LABEL_WIDTH) / columns * height / width
    figure = new_figure(len(layers) * (tile_height + 0.1) + MARGIN_HEIGHT, title)
    panels = figure.subplots(len(layers), columns, squeeze=False)
    for axes in panels.flat:
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set_visible(False)
    show_image(panels[0, 0], image)
    for number, (row, maps) in enumerate(zip(panels, layers, strict=True), start=1):
        label = f"layer {number}\n{len(maps)} of {maps.shape[1]}x{maps.shape[2]}"
        row[0].set_ylabel(label, rotation=0, ha="right", va="center", fontsize=8)
        for axes, channel in zip(row[1:], strongest(maps), strict=False):
            axes.imshow(maps[channel], cmap="inferno", vmin=0, aspect=height / width * maps.shape[2] / maps.shape[1])
            axes.set_title(f"channel {channel}", fontsize=7, pad=2)
    return figure


def strongest(maps: np.ndarray) -> list[int]:
    """The channels with the highest values anywhere, in their own order.  maps: (C, height, width)."""
    order = np.argsort(maps.reshape(len(maps), -1).max(axis=1))[::-1]
    return sorted(int(channel) for channel in order[:CHANNELS_DRAWN])
