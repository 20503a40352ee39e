"""From the detector's probability of text, pixel by pixel, to the rectangles around lines of text.

The network is trained on shrunken regions (Liao et al., "Real-time Scene Text Detection with Differentiable
Binarization", 2020): what is found is grown again by an offset of area over perimeter.
"""

from __future__ import annotations

from typing import List, NamedTuple, Tuple

import numpy as np
from gantry_plugin.regions import Regions

TEXT_PROBABILITY = 0.3
#: Mean probability over a region's pixels.
REGION_PROBABILITY = 0.55
GROWTH = 1.6
SHORTEST_SIDE = 3


class Line(NamedTuple):
    """A rectangle, perhaps turned: its corners (4 x 2) clockwise from where the text begins."""

    corners: np.ndarray
    area: float


def text_lines(probability: np.ndarray, scale_x: float, scale_y: float, limits: Tuple[int, int]) -> List[Line]:
    """The lines, in the coordinates of the whole picture.

    - `scale_x`, `scale_y`: pixels of the picture per pixel of the probability map.
    - `limits`: the picture's width and height.
    """
    regions = Regions(probability > TEXT_PROBABILITY)
    sums = np.concatenate(([0.0], np.cumsum(probability.astype(np.float64), axis=None)))
    row_start = regions.row * probability.shape[1]
    run_sums = sums[row_start + regions.last] - sums[row_start + regions.first]
    order = np.argsort(regions.number, kind="stable")
    starts = np.flatnonzero(np.diff(regions.number[order], prepend=-1))
    lines = []
    for runs in np.split(order, starts[1:]) if order.size else []:
        pixels = (regions.last[runs] - regions.first[runs]).sum()
        if run_sums[runs].sum() / pixels < REGION_PROBABILITY:
            continue
        # A pixel covers a square; the outermost corners of every run are all that the hull needs.
        x = np.concatenate((regions.first[runs], regions.first[runs], regions.last[runs], regions.last[runs]))
        y = np.concatenate((regions.row[runs], regions.row[runs] + 1) * 2)
        corners = smallest_rectangle(np.stack((x * scale_x, y * scale_y), axis=1))
        sides = np.linalg.norm(np.diff(corners, axis=0)[:2], axis=1)
        if sides.min() < SHORTEST_SIDE * min(scale_x, scale_y):
            continue
        lines.append(_grown(corners, sides, limits))
    return lines


def smallest_rectangle(points: np.ndarray) -> np.ndarray:
    """Corners of the rectangle of least area around points: one of its sides lies on a side of their hull."""
    hull = _hull(points)
    if len(hull) < 3:
        low, high = points.min(axis=0), points.max(axis=0)
        return _ordered(np.array([low, [high[0], low[1]], high, [low[0], high[1]]]))
    edges = np.diff(np.vstack((hull, hull[:1])), axis=0)
    along = edges / np.linalg.norm(edges, axis=1, keepdims=True)
    across = np.stack((-along[:, 1], along[:, 0]), axis=1)
    on_along, on_across = hull @ along.T, hull @ across.T
    low_along, high_along = on_along.min(axis=0), on_along.max(axis=0)
    low_across, high_across = on_across.min(axis=0), on_across.max(axis=0)
    best = int(np.argmin((high_along - low_along) * (high_across - low_across)))
    return _ordered(np.array([
        first * along[best] + second * across[best]
        for first, second in (
            (low_along[best], low_across[best]), (high_along[best], low_across[best]),
            (high_along[best], high_across[best]), (low_along[best], high_across[best]))]))


def _hull(points: np.ndarray) -> np.ndarray:
    """Convex hull (Andrew's monotone chain)."""
    ordered = np.unique(points, axis=0).tolist()

    def half(places: List[List[float]]) -> List[List[float]]:
        chain: List[List[float]] = []
        for x, y in places:
            while len(chain) > 1:
                (x1, y1), (x2, y2) = chain[-2:]
                if (x2 - x1) * (y - y1) - (y2 - y1) * (x - x1) > 0:
                    break
                chain.pop()
            chain.append([x, y])
        return chain[:-1]

    return np.array(half(ordered) + half(ordered[::-1]))


def _ordered(corners: np.ndarray) -> np.ndarray:
    """Clockwise on the screen, from the corner where the text begins: the first side is the one that reads from left
    to right, or downwards in a column of letters (a side much longer than the other)."""
    x, y = corners.T
    if (x * np.roll(y, -1) - np.roll(x, -1) * y).sum() < 0:  # y points down: a positive area is clockwise
        corners = corners[::-1]
    # The side nearest to pointing right.
    sides = np.roll(corners, -1, axis=0) - corners
    return np.roll(corners, -int(np.argmax(sides[:, 0] / np.maximum(np.linalg.norm(sides, axis=1), 1e-9))), axis=0)


def _grown(corners: np.ndarray, sides: np.ndarray, limits: Tuple[int, int]) -> Line:
    width, height = sides
    offset = GROWTH * width * height / (2 * (width + height))
    along = (corners[1] - corners[0]) / width
    down = (corners[3] - corners[0]) / height
    signs = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
    grown = corners + offset * (signs[:, :1] * along + signs[:, 1:] * down)
    return Line(np.clip(grown, 0, limits), float((width + 2 * offset) * (height + 2 * offset)))
