"""A sheet of colour in frontal head coordinates: the face is painted on it, then laid over the head."""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter
from scipy.ndimage import map_coordinates

from facial_keypoints.sample.people import RGB

X_RANGE, Y_RANGE = (-0.85, 0.85), (-0.5, 1.7)  # units; beyond, the colours of the rim go on
FINE = 2  # outlines are drawn so many times finer, and averaged
COARSE = 4  # soft stains are drawn so many times coarser


class Canvas:
    def __init__(self, colour: RGB, scale: float) -> None:
        """A sheet of one colour, with about `scale` pixels a unit."""
        self.scale = float(min(max(scale, 60), 220))
        cells = [int(np.ceil((high - low) * self.scale / COARSE)) for low, high in (X_RANGE, Y_RANGE)]
        self._size = (cells[0] * COARSE, cells[1] * COARSE)
        self._sheet = Image.new("RGB", self._size, colour)
        self._finer = False

    def stain(self, outline: np.ndarray, colour: RGB, strength: float, softness: float) -> None:
        """Tint the inside of an outline (N, 2) with an edge `softness` units wide. Before the first `fill`."""
        mask = Image.new("L", (self._size[0] // COARSE, self._size[1] // COARSE))
        ImageDraw.Draw(mask).polygon(self._pixels(outline, 1 / COARSE), fill=round(255 * min(strength, 1)))
        mask = mask.filter(ImageFilter.GaussianBlur(softness * self.scale / COARSE))
        self._sheet.paste(colour, (0, 0), mask.resize(self._size, Image.Resampling.BILINEAR))

    def fill(self, outline: np.ndarray, colour: RGB) -> None:
        """Cover the inside of an outline (N, 2)."""
        self._pen().polygon(self._pixels(outline, FINE), fill=colour)

    def line(self, curve: np.ndarray, colour: RGB, width: float) -> None:
        """A line `width` units wide along a curve (N, 2)."""
        pixels = max(1, round(width * self.scale * FINE))
        self._pen().line(self._pixels(curve, FINE), fill=colour, width=pixels, joint="curve")

    def inlay(self, outline: np.ndarray, ground: RGB, shapes: list[tuple[np.ndarray, RGB]]) -> None:
        """Fill an outline with `ground` and with the part of each (outline, colour) that lies inside it."""
        self._pen()
        inside, mask = Image.new("RGB", self._sheet.size, ground), Image.new("L", self._sheet.size)
        pen = ImageDraw.Draw(inside)
        for shape, colour in shapes:
            pen.polygon(self._pixels(shape, FINE), fill=colour)
        ImageDraw.Draw(mask).polygon(self._pixels(outline, FINE), fill=255)
        left, top, right, bottom = mask.getbbox() or (0, 0, 1, 1)
        box = (left, top, right, bottom)
        self._sheet.paste(inside.crop(box), box, mask.crop(box))

    def colours_at(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """(N, 3) colours, 0 to 1, of the places (x, y)."""
        sheet = np.asarray(self._sheet.reduce(FINE) if self._finer else self._sheet, dtype=np.float32) / 255
        places = np.stack([(y - Y_RANGE[0]) * self.scale - 0.5, (x - X_RANGE[0]) * self.scale - 0.5])
        planes = [map_coordinates(sheet[..., c], places, order=1, mode="nearest") for c in range(3)]
        return np.stack(planes, axis=-1)

    def _pen(self) -> ImageDraw.ImageDraw:
        if not self._finer:
            self._sheet = self._sheet.resize((self._size[0] * FINE, self._size[1] * FINE), Image.Resampling.BILINEAR)
            self._finer = True
        return ImageDraw.Draw(self._sheet)

    def _pixels(self, curve: np.ndarray, factor: float) -> list[tuple[float, float]]:
        """Pillow's coordinates: a polygon through a pixel's whole number covers that pixel, hence the half."""
        pixels = (curve - [X_RANGE[0], Y_RANGE[0]]) * self.scale * factor - 0.5
        return [(float(x), float(y)) for x, y in pixels]
