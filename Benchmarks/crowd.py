#!/usr/bin/env python3
"""Made-up crowds in MOTChallenge's layout, to see how cost grows with the number of objects.

    crowd.py FOLDER [--objects 10 20 50 …] [--frames N]

People walk on a 3840x2160 picture in straight lines with a little unrest; one box in ten is missed and one in ten has a
low score. Their size shrinks as they grow in number, so that the share of the picture they cover stays the same: what
grows is the count, not the crush. The seed is fixed.
"""

import argparse
from pathlib import Path

import numpy as np

WIDTH, HEIGHT = 3840, 2160


def write(folder: Path, objects: int, frames: int) -> None:
    random = np.random.default_rng(20240607 + objects)
    # Together the boxes cover 0.3 of the picture; a person is 2.5 times as high as wide.
    wide = (0.3 * WIDTH * HEIGHT / objects / 2.5) ** 0.5
    size = np.stack([np.full(objects, wide), np.full(objects, 2.5 * wide)], axis=1) * random.uniform(0.7, 1.3, (objects, 1))
    centre = random.uniform([0, 0], [WIDTH, HEIGHT], (objects, 2))
    velocity = random.normal(0, 0.04 * wide, (objects, 2))
    lines = []
    for frame in range(1, frames + 1):
        centre += velocity + random.normal(0, 0.005 * wide, (objects, 2))
        velocity[(centre < 0) | (centre > [WIDTH, HEIGHT])] *= -1
        seen = random.random(objects) > 0.1
        score = np.where(random.random(objects) < 0.1, random.uniform(0.2, 0.5, objects), random.uniform(0.7, 0.95, objects))
        corner = centre - size / 2 + random.normal(0, 0.02 * wide, (objects, 2))
        for index in np.flatnonzero(seen):
            (x, y), (w, h) = corner[index], size[index]
            lines.append(f"{frame},-1,{x:.2f},{y:.2f},{w:.2f},{h:.2f},{score[index]:.3f}\n")
    (folder / "det").mkdir(parents=True, exist_ok=True)
    (folder / "det/det.txt").write_text("".join(lines))
    (folder / "seqinfo.ini").write_text(
        f"[Sequence]\nname={folder.name}\nframeRate=25\nseqLength={frames}\nimWidth={WIDTH}\nimHeight={HEIGHT}\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--objects", type=int, nargs="+", default=[10, 20, 50, 100, 200, 500, 1000])
    parser.add_argument("--frames", type=int, default=100)
    arguments = parser.parse_args()
    for objects in arguments.objects:
        write(arguments.folder / f"crowd-{objects:04}", objects, arguments.frames)


if __name__ == "__main__":
    main()
