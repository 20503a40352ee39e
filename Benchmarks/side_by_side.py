#!/usr/bin/env python3
"""`gantry track` and its Python peer in alternation on the same video: frames/s, CPU time, peak memory.

    side_by_side.py VIDEO… [--repeat 3]

Whole processes are measured, from start to exit: loading the libraries and compiling the model count on both sides.
Both detect on every frame with the same model in f32 on all cores; Gantry also writes COCO, tracks.json, a summary,
a poster and its checkpoints, the peer one text file.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from measuring import GANTRY, alternate, machine, median, publish

HERE = Path(__file__).resolve().parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("videos", nargs="+", type=Path)
    parser.add_argument("--repeat", type=int, default=3)
    arguments = parser.parse_args()
    threads = machine()["cores"]

    results, rows = [], []
    for video in arguments.videos:
        with tempfile.TemporaryDirectory() as scratch:
            peer = [sys.executable, HERE / "peer_track.py", video, f"{scratch}/peer.txt", "--threads", threads]
            runs = alternate(
                {
                    "gantry": [
                        "/bin/sh", "-c", 'rm -rf "$2" && exec "$0" track "$1" --out "$2" --precision f32', GANTRY, video,
                        f"{scratch}/out",
                    ],
                    "peer": peer,
                    "peer, plain loop": [*peer, "--synchronous"],
                },
                arguments.repeat,
            )
            frames = json.loads(runs["peer"][0].output)["frames"]
        result = {"video": video.name, "frames": frames}
        for name, each in runs.items():
            result[name] = {
                "frames_per_s": frames / median(run.wall for run in each),
                "cpu_ms_per_frame": 1000 * median(run.cpu for run in each) / frames,
                "peak_memory_mb": median(run.peak_memory for run in each) / 1e6,
                "walls": [run.wall for run in each],
            }
        own, best = result["gantry"], max((result["peer"], result["peer, plain loop"]), key=lambda r: r["frames_per_s"])
        result["ratio_frames_per_s"] = own["frames_per_s"] / best["frames_per_s"]
        result["ratio_peak_memory"] = own["peak_memory_mb"] / best["peak_memory_mb"]
        results.append(result)
        for name in runs:
            each = result[name]
            rows.append([
                video.name, name, f"{each['frames_per_s']:.1f}", f"{each['cpu_ms_per_frame']:.1f}",
                f"{each['peak_memory_mb']:.0f}",
                f"{result['ratio_frames_per_s']:.2f}x the speed, {result['ratio_peak_memory']:.2f}x the memory"
                if name == "gantry" else "",
            ])
    publish(
        "side-by-side", {"videos": results}, rows,
        ["video", "program", "frames/s", "CPU ms a frame", "peak MB", "Gantry against the faster peer"])


if __name__ == "__main__":
    main()
