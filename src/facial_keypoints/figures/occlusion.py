"""Where hiding part of a picture moves the predicted points."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from facial_keypoints.errors import ShapeError
from facial_keypoints.figures.faces import draw_keypoints, show_image
from facial_keypoints.figures.style import PREDICTION, TRUTH, WIDTH, new_figure
from facial_keypoints.landmarks import LandmarkScheme

MARGIN_HEIGHT = 0.6  # inches for the title
SHOWN_THROUGH = 0.75  # how strongly the map covers the picture below it
PICTURE_SHARE = 0.94  # of the width; the colour bar takes the rest


def occlusion_maps(
    images: np.ndarray,
    sensitivities: Sequence[np.ndarray],
    *,
    truth: np.ndarray,
    predicted: np.ndarray,
    title: str,
    scheme: LandmarkScheme | None = None,
) -> Figure:
    """A column for each face: above with its points, truth orange, prediction blue; below what it is sensitive to.

    images: (N, H, W) or (N, H, W, 3) uint8.  sensitivities: N of (H, W), pixels, as `occlusion_sensitivity` gives them;
    one scale for all. truth, predicted: (N, K, 2) in continuous pixels of the images.
    Raises ShapeError if there are not as many of each.
    """
    counts = {len(images), len(sensitivities), len(truth), len(predicted)}
    if len(counts) > 1:
        raise ShapeError(f"found {sorted(counts)} images, maps and faces' points, expected as many of each.")
    height, width = images.shape[1:3]
    tile = PICTURE_SHARE * WIDTH / len(images)
    figure = new_figure(2 * tile * height / width + MARGIN_HEIGHT, title)
    panels = figure.subplots(2, len(images), squeeze=False)
    limit = max(float(np.max(each)) for each in sensitivities) or 1.0
    for column, (image, sensitivity) in enumerate(zip(images, sensitivities, strict=True)):
        above, below = panels[:, column]
        for axes in (above, below):
            axes.set_axis_off()
            show_image(axes, image)
        draw_keypoints(above, truth[column], TRUTH, scheme, tile)
        draw_keypoints(above, predicted[column], PREDICTION, scheme, tile)
        heat = below.imshow(
            sensitivity,
            cmap="inferno",
            vmin=0,
            vmax=limit,
            alpha=SHOWN_THROUGH,
            extent=(0, width, height, 0),
            interpolation="nearest",
        )
    figure.colorbar(heat, ax=panels[1], label="moved, px", fraction=1 - PICTURE_SHARE, pad=0.01)
    return figure
