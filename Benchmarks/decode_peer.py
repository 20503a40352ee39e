#!/usr/bin/env python3
"""Decoding on one thread: `gantry bench decode` (decode and scale to the model's input) against ffmpeg (decode only).

    decode_peer.py VIDEO… [--repeat 5]

Frames per second of CPU time. Gantry's opening of the file and reading of its index are not counted. ffmpeg is given
both ways: the whole command, and (the stricter measure, which the shares are of) without what it takes to its first frame.
"""

import argparse
import json
from pathlib import Path

from measuring import GANTRY, alternate, median, publish


def ffmpeg(video: Path, *limit) -> list:
    # passthrough: every frame once and none made up, as on the other side.
    return [
        "ffmpeg", "-nostdin", "-loglevel", "error", "-threads", 1, "-i", video, "-map", "0:v:0", *limit,
        "-fps_mode", "passthrough", "-f", "null", "-",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("videos", nargs="+", type=Path)
    parser.add_argument("--repeat", type=int, default=5)
    arguments = parser.parse_args()

    results, rows = [], []
    for video in arguments.videos:
        runs = alternate(
            {
                "gantry": [GANTRY, "bench", "decode", video, "--repeat", 1, "--json"],
                "ffmpeg": ffmpeg(video),
                "ffmpeg, first frame": ffmpeg(video, "-frames:v", 1),
            },
            arguments.repeat,
        )
        own = [json.loads(run.output) for run in runs["gantry"]]
        frames = own[0][0]["frames"]
        start = median(run.cpu for run in runs["ffmpeg, first frame"])
        whole = frames / median(run.cpu for run in runs["ffmpeg"])
        peer = (frames - 1) / (median(run.cpu for run in runs["ffmpeg"]) - start)
        decode = median(run[0]["frames_per_cpu_s"] for run in own)
        convert = median(run[1]["frames_per_cpu_s"] for run in own)
        path = f"{own[0][0]['work'].removeprefix('decode ')}, {own[0][1]['work'].split(', ')[1]}"
        results.append({
            "video": video.name, "pixel_path": path, "frames": frames, "decode": decode, "decode_and_convert": convert,
            "ffmpeg_command": whole, "ffmpeg_decode": peer, "ratio_decode": decode / peer,
            "ratio_decode_and_convert": convert / peer,
        })
        rows.append([
            video.name, path, f"{whole:,.0f}", f"{peer:,.0f}", f"{decode:,.0f} ({decode / peer:.0%})",
            f"{convert:,.0f} ({convert / peer:.0%})",
        ])
    publish(
        "decode", {"videos": results}, rows,
        ["video", "pixel path", "ffmpeg, whole command", "ffmpeg, decode", "Gantry, decode", "Gantry, decode and scale"])


if __name__ == "__main__":
    main()
