"""Picture files for trying plugins out: PNG written, PPM and .npy read, everything else through Pillow or OpenCV.

In the server Gantry's own decoder does this, in a process of its own.
"""

from __future__ import annotations

import os
import re
import struct
import zlib
from typing import Any, Union

import numpy as np
from numpy.typing import NDArray

from .frames import Frame


def png_bytes(frame: NDArray[Any]) -> bytes:
    """A frame (height x width x 3, uint8) as a PNG file."""
    height, width = frame.shape[:2]
    rows = np.zeros((height, 1 + width * 3), np.uint8)  # a zero before each row: unfiltered
    rows[:, 1:] = frame.reshape(height, width * 3)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        _chunk(kind, content)
        for kind, content in (
            (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
            (b"IDAT", zlib.compress(rows.tobytes(), 1)),
            (b"IEND", b""),
        )
    )


def read_picture(path: Union[str, "os.PathLike[str]"]) -> Frame:
    """The picture in a file, as a tool is given it: height x width x 3, uint8, RGB."""
    name = os.fspath(path)
    if name.endswith(".npy"):
        return _as_frame(np.load(name, allow_pickle=False), name)
    if name.endswith(".ppm"):
        with open(name, "rb") as file:
            return _ppm(file.read(), name)
    try:
        from PIL import Image  # type: ignore[import-not-found, import-untyped, unused-ignore]

        with Image.open(name) as image:
            return _as_frame(np.asarray(image.convert("RGB")), name)
    except ImportError:
        pass
    try:
        import cv2  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        raise ValueError(f"{name}: reading it needs Pillow or OpenCV. Install with: pip install pillow") from None
    picture = cv2.imread(name, cv2.IMREAD_COLOR)
    if picture is None:
        raise ValueError(f"{name}: not a picture that OpenCV can read")
    return np.ascontiguousarray(picture[..., ::-1])


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _ppm(content: bytes, name: str) -> Frame:
    header = re.match(rb"P6(?:\s+|#[^\n]*\n)+(\d+)\s+(\d+)\s+255\s", content)
    if not header:
        raise ValueError(f"{name}: not a PPM file of 8 bits (P6)")
    width, height = int(header[1]), int(header[2])
    return np.frombuffer(content, np.uint8, width * height * 3, header.end()).reshape(height, width, 3)


def _as_frame(array: NDArray[Any], name: str) -> Frame:
    if array.dtype != np.uint8 or array.ndim != 3 or array.shape[2] != 3:
        raise ValueError(f"{name}: an array of {array.dtype} {array.shape}, not uint8 (height, width, 3)")
    return array
