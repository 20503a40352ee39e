"""Shifts of players in rendered games, against the truth.

    Benchmarks/shifts.py [--gantry .build/release/gantry] [--games 4] [--seconds 40] [--mode broadcast|tactical|both]

Renders games (Tests/python/synthetic_game.py), asks for every player by number and colour, and compares:

- seconds: the stretches in which the player was followed with those in which they are in the picture (a third of the body
  at least is seen): precision, recall and temporal IoU over all players' seconds;
- knowable: the recall of those seconds alone that belong to a stretch, unbroken by a cut or by leaving the picture, in which
  the player shows their back, free and whole, for a second in all: on others nobody could read a number;
- shifts: `shifts.json` with the same rule (rolls, merging, shortest length) applied to the truth: temporal IoU.

Needs NumPy, Pillow and ffmpeg, as the tests do.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PRE, POST = 1.0, 2.0
RULES = {"broadcast": (1.0, 1.2), "tactical": (0.8, 1.0)}  # gap that is merged, shortest stretch


def stretches(flags, fps):
    found, start = [], None
    for at, flag in enumerate(list(flags) + [False]):
        if flag and start is None:
            start = at
        elif not flag and start is not None:
            found.append((start / fps, at / fps))
            start = None
    return found


def knowable(truth, index, visible):
    """Of the visible stretches, cut at the cuts, those in which the back is shown for a second."""
    fps, found = truth["fps"], []
    for start, end in visible:
        edges = [start, *(cut / fps for cut in truth["cuts"] if start < cut / fps < end), end]
        for begin, stop in zip(edges, edges[1:]):
            backs = sum(
                any(box[0] == index and box[6] == "back" and box[5] > 0.75 and box[1] > 0 and box[1] + box[3] < truth["width"]
                    for box in truth["frames"][frame])
                for frame in range(round(begin * fps), min(len(truth["frames"]), round(stop * fps))))
            if backs >= fps:
                found.append((begin, stop))
    return found


def bridged(spans, gap):
    """What is out of sight for less than the lost timeout is still one stretch."""
    joined = []
    for start, end in spans:
        if joined and start - joined[-1][1] <= gap:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def shifts_of(spans, duration, mode):
    gap, shortest = RULES[mode]
    merged = []
    for start, end in spans:
        rolled = [max(0, start - PRE), min(duration, end + POST), end - start]
        if merged and rolled[0] - merged[-1][1] <= gap:
            merged[-1][1] = max(merged[-1][1], rolled[1])
            merged[-1][2] += rolled[2]
        else:
            merged.append(rolled)
    return [(start, end) for start, end, own in merged if own >= shortest]


def cells(spans, duration):
    ticks = [False] * round(duration * 100)
    for start, end in spans:
        for at in range(max(0, round(start * 100)), min(len(ticks), round(end * 100))):
            ticks[at] = True
    return ticks


class Score:
    def __init__(self):
        self.both = self.ours = self.theirs = 0

    def add(self, ours, theirs, duration):
        a, b = cells(ours, duration), cells(theirs, duration)
        both = sum(x and y for x, y in zip(a, b))
        self.both, self.ours, self.theirs = self.both + both, self.ours + sum(a), self.theirs + sum(b)

    def __str__(self):
        union = self.ours + self.theirs - self.both
        return "precision {:.3f}  recall {:.3f}  IoU {:.3f}".format(
            self.both / max(1, self.ours), self.both / max(1, self.theirs), self.both / max(1, union))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gantry", default=os.path.join(ROOT, ".build/release/gantry"))
    parser.add_argument("--games", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=40)
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--mode", choices=["broadcast", "tactical", "both"], default="both")
    parser.add_argument("--keep", help="folder for the games and results")
    parser.add_argument("--players", action="store_true", help="a line for each player")
    options = parser.parse_args()
    colours = [("#203524", "#e8e8ec"), ("#b01828", "#2040a0"), ("#e8e8ec", "#d8a020"), ("#2a2a30", "#c03060")]
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or scratch
        os.makedirs(folder, exist_ok=True)
        for mode in ["broadcast", "tactical"] if options.mode == "both" else [options.mode]:
            seconds, known, shifts, found, asked = Score(), Score(), Score(), 0, 0
            for game in range(options.games):
                home, away = colours[game % len(colours)]
                name = os.path.join(folder, f"{mode}{options.first_seed + game}")
                if not os.path.exists(name + ".json"):  # what --keep has kept is of the same --seconds
                    subprocess.run(
                        [sys.executable, os.path.join(ROOT, "Tests/python/synthetic_game.py"), name + ".mp4",
                         name + ".json", "--seed", str(options.first_seed + game), "--seconds", str(options.seconds),
                         "--mode", mode, "--cuts", str(game % 3), "--home", home, "--away", away], check=True)
                truth = json.load(open(name + ".json"))
                duration = len(truth["frames"]) / truth["fps"]
                for index, player in enumerate(truth["players"]):
                    if player["number"] is None:
                        continue
                    asked += 1
                    flags = [any(box[0] == index and box[5] >= 1 / 3 for box in frame) for frame in truth["frames"]]
                    visible = bridged(stretches(flags, truth["fps"]), 1.0)
                    out = name + ".shifts"
                    run = subprocess.run(
                        [options.gantry, "shifts", name + ".mp4", "--number", str(player["number"]), "--jersey-color",
                         (home, away)[player["team"]], "--mode", mode, "--out", out, "--quiet"],
                        capture_output=True, text=True)
                    if run.returncode not in (0, 1):
                        sys.exit(run.stderr)
                    debug = json.load(open(out + "/debug.json"))
                    result = json.load(open(out + "/shifts.json"))
                    ours = [(part["start"], part["end"]) for part in debug["raw_segments"]]
                    if result["finding"] != "found":
                        ours = []
                    seconds.add(ours, visible, duration)
                    able = knowable(truth, index, visible)
                    known.add([(max(a, c), min(b, d)) for a, b in ours for c, d in able if max(a, c) < min(b, d)], able, duration)
                    shifts.add([(s["start"], s["end"]) for s in result["shifts"]], shifts_of(visible, duration, mode), duration)
                    found += result["finding"] == "found"
                    if options.players:
                        one = Score()
                        one.add(ours, visible, duration)
                        print(f"{mode} game {game} {(home, away)[player['team']]} {player['number']:>2}: {result['finding']:16} {one}",
                              flush=True)
            print(f"{mode:9}  players found {found} of {asked}")
            print(f"{mode:9}  seconds  {seconds}")
            print(f"{mode:9}  knowable recall {known.both / max(1, known.theirs):.3f} of {known.theirs / max(1, seconds.theirs):.2f} of them")
            print(f"{mode:9}  shifts   {shifts}", flush=True)


if __name__ == "__main__":
    main()
