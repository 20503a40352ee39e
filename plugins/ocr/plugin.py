"""ocr: the text in a picture, by PP-OCR's detector of text lines and its recogniser."""

from __future__ import annotations

from typing import Any, Dict, List

import numpy as np
from gantry_plugin import Frame
from line_finder import Line, text_lines
from line_reader import LineReader
from models import Model, model_folder
from sampling import line_crop, shrunk_to

#: PP-OCR's networks want pictures of a multiple of this.
GRID = 32
#: Boxes per picture that are read, the largest first.
MOST_LINES = 500
#: A word's middle within this share of a line's height belongs to that line.
SAME_LINE = 0.5


class Plugin:
    def __init__(self) -> None:
        folder = model_folder()
        self.finder = Model(folder, "PP-OCRv6_det_small.onnx")
        self.reader = LineReader(Model(folder, "PP-OCRv6_rec_small.onnx"))

    def validate(self) -> bool:
        """Both networks must run; a grey picture holds no text."""
        picture = np.full((64, 64, 3), 127, np.uint8)
        self.reader.read([picture[:48]])
        return self.analyze(picture)["count"] == 0

    def analyze(self, frame: Frame, confidence: float = 0.5, longest_side: int = 1280) -> Dict[str, Any]:
        """Finds the lines of text in a picture and reads them."""
        _check("confidence", confidence, 0, 1)
        _check("longest_side", longest_side, 320, 4096)
        lines = self.lines(frame, int(longest_side))
        blocks: List[Dict[str, Any]] = []
        for line, (text, certainty) in zip(lines, self.reader.read([line_crop(frame, line.corners) for line in lines])):
            if text.strip() and certainty >= confidence:
                corners = line.corners
                blocks.append({
                    "text": text,
                    "confidence": certainty,
                    "xyxy": [*corners.min(axis=0).tolist(), *corners.max(axis=0).tolist()],
                    "corners": corners.tolist(),
                })
        rows = in_reading_order(blocks)
        return {
            "text": "\n".join(" ".join(block["text"] for block in row) for row in rows),
            "blocks": [block for row in rows for block in row],
            "count": len(blocks),
            "confidence": sum(block["confidence"] for block in blocks) / len(blocks) if blocks else None,
        }

    def lines(self, frame: Frame, longest_side: int) -> List[Line]:
        """Where text is, the largest boxes only if there are very many."""
        height, width = frame.shape[:2]
        scale = min(1.0, longest_side / max(height, width))
        size = [max(GRID, round(side * scale / GRID) * GRID) for side in (height, width)]
        small = shrunk_to(frame, size[0], size[1])
        probability = self.finder.run(network_input(small)[None])[0, 0]
        found = text_lines(probability, width / size[1], height / size[0], (width, height))
        return sorted(found, key=lambda line: -line.area)[:MOST_LINES]


def network_input(picture: np.ndarray) -> np.ndarray:
    """Channels first, blue green red, -1 to 1."""
    return np.ascontiguousarray(picture[..., ::-1].transpose(2, 0, 1), np.float32) / 127.5 - 1


def in_reading_order(blocks: List[Dict[str, Any]]) -> List[List[Dict[str, Any]]]:
    """Rows from top to bottom, each from left to right."""
    rows: List[List[Dict[str, Any]]] = []
    for block in sorted(blocks, key=lambda item: (item["xyxy"][1] + item["xyxy"][3], item["xyxy"][0])):
        top, bottom = block["xyxy"][1::2]
        if rows:
            row_top, row_bottom = rows[-1][0]["xyxy"][1::2]
            if abs((top + bottom) - (row_top + row_bottom)) / 2 < SAME_LINE * min(bottom - top, row_bottom - row_top):
                rows[-1].append(block)
                continue
        rows.append([block])
    return [sorted(row, key=lambda item: item["xyxy"][0]) for row in rows]


def _check(name: str, value: Any, lowest: float, highest: float) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not lowest <= value <= highest:
        raise ValueError(f"{name} is a number from {lowest} to {highest}, not {value!r}")
