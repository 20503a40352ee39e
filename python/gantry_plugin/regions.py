"""Connected regions of a mask, in NumPy only: runs of each row, joined where they touch the row above."""

from __future__ import annotations

from typing import Any, Dict, NamedTuple

import numpy as np


class Kept(NamedTuple):
    """Regions, largest first: boxes (n x 4: x1, y1, x2, y2, the ends exclusive), pixels, and their numbers."""

    boxes: np.ndarray
    areas: np.ndarray
    numbers: np.ndarray


class Regions:
    """The regions of a boolean mask whose pixels touch at a side or a corner."""

    def __init__(self, mask: np.ndarray) -> None:
        self.mask = mask
        height, width = mask.shape
        # A false column on both sides: every run has a start and an end, and no run reaches into the next row.
        padded = np.zeros((height, width + 2), bool)
        padded[:, 1:-1] = mask
        flat = padded.ravel()
        edges = np.flatnonzero(flat[1:] != flat[:-1])
        self.starts, self.ends = edges[0::2], edges[1::2]
        stride = width + 2
        self.row = self.starts // stride
        self.first, self.last = self.starts % stride, self.ends - self.row * stride
        self.number = self._joined(stride)

    def _joined(self, stride: int) -> np.ndarray:
        """The region of each run: the lowest number of a run in it."""
        count = self.starts.size
        low = np.searchsorted(self.ends, self.starts - stride, side="left")
        high = np.searchsorted(self.starts, self.ends - stride, side="right")
        touching = np.maximum(high - low, 0)
        below = np.repeat(np.arange(count), touching)
        within = np.arange(below.size) - np.repeat(np.cumsum(touching) - touching, touching)
        above = low[below] + within
        number = np.arange(count)
        while below.size:
            # Roots join the lowest root that they touch, then every run is led to its root: the number of rounds
            # grows with the logarithm of the longest chain.
            one, other = number[below], number[above]
            apart = one != other
            below, above = below[apart], above[apart]
            one, other = one[apart], other[apart]
            np.minimum.at(number, np.maximum(one, other), np.minimum(one, other))
            while True:
                led = number[number]
                if np.array_equal(led, number):
                    break
                number = led
        return number

    def of_at_least(self, area: int) -> Kept:
        numbers, inverse = np.unique(self.number, return_inverse=True)
        areas = np.bincount(inverse, weights=self.ends - self.starts, minlength=numbers.size).astype(np.int64)
        boxes = np.empty((numbers.size, 4), np.int64)
        boxes[:, :2], boxes[:, 2:] = np.iinfo(np.int64).max, -1
        np.minimum.at(boxes[:, 0], inverse, self.first)
        np.minimum.at(boxes[:, 1], inverse, self.row)
        np.maximum.at(boxes[:, 2], inverse, self.last)
        np.maximum.at(boxes[:, 3], inverse, self.row + 1)
        order = np.lexsort((numbers, -areas))
        order = order[areas[order] >= area]
        return Kept(boxes[order], areas[order], numbers[order])

    def mask_of(self, kept: Kept) -> np.ndarray:
        """The mask with only these regions."""
        height, width = self.mask.shape
        wanted = np.isin(self.number, kept.numbers)
        steps = np.zeros(height * (width + 2) + 1, np.int8)
        steps[self.starts[wanted] + 1] = 1
        steps[self.ends[wanted] + 1] = -1
        return np.cumsum(steps[:-1], dtype=np.int8).reshape(height, width + 2)[:, 1:-1].astype(bool)


def run_lengths(mask: np.ndarray) -> Dict[str, Any]:
    """COCO's uncompressed run lengths: columns from left to right, beginning with a run of zeros."""
    flat = np.concatenate(([False], mask.T.ravel()))
    edges = np.flatnonzero(flat[1:] != flat[:-1])
    counts = np.diff(np.concatenate(([0], edges, [mask.size])))
    return {"size": list(mask.shape), "counts": counts.tolist()}
