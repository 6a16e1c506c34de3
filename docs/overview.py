"""Draw the README's picture from what `make demo` left behind: python docs/overview.py"""

from pathlib import Path

import numpy as np
import pandas as pd
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from kedro.io import CatalogProtocol
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from facial_keypoints.faces import TEST, FaceSet
from facial_keypoints.figures.faces import draw_keypoints, show_image
from facial_keypoints.figures.style import PREDICTION, TRUTH, VARIANTS, WIDTH, new_figure
from facial_keypoints.geometry import inverse, transform_points
from facial_keypoints.point_table import keypoints_of

PROJECT = Path(__file__).parents[1]
ROWS = (
    ("train_nose.lr_1e-3", "danes_faces", "the nose"),
    ("train_face.lr_1e-3", "danes_faces", "58 points"),
    ("finetune_resnet.best", "ibug_faces", "68 points"),
)
RANKS = (0.1, 0.35, 0.6, 0.85)  # of the test faces, ordered by their error: neither the best nor the worst
TILE = WIDTH / (len(RANKS) + 2)


def draw_row(axes: list[Axes], predictions: pd.DataFrame, faces: FaceSet, task: str) -> None:
    """Test faces of one variant, at RANKS of their errors."""
    test = predictions[predictions["split"] == TEST].sort_values("nme", ignore_index=True)
    indices = [int(column[1:]) for column in test.columns if column[0] == "x" and column[1:].isdigit()]
    names = list(faces.table["name"])
    for panel, rank in zip(axes, RANKS, strict=True):
        row = test.iloc[[int(rank * len(test))]]
        face = faces.select(np.array([names.index(row["name"].item())]))
        predicted = transform_points(inverse(face.to_source), keypoints_of(row, faces.scheme, indices))
        show_image(panel, face.images[0])
        draw_keypoints(panel, face.keypoints[0, indices], TRUTH, faces.scheme, TILE)
        draw_keypoints(panel, predicted[0], PREDICTION, faces.scheme, TILE)
        low, high = face.keypoints[0].min(axis=0), face.keypoints[0].max(axis=0)
        half = 0.75 * (high - low).max()
        centre = (low + high) / 2
        panel.set_xlim(centre[0] - half, centre[0] + half)
        panel.set_ylim(centre[1] + half, centre[1] - half)
        panel.set_title(f"{task}: {row['nme'].item():.1f} %", fontsize=8, pad=2)


def draw_curves(axes: Axes, catalog: CatalogProtocol) -> None:
    """Validation error of the nose net by learning rate."""
    for variant, colour in zip(("lr_1e-3", "lr_1e-4", "lr_1e-5"), VARIANTS, strict=False):
        history = catalog.load(f"train_nose.{variant}.history")
        axes.plot(history["epoch"], history["val/nme"], color=colour, marker=".", label=variant.replace("_", " "))
    axes.set_title("the nose: validation error by learning rate, NME %", fontsize=8)
    axes.set_xlabel("epoch", fontsize=8)
    axes.legend(fontsize=8, frameon=False)


def main() -> None:
    bootstrap_project(PROJECT)
    with KedroSession.create(PROJECT, env="sample") as session:
        catalog = session.load_context().catalog
        figure = new_figure(3 * TILE + 0.9, "")
        grid = figure.add_gridspec(len(ROWS), len(RANKS) + 2)
        for number, (variant, faces, task) in enumerate(ROWS):
            panels = [figure.add_subplot(grid[number, column]) for column in range(len(RANKS))]
            for panel in panels:
                panel.set_axis_off()
            draw_row(panels, catalog.load(f"{variant}.predictions"), catalog.load(faces), task)
        draw_curves(figure.add_subplot(grid[:, len(RANKS) :]), catalog)
    marks = ((TRUTH, "truth"), (PREDICTION, "prediction"))
    handles = [Line2D([], [], color=colour, marker="o", label=name) for colour, name in marks]
    figure.legend(handles=handles, loc="outside lower center", ncols=2, frameon=False, fontsize=9)
    figure.savefig(PROJECT / "docs" / "images" / "overview.png", dpi=110)


if __name__ == "__main__":
    main()
