"""Sequences in MOTChallenge's layout: NAME/det/det.txt (frame, -1, x, y, w, h, score) and NAME/seqinfo.ini."""

import configparser
from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass
class Sequence:
    name: str
    folder: Path
    frame_rate: float
    frames: list[np.ndarray]  # one array a frame, rows x1, y1, x2, y2, score


def find(folder: Path) -> list[Path]:
    """The sequence itself, or those up to two folders below."""
    for pattern in ("det/det.txt", "*/det/det.txt", "*/*/det/det.txt"):
        found = sorted(folder.glob(pattern))
        if found:
            return [path.parent.parent for path in found]
    raise SystemExit(f"{folder}: no sequence with det/det.txt here")


def load(folder: Path) -> Sequence:
    information = configparser.ConfigParser()
    information.read(folder / "seqinfo.ini")
    section = information["Sequence"] if information.has_section("Sequence") else {}
    rows = np.loadtxt(folder / "det/det.txt", delimiter=",", ndmin=2)
    count = max(int(rows[:, 0].max(initial=0)), int(section.get("seqLength", 0)))
    boxes = np.hstack([rows[:, 2:4], rows[:, 2:4] + rows[:, 4:6], rows[:, 6:7]])
    return Sequence(
        folder.name, folder, float(section.get("frameRate", 30)),
        [boxes[rows[:, 0] == frame] for frame in range(1, count + 1)],
    )
