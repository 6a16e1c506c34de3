"""Text above the tiles of a sheet: as large as the tile allows, wrapped to its width, names shortened to a line."""

from textwrap import fill

import numpy as np

from facial_keypoints.figures.style import WIDTH

CHARACTER_WIDTH = 0.6  # of the font's size, on the average
POINTS_PER_INCH = 72


def caption_size(tile: float) -> float:
    """The font's size, in typographic points, above a tile of that width in inches."""
    return float(np.clip(5.5 * tile, 6, 10))


def caption_length(columns: int) -> int:
    """Characters that fit on a line above a tile, of a sheet of so many columns."""
    return _length(WIDTH / columns)


def wrapped(text: str, tile: float) -> str:
    """The text, with its own line breaks and as many more as the tile's width, in inches, asks for."""
    return "\n".join(fill(line, _length(tile)) for line in text.splitlines())


def shortened(name: str, length: int) -> str:
    """The name with its middle left out if it is longer than that: beginning and end tell names apart."""
    if len(name) <= length:
        return name
    end = (length - 1) // 2
    return f"{name[: length - 1 - end]}…{name[len(name) - end :]}"


def _length(tile: float) -> int:
    return int(tile * POINTS_PER_INCH / (CHARACTER_WIDTH * caption_size(tile)))
