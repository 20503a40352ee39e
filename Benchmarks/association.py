#!/usr/bin/env python3
"""Association alone, Gantry against supervision's ByteTrack: frames/s of one core on the same detections.

    association.py [FOLDER…] [--repeat N] [--plot FILE.svg]

Each FOLDER is a set of sequences in MOTChallenge's layout and makes one row. Made-up crowds of 10 to 1000 objects are
always measured as well; --plot draws their cost.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from measuring import GANTRY, note, publish, run

HERE = Path(__file__).resolve().parent


def measure(folder: Path, repeat: int) -> dict:
    """Both sides over one set, in turn; frames/s over the whole set."""
    peer = json.loads(run([sys.executable, HERE / "peer_association.py", folder, "--repeat", repeat]).output)
    own = json.loads(run([GANTRY, "bench", "association", folder, "--repeat", 2 * repeat + 1, "--json"]).output)
    own = [row for row in own if row["sequence"] != "ALL"]
    assert [row["sequence"] for row in own] == [row["sequence"] for row in peer], "both sides read the same sequences"
    frames = sum(row["frames"] for row in own)

    def rate(rows: list[dict], key: str) -> float:
        return frames / sum(row["frames"] / row[key] for row in rows)

    online, offline, other = rate(own, "online_frames_per_s"), rate(own, "offline_frames_per_s"), rate(peer, "frames_per_s")
    return {
        "set": folder.name, "sequences": len(own), "frames": frames,
        "boxes_per_frame": sum(row["frames"] * row["boxes_per_frame"] for row in own) / frames,
        "online": online, "offline": offline, "peer": other, "ratio_online": online / other,
        "ratio_offline": offline / other,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--plot", type=Path)
    arguments = parser.parse_args()

    sets, crowds = [], []
    for folder in arguments.folders:
        note(f"association on {folder.name}")
        sets.append(measure(folder, arguments.repeat))
    with tempfile.TemporaryDirectory() as scratch:
        run([sys.executable, HERE / "crowd.py", scratch])
        for folder in sorted(Path(scratch).iterdir()):
            note(f"association on {folder.name}")
            crowds.append(measure(folder, 1))
    rows = [
        [
            row["set"], f"{row['boxes_per_frame']:.0f}", f"{row['online']:,.0f}", f"{row['offline']:,.0f}",
            f"{row['peer']:,.0f}", f"{row['ratio_online']:.0f}x", f"{row['ratio_offline']:.0f}x",
        ]
        for row in sets + crowds
    ]
    publish(
        "association", {"sets": sets, "crowds": crowds}, rows,
        ["set", "boxes a frame", "online, frames/s", "offline, frames/s", "ByteTrack, frames/s", "online", "offline"])
    if arguments.plot:
        draw(crowds, arguments.plot)


def draw(crowds: list[dict], path: Path) -> None:
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams.update({"svg.hashsalt": "gantry", "svg.fonttype": "none", "font.family": "sans-serif"})
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(6, 3.6), layout="constrained")
    for key, label, style in (
        ("peer", "supervision ByteTrack", "s--"), ("offline", "Gantry, offline", "o-"), ("online", "Gantry, online", "o-"),
    ):
        axes.plot([r["boxes_per_frame"] for r in crowds], [1e3 / r[key] for r in crowds], style, markersize=4, label=label)
    axes.set(xscale="log", yscale="log", xlabel="boxes a frame", ylabel="milliseconds a frame (one core)")
    axes.grid(True, which="major", alpha=0.3)
    axes.legend(frameon=False)
    figure.savefig(path, metadata={"Date": None})


if __name__ == "__main__":
    main()
