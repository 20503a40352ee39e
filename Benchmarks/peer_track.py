#!/usr/bin/env python3
"""The Python peer of `gantry track`: OpenCV decodes, OpenVINO detects, supervision's ByteTrack tracks, MOT text comes out.

    peer_track.py VIDEO OUT.txt [--threads 2] [--precision f32] [--synchronous]

Written as someone who knows these libraries would: the queue of asynchronous requests keeps every thread busy while the
next frame is decoded (--synchronous is the plain loop of most tutorials). Same model file, precision, number of threads
and score threshold as Gantry's default. Prints JSON: frames, boxes, seconds from the first frame to the last result.
"""

import argparse
import json
import time
import warnings
from pathlib import Path

import cv2
import numpy as np
import openvino as ov
import supervision as sv

from measuring import cache_root

SIZE = 416
MEAN = np.array([0.485, 0.456, 0.406], np.float32) * 255
DEVIATION = np.array([0.229, 0.224, 0.225], np.float32) * 255
SCORE_THRESHOLD = 0.1


def prepare(frame: np.ndarray) -> dict[str, np.ndarray]:
    small = cv2.cvtColor(cv2.resize(frame, (SIZE, SIZE)), cv2.COLOR_BGR2RGB)
    image = ((small.astype(np.float32) - MEAN) / DEVIATION).transpose(2, 0, 1)[np.newaxis]
    height, width = frame.shape[:2]
    # With this factor the model gives boxes in pixels of the frame.
    return {"image": np.ascontiguousarray(image), "scale_factor": np.array([[SIZE / height, SIZE / width]], np.float32)}


def detections(output: np.ndarray) -> sv.Detections:
    rows = output[output[:, 1] >= SCORE_THRESHOLD]
    return sv.Detections(
        xyxy=rows[:, 2:6].astype(np.float32), confidence=rows[:, 1].astype(np.float32), class_id=rows[:, 0].astype(int))


def compile_model(threads: int, precision: str, synchronous: bool) -> ov.CompiledModel:
    core = ov.Core()
    model = core.read_model(cache_root() / "models/picodet-s-416/model.pdmodel")
    model.reshape({"image": [1, 3, SIZE, SIZE], "scale_factor": [1, 2]})
    return core.compile_model(model, "CPU", {
        "PERFORMANCE_HINT": "LATENCY" if synchronous else "THROUGHPUT",
        "INFERENCE_NUM_THREADS": threads,
        "NUM_STREAMS": 1 if synchronous else threads,
        "INFERENCE_PRECISION_HINT": precision,
    })


def frames_of(path: str):
    video = cv2.VideoCapture(path)
    if not video.isOpened():
        raise SystemExit(f"{path}: OpenCV cannot open it")
    while True:
        there, frame = video.read()
        if not there:
            return
        yield frame


def detect(arguments: argparse.Namespace, compiled: ov.CompiledModel) -> dict[int, sv.Detections]:
    found: dict[int, sv.Detections] = {}
    if arguments.synchronous:
        request = compiled.create_infer_request()
        for index, frame in enumerate(frames_of(arguments.video)):
            found[index] = detections(request.infer(prepare(frame))[compiled.output(0)])
        return found

    def collect(request: ov.InferRequest, index: int) -> None:
        found[index] = detections(request.get_output_tensor(0).data.copy())

    # One request more than streams, so that a stream that ends finds its next frame ready.
    queue = ov.AsyncInferQueue(compiled, arguments.threads + 1)
    queue.set_callback(collect)
    for index, frame in enumerate(frames_of(arguments.video)):
        queue.start_async(prepare(frame), index)
    queue.wait_all()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("video")
    parser.add_argument("out", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--precision", default="f32")
    parser.add_argument("--synchronous", action="store_true")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore", FutureWarning)

    compiled = compile_model(arguments.threads, arguments.precision, arguments.synchronous)
    start = time.monotonic()
    found = detect(arguments, compiled)
    video = cv2.VideoCapture(arguments.video)
    tracker = sv.ByteTrack(frame_rate=round(video.get(cv2.CAP_PROP_FPS)) or 30)
    lines = []
    for index in range(len(found)):
        tracked = tracker.update_with_detections(found[index])
        for (x1, y1, x2, y2), score, track in zip(tracked.xyxy, tracked.confidence, tracked.tracker_id):
            lines.append(f"{index + 1},{track},{x1:.2f},{y1:.2f},{x2 - x1:.2f},{y2 - y1:.2f},{score:.4f},-1,-1,-1\n")
    arguments.out.write_text("".join(lines))
    seconds = time.monotonic() - start
    print(json.dumps({"frames": len(found), "boxes": len(lines), "seconds": seconds, "frames_per_s": len(found) / seconds}))


if __name__ == "__main__":
    main()
