#!/usr/bin/env python3
"""supervision's ByteTrack over detections that are already there: frames/s of one core, loading excluded.

    peer_association.py FOLDER… [--repeat N]      prints JSON, one object a sequence
"""

import os

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")  # one core, as the other side

import argparse
import json
import time
import warnings
from pathlib import Path

import numpy as np
import supervision as sv

import mot_sequences
from measuring import median


def track(sequence: mot_sequences.Sequence, detections: list[sv.Detections]) -> int:
    tracker = sv.ByteTrack(frame_rate=round(sequence.frame_rate))
    return sum(len(tracker.update_with_detections(frame)) for frame in detections)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--repeat", type=int, default=3)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore", FutureWarning)

    results = []
    for folder in (path for folder in arguments.folders for path in mot_sequences.find(folder)):
        sequence = mot_sequences.load(folder)
        # Made once: turning arrays into Detections is not association.
        detections = [
            sv.Detections(
                xyxy=frame[:, :4].astype(np.float32), confidence=frame[:, 4].astype(np.float32),
                class_id=np.zeros(len(frame), dtype=int))
            for frame in sequence.frames
        ]
        seconds, boxes = [], 0
        for _ in range(arguments.repeat):
            start = time.process_time()
            boxes = track(sequence, detections)
            seconds.append(time.process_time() - start)
        results.append({
            "sequence": sequence.name, "frames": len(detections),
            "boxes_per_frame": sum(map(len, detections)) / len(detections), "tracked_boxes": boxes,
            "frames_per_s": len(detections) / median(seconds),
        })
    print(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
