"""Triangles to pixels: which triangle is seen at each pixel, and the values of its corners there."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Fragments:
    """The pixels a mesh covers: flat index (P,), nearness (P,) and interpolated corner values (P, C) float32."""

    pixels: np.ndarray
    nearness: np.ndarray
    values: np.ndarray

    def where(self, seen: np.ndarray) -> "Fragments":
        return Fragments(self.pixels[seen], self.nearness[seen], self.values[seen])


@dataclass(frozen=True, eq=False)
class _Spans:
    """Runs of pixels in one row that lie in one triangle. All (S,)."""

    triangle: np.ndarray
    row: np.ndarray
    first: np.ndarray
    count: np.ndarray


def rasterise(
    corners: np.ndarray, nearness: np.ndarray, values: np.ndarray, triangles: np.ndarray, size: tuple[int, int]
) -> Fragments:
    """The nearest front of a mesh at each pixel of a picture of `size` (height, width).

    corners (N, 2) in pixels, nearness (N,), values (N, C), triangles (T, 3) indices of corners.
    Triangles seen from behind are left out.
    """
    triangles = triangles[_area(corners[triangles]) > 1e-9]
    weights = _weight_planes(corners[triangles])
    spans = _spans(corners[triangles], weights, size)
    planes = weights @ np.column_stack([nearness, values])[triangles]  # (T, 3, 1 + C): (x, y, 1) @ plane is the value
    across = planes[:, 0].astype(np.float32)[spans.triangle]
    start = np.column_stack([spans.first + 0.5, spans.row + 0.5, np.ones(len(spans.row))])
    at_start = np.einsum("sk,skc->sc", start, planes[spans.triangle]).astype(np.float32)

    span, step = _counted(spans.count)
    depth = at_start[span, 0] + step.astype(np.float32) * across[span, 0]
    pixels = (spans.row * size[1] + spans.first)[span] + step
    front = _nearest(pixels, depth, size[0] * size[1])
    span, step = span[front], step[front].astype(np.float32)[:, None]
    blended = np.take(at_start, span, axis=0) + step * np.take(across, span, axis=0)
    return Fragments(pixels[front], blended[:, 0], blended[:, 1:])


def _spans(corners: np.ndarray, weights: np.ndarray, size: tuple[int, int]) -> _Spans:
    """The pixel centres inside each triangle (T, 3, 2): where its row crosses the lines on which a weight is 0."""
    height, width = size
    top, bottom = corners[..., 1].min(axis=1), corners[..., 1].max(axis=1)
    first, count = _whole_numbers(top - 0.5, bottom - 0.5, height)
    triangle, step = _counted(count)
    row = first[triangle] + step
    slope = weights[triangle, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        crossing = -((row + 0.5)[:, None] * weights[triangle, 1] + weights[triangle, 2]) / slope
    left = np.where(slope > 0, crossing, -np.inf).max(axis=1)
    right = np.where(slope < 0, crossing, np.inf).min(axis=1)
    first, count = _whole_numbers(left - 0.5 - 1e-9, right - 0.5 + 1e-9, width)
    hit = count > 0
    return _Spans(triangle[hit], row[hit], first[hit], count[hit])


def _whole_numbers(low: np.ndarray, high: np.ndarray, limit: int) -> tuple[np.ndarray, np.ndarray]:
    """The first whole number in each [low, high] that is in 0..limit-1, and how many follow it, itself included."""
    first = np.clip(np.ceil(low), 0, limit).astype(np.intp)
    last = np.clip(np.floor(high), -1, limit - 1).astype(np.intp)
    return first, np.maximum(last - first + 1, 0)


def _counted(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each i repeated counts[i] times, and beside it 0 .. counts[i] - 1."""
    owner = np.repeat(np.arange(len(counts)), counts)
    return owner, np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)


def _nearest(pixels: np.ndarray, depth: np.ndarray, count: int) -> np.ndarray:
    """The index of one nearest entry of each pixel that occurs."""
    nearest = np.full(count, -np.inf, dtype=np.float32)
    np.maximum.at(nearest, pixels, depth)
    winner = np.full(count, -1)
    candidates = np.flatnonzero(depth >= nearest[pixels])
    winner[pixels[candidates]] = candidates
    return winner[winner >= 0]


def _weight_planes(corners: np.ndarray) -> np.ndarray:
    """(T, 3, 3): (x, y, 1) @ planes[t] are the barycentric weights of (x, y) in triangle t."""
    x, y = corners[..., 0], corners[..., 1]
    following, last = [1, 2, 0], [2, 0, 1]
    slopes = np.stack([y[:, following] - y[:, last], x[:, last] - x[:, following]], axis=1)
    offset = x[:, following] * y[:, last] - x[:, last] * y[:, following]
    return np.concatenate([slopes, offset[:, None]], axis=1) / _area(corners)[:, None, None]


def _area(corners: np.ndarray) -> np.ndarray:
    """(T,) twice the area, negative for triangles seen from behind."""
    first, second = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    return first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]
