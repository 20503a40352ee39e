#!/usr/bin/env python3
"""Cutting a clip out of a video: `gantry cut` against `ffmpeg` encoding the same frames anew (libx264, its defaults).

    clips.py [VIDEO…] [--from 7.3] [--seconds 20] [--repeat 3]

Without videos two are made of vtest.avi, scaled to 1920x1080 at 25 frames/s: one with a keyframe every 2 seconds, as
cameras write, one with x264's default of every 10 seconds. Both programs begin between two keyframes and copy no sound.
"""

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

from measuring import GANTRY, alternate, cache_root, median, note, publish


def sample(folder: Path, keyframes: int) -> Path:
    path = folder / f"1080p-keyframe-every-{keyframes / 25:g}-s.mp4"
    note(f"making {path.name}")
    subprocess.run(
        ["ffmpeg", "-nostdin", "-loglevel", "error", "-y", "-i", cache_root() / "samples/vtest.avi", "-t", "44", "-vf",
         "scale=1920:1080,fps=25", "-c:v", "libx264", "-preset", "veryfast", "-bf", "3", "-g", str(keyframes), path],
        check=True)
    return path


def frames(path: Path) -> int:
    text = subprocess.run(
        ["ffprobe", "-v", "error", "-select_streams", "v:0", "-count_packets", "-show_entries", "stream=nb_read_packets",
         "-of", "csv=p=0", path], check=True, capture_output=True, text=True).stdout
    return int(text.strip().strip(","))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("videos", nargs="*", type=Path)
    parser.add_argument("--from", dest="start", type=float, default=7.3)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--repeat", type=int, default=3)
    arguments = parser.parse_args()
    results, rows = [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for video in arguments.videos or [sample(folder, 50), sample(folder, 250)]:
            end = arguments.start + arguments.seconds
            out, peer = folder / "out", folder / "peer.mp4"
            runs = alternate(
                {
                    "gantry": [
                        GANTRY, "cut", video, "--from", arguments.start, "--to", end, "--out", out, "--overwrite",
                        "--quiet",
                    ],
                    "ffmpeg": [
                        "ffmpeg", "-nostdin", "-loglevel", "error", "-y", "-ss", arguments.start, "-i", video, "-t",
                        arguments.seconds, "-an", "-c:v", "libx264", peer,
                    ],
                },
                arguments.repeat)
            record = json.loads((out / ".gantry/clip_001.mp4.json").read_text())["result"]
            clip = out / "clips/clip_001.mp4"
            own, other = (median(run.wall for run in runs[name]) for name in ("gantry", "ffmpeg"))
            results.append({
                "video": video.name, "frames": frames(clip), "peer_frames": frames(peer), "copied": record["copied"],
                "gantry_s": own, "ffmpeg_s": other, "ratio": other / own,
                "gantry_cpu_s": median(run.cpu for run in runs["gantry"]),
                "ffmpeg_cpu_s": median(run.cpu for run in runs["ffmpeg"]),
            })
            row = results[-1]
            rows.append([
                video.stem, f"{row['frames']} ({row['copied']} copied)", f"{own:.2f}", f"{row['gantry_cpu_s']:.2f}",
                f"{other:.2f}", f"{row['ffmpeg_cpu_s']:.2f}", f"{row['ratio']:.1f}x",
            ])
    publish(
        "clips", {"clips": results}, rows,
        ["video", "frames", "gantry cut, s", "CPU s", "ffmpeg libx264, s", "CPU s", "faster"])


if __name__ == "__main__":
    main()
