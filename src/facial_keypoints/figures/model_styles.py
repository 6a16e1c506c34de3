"""One look for each model: in all figures that show the same models, in the same order, it is the same."""

from collections.abc import Iterable
from typing import NamedTuple

from facial_keypoints.baselines import BASELINES
from facial_keypoints.figures.style import VARIANTS

BASELINE = VARIANTS[4]  # grey
COLOURS = tuple(colour for colour in VARIANTS if colour != BASELINE)
LINES = ("-", "-.")  # the colours come round once more with the second
BASELINE_LINES = ("--", ":")
MOST_MODELS = 6  # in a figure that has no room for more


class ModelStyle(NamedTuple):
    """Keywords of `Axes.plot`."""

    color: str
    linestyle: str


def model_styles(names: Iterable[str]) -> dict[str, ModelStyle]:
    """A colour for each model in order; mean shapes (`train_face.mean_shape`) are grey and dashed and use up none."""
    styles: dict[str, ModelStyle] = {}
    models = baselines = 0
    for name in names:
        if name.split(".")[-1] in BASELINES:
            styles[name] = ModelStyle(BASELINE, BASELINE_LINES[baselines % len(BASELINE_LINES)])
            baselines += 1
        else:
            styles[name] = ModelStyle(COLOURS[models % len(COLOURS)], LINES[models // len(COLOURS) % len(LINES)])
            models += 1
    return styles
