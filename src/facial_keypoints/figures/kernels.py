"""The kernels of a convolution, side by side."""

import math

import numpy as np
from matplotlib.figure import Figure

from facial_keypoints.errors import ShapeError
from facial_keypoints.figures.style import WIDTH, new_figure

PIXELS_PER_WEIGHT = 8  # in the mosaic, where kernels of k weights are k pixels apart
MARGIN_HEIGHT = 0.5  # inches for the title
GAP_BETWEEN = 0.08  # panels, as a share of their width
TITLE_HEIGHT = 0.3  # inches for the titles of panels
PICTURE_SHARE = 0.9  # of the width; the colour bar takes the rest


def kernel_grid(weights: np.ndarray, *, title: str) -> Figure:
    """Each output's kernel as a picture, on one scale that is symmetric around 0.

    weights: (C_out, C_in, k, k).  Three inputs are shown as red, green and blue, with grey for 0; any other number in
    grey, averaged over the inputs, with a colour bar.
    Raises ShapeError for anything else than four axes.
    """
    if weights.ndim != 4 or 0 in weights.shape:
        raise ShapeError(f"weights are {weights.shape}, expected (C_out, C_in, k, k). Give those of a convolution.")
    inputs = weights.shape[1]
    kernels = weights.transpose(0, 2, 3, 1) if inputs == 3 else weights.mean(axis=1)
    limit = float(np.abs(kernels).max()) or 1.0
    if inputs == 3:
        kernels = 0.5 + kernels / (2 * limit)
    mosaic = _mosaic(kernels)
    height, width = mosaic.shape[:2]
    share = 1.0 if inputs == 3 else PICTURE_SHARE
    figure = new_figure(share * WIDTH * height / width + MARGIN_HEIGHT, title)
    axes = figure.subplots()
    axes.set_axis_off()
    picture = axes.imshow(mosaic, cmap="gray", vmin=-limit, vmax=limit, interpolation="nearest")
    if inputs != 3:
        label = "weight" if inputs == 1 else f"weight, mean over {inputs} inputs"
        figure.colorbar(picture, ax=axes, label=label, fraction=1 - PICTURE_SHARE, aspect=25, pad=0.02)
    return figure


def kernels_in_training(before: np.ndarray, after: np.ndarray, *, title: str) -> Figure:
    """The kernels of one layer before training, after it, and what training has added, on one scale around 0 (grey).

    before, after: (C_out, C_in, k, k); several inputs are averaged.
    Raises ShapeError if they are not of one shape.
    """
    if before.shape != after.shape or before.ndim != 4:
        raise ShapeError(
            f"weights are {before.shape} and {after.shape}, expected one shape (C_out, C_in, k, k). "
            "Give those of one network before and after its training."
        )
    versions = {"before": before, "after": after, "after - before": after - before}
    mosaics = {name: _mosaic(weights.mean(axis=1)) for name, weights in versions.items()}
    limit = float(max(np.abs(before).max(), np.abs(after).max())) or 1.0
    height, width = mosaics["before"].shape
    figure = new_figure(PICTURE_SHARE * WIDTH / len(mosaics) * height / width + MARGIN_HEIGHT + TITLE_HEIGHT, title)
    panels = figure.subplots(1, len(mosaics), gridspec_kw={"wspace": GAP_BETWEEN})
    for axes, (name, mosaic) in zip(panels, mosaics.items(), strict=True):
        axes.set_axis_off()
        axes.set_title(name, fontsize=10)
        picture = axes.imshow(mosaic, cmap="gray", vmin=-limit, vmax=limit, interpolation="nearest")
    figure.colorbar(picture, ax=panels, label="weight", fraction=1 - PICTURE_SHARE, aspect=25, pad=0.02)
    return figure


def _mosaic(kernels: np.ndarray) -> np.ndarray:
    """(C, k, k) or (C, k, k, 3) -> one picture, twice as wide as high, white (grey: NaN) between the kernels."""
    gap = kernels.shape[1]
    kernels = kernels.repeat(PIXELS_PER_WEIGHT, axis=1).repeat(PIXELS_PER_WEIGHT, axis=2)
    count, rows_each, columns_each = kernels.shape[:3]
    columns = math.ceil(math.sqrt(2 * count))
    rows = math.ceil(count / columns)
    cell = (rows_each + gap, columns_each + gap)
    empty = np.nan if kernels.ndim == 3 else 1.0
    mosaic = np.full((rows * cell[0] - gap, columns * cell[1] - gap, *kernels.shape[3:]), empty)
    for index, kernel in enumerate(kernels):
        top, left = index // columns * cell[0], index % columns * cell[1]
        mosaic[top : top + rows_each, left : left + columns_each] = kernel
    return mosaic
