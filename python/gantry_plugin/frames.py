"""Pictures as tools see them: NumPy views on memory that Gantry writes, and the usual conversions."""

from __future__ import annotations

import mmap
import os
from typing import Any, Dict

import numpy as np
from numpy.typing import NDArray

#: A picture: height x width x 3, uint8, red green blue. Read-only; `frame.copy()` for one of your own.
Frame = NDArray[np.uint8]


def rgb_to_bgr(frame: NDArray[Any]) -> NDArray[Any]:
    """A copy with the channels in OpenCV's order (contiguous, writable). Swaps back just as well."""
    return np.ascontiguousarray(frame[..., ::-1])


def to_gray(frame: NDArray[Any]) -> NDArray[np.uint8]:
    """Brightness as uint8, height x width: the weights of ITU-R BT.601 in 1/256, rounded."""
    if frame.ndim == 2:
        return np.array(frame, dtype=np.uint8)
    # Integers, in place: three times the speed of the same in floating point.
    total = frame[..., 0] * np.uint16(77)
    total += frame[..., 1] * np.uint16(150)
    total += frame[..., 2] * np.uint16(29)
    total += np.uint16(128)
    total >>= 8
    return total.astype(np.uint8)


class FrameMemory:
    """The memory in which Gantry places pictures, mapped read-only and never unmapped.

    A view that a plugin keeps stays safe to read, but its pixels change with the next call.
    """

    def __init__(self, descriptor: int) -> None:
        size = os.fstat(descriptor).st_size
        # mmap keeps a descriptor of its own (closed on exec), so what a plugin does to this one does not matter.
        self._map = mmap.mmap(descriptor, size, flags=mmap.MAP_SHARED, prot=mmap.PROT_READ)
        self._bytes = np.frombuffer(self._map, dtype=np.uint8)

    def frame(self, place: Dict[str, Any]) -> Frame:
        """The picture that a call's `frame` object describes, without a copy."""
        offset, width, height, stride = place["offset"], place["width"], place["height"], place["stride"]
        if place.get("format", "rgb8") != "rgb8":
            raise ValueError(f"frames of format {place['format']!r} are not understood, only rgb8")
        end = offset + stride * (height - 1) + 3 * width
        if min(offset, width - 1, height - 1, stride - 3 * width) < 0 or end > self._bytes.size:
            raise ValueError(f"the frame {place} does not lie in the frame memory of {self._bytes.size} bytes")
        return np.ndarray((height, width, 3), np.uint8, self._bytes, offset, (stride, 3, 1))
