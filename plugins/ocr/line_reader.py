"""From upright pictures of lines to their text: PP-OCR's recogniser and its CTC decoding."""

from __future__ import annotations

from typing import Any, List, Tuple

import numpy as np
from sampling import LINE_HEIGHT

#: Lines read at once; they are padded to the widest of them, so they are sorted by width first.
BATCH = 8
#: The network was trained at this width and pads narrower lines to it.
NARROWEST, WIDEST = 320, 48 * 64


class LineReader:
    """- `model`: takes lines x 3 x 48 x width, gives lines x steps x characters; its metadata lists the characters."""

    def __init__(self, model: Any) -> None:
        self._model = model
        # Class 0 is CTC's blank, the last one the space, which the list leaves out.
        self.characters = ["", *model.metadata["character"].split("\n")]
        while self.characters[-1] == "" and len(self.characters) > 1:
            self.characters.pop()
        self.characters.append(" ")

    def read(self, crops: List[np.ndarray]) -> List[Tuple[str, float]]:
        """Text and mean certainty of each line."""
        answers: List[Tuple[str, float]] = [("", 0.0)] * len(crops)
        order = sorted(range(len(crops)), key=lambda index: crops[index].shape[1])
        for first in range(0, len(order), BATCH):
            chosen = order[first : first + BATCH]
            width = min(WIDEST, max(NARROWEST, crops[chosen[-1]].shape[1]))
            batch = np.zeros((len(chosen), 3, LINE_HEIGHT, width), np.float32)
            for place, index in enumerate(chosen):
                line = crops[index][:, :width, ::-1].transpose(2, 0, 1)
                batch[place, :, :, : line.shape[2]] = line.astype(np.float32) / 127.5 - 1
            for index, steps in zip(chosen, self._model.run(batch)):
                answers[index] = decoded(steps, self.characters)
        return answers


def decoded(steps: np.ndarray, characters: List[str]) -> Tuple[str, float]:
    """The best path of CTC (Graves et al. 2006): repeats merged, blanks dropped; certainty is the letters' mean."""
    best = steps.argmax(axis=1)
    letters = np.flatnonzero((best != 0) & (best != np.concatenate(([0], best[:-1]))))
    if not letters.size:
        return "", 0.0
    text = "".join(characters[best[place]] if best[place] < len(characters) else "" for place in letters)
    return text, float(steps[letters, best[letters]].mean())
