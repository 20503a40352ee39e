"""Pictures of rendered people with numbers on their backs, for `gantry bench numbers`.

    Benchmarks/jerseys.py FOLDER [--each 60] [--seed 1]

Groups are `HEIGHT blur BLUR`: the height of the person in pixels, and a blur as it is seen on a person 100 pixels high. A
third of the figures lean, turn or are partly hidden; the group `none` has shirts without a number. Needs NumPy, Pillow.
"""

import argparse
import csv
import os
import sys

import numpy as np
from PIL import Image, ImageFilter

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "Tests/python"))
from synthetic_game import FONTS, PHASES, Figure  # noqa: E402


def person(rng, number, height, blur):
    shirt = tuple(int(channel) for channel in rng.integers(0, 256, 3))
    figure = Figure(rng, shirt, number, FONTS[rng.integers(len(FONTS))])
    picture = figure.drawn("back", int(rng.integers(PHASES)))
    width, tall = picture.size
    if rng.random() < 0.33:  # leaning, or turned: narrower, and the far side pushed together
        lean, turn = rng.normal(0, 0.12), rng.uniform(0, 0.35)
        picture = picture.transform(
            picture.size, Image.AFFINE, (1 / (1 - turn), lean, -lean * tall * 0.5 - turn * width / 2 / (1 - turn), 0, 1, 0),
            Image.BICUBIC)
    box = picture.getbbox()
    margins = rng.normal(0, 0.03, 4) * tall * 0.5
    box = (max(0, int(box[0] + margins[0])), max(0, int(box[1] + margins[1])),
           min(width, int(box[2] + margins[2])), min(tall, int(box[3] + margins[3])))
    grass = np.array([60, 120, 50]) + rng.normal(0, 14, 3)
    background = Image.fromarray(
        np.clip(grass + rng.normal(0, 6, (tall, width, 3)), 0, 255).astype(np.uint8)).convert("RGBA")
    background.alpha_composite(picture)
    whole = background.convert("RGB").crop(box)
    if rng.random() < 0.15:  # somebody's arm or a stick across
        stripe = Image.new("RGB", (int(whole.width * rng.uniform(0.08, 0.2)), whole.height), (150, 100, 70))
        whole.paste(stripe, (int(whole.width * rng.uniform(0.15, 0.8)), 0))
    small = whole.resize((max(4, round(whole.width * height / whole.height)), height), Image.LANCZOS)
    if blur:
        small = small.filter(ImageFilter.GaussianBlur(blur * height / 100))
    return small


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--each", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    os.makedirs(options.folder, exist_ok=True)
    rng = np.random.default_rng(options.seed)
    with open(os.path.join(options.folder, "truth.csv"), "w", newline="") as file:
        truth = csv.writer(file, lineterminator="\n")
        truth.writerow(["file", "number", "group"])

        def add(number, height, blur, group):
            name = f"{group.replace(' ', '-')}-{add.count}.jpg"
            add.count += 1
            person(rng, number, height, blur).save(os.path.join(options.folder, name), quality=int(rng.integers(60, 92)))
            truth.writerow([name, "" if number is None else number, group])

        add.count = 0
        for height in (40, 60, 90, 140, 240):
            for blur in (0.0, 1.0, 2.0):
                for _ in range(options.each):
                    add(int(rng.integers(0, 100)), height, blur, f"{height:3d} blur {blur:.0f}")
        for _ in range(2 * options.each):
            add(None, int(rng.choice([40, 60, 90, 140, 240])), float(rng.integers(0, 3)), "none")


if __name__ == "__main__":
    main()
