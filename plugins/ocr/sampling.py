"""Pictures shrunk, and turned rectangles cut out of them upright, in NumPy."""

from __future__ import annotations

import math

import numpy as np

#: Height of a line as the recogniser wants it.
LINE_HEIGHT = 48
#: A crop this much higher than wide is a line that was turned by a quarter, or a column of letters.
UPRIGHT = 1.5
_MOST_SAMPLES = 4


def shrunk_to(picture: np.ndarray, height: int, width: int) -> np.ndarray:
    """The picture at another size, each new pixel the mean of what it covers (bilinear where it is enlarged)."""
    result = picture.astype(np.float32)
    for axis, size in ((0, height), (1, width)):
        result = _resized_along(result, axis, size)
    return np.clip(np.rint(result), 0, 255).astype(np.uint8)


def _resized_along(values: np.ndarray, axis: int, size: int) -> np.ndarray:
    count = values.shape[axis]
    if count == size:
        return values
    moved = np.moveaxis(values, axis, 0)
    if size > count:
        places = np.clip((np.arange(size) + 0.5) * count / size - 0.5, 0, count - 1)
        low = np.floor(places).astype(int)
        share = (places - low).astype(np.float32).reshape(-1, *[1] * (moved.ndim - 1))
        high = np.minimum(low + 1, count - 1)
        return np.moveaxis(moved[low] * (1 - share) + moved[high] * share, 0, axis)
    # The running sum between the edges of each new pixel, edges in the midst of an old one by proportion.
    edges = np.arange(size + 1) * count / size
    low = np.minimum(np.floor(edges).astype(int), count - 1)
    share = (edges - low).reshape(-1, *[1] * (moved.ndim - 1))
    sums = np.concatenate((np.zeros_like(moved[:1], np.float64), np.cumsum(moved, axis=0, dtype=np.float64)))
    at_edges = sums[low] + share * moved[low]
    return np.moveaxis((np.diff(at_edges, axis=0) * (size / count)).astype(np.float32), 0, axis)


def line_crop(picture: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """The rectangle between four corners, upright and LINE_HEIGHT high.

    - `corners`: 4 x 2, clockwise from the upper left one; a rectangle that stands is laid down.
    """
    width = np.linalg.norm(corners[1] - corners[0])
    height = np.linalg.norm(corners[3] - corners[0])
    if height > UPRIGHT * width:
        corners = np.roll(corners, 1, axis=0)  # its lower left corner comes first: text that climbs
        width, height = height, width
    columns = max(1, math.ceil(LINE_HEIGHT * width / max(height, 1e-6)))
    # Several samples for each pixel where the line is shrunk: or thin strokes would vanish between them.
    samples = int(np.clip(math.ceil(height / LINE_HEIGHT), 1, _MOST_SAMPLES))
    down = (np.arange(LINE_HEIGHT * samples) + 0.5) / (LINE_HEIGHT * samples)
    along = (np.arange(columns * samples) + 0.5) / (columns * samples)
    places = corners[0] + along[None, :, None] * (corners[1] - corners[0]) + down[:, None, None] * (
        corners[3] - corners[0])
    values = bilinear(picture, places[..., 0] - 0.5, places[..., 1] - 0.5)
    values = values.reshape(LINE_HEIGHT, samples, columns, samples, 3).mean(axis=(1, 3))
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def bilinear(picture: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Values between pixels; beyond the edge, the edge's."""
    height, width = picture.shape[:2]
    x, y = np.clip(x, 0, width - 1), np.clip(y, 0, height - 1)
    left, top = np.floor(x).astype(np.intp), np.floor(y).astype(np.intp)
    right, bottom = np.minimum(left + 1, width - 1), np.minimum(top + 1, height - 1)
    share_x, share_y = (x - left)[..., None].astype(np.float32), (y - top)[..., None].astype(np.float32)
    upper = picture[top, left] * (1 - share_x) + picture[top, right] * share_x
    lower = picture[bottom, left] * (1 - share_x) + picture[bottom, right] * share_x
    return upper * (1 - share_y) + lower * share_y
