"""The tools, on whatever models they are given: argument checks, what a client is told, drawing, tracking ids."""

from __future__ import annotations

import base64
import datetime
import math
from collections import OrderedDict
from typing import Any, Callable, Dict, List, Mapping, Optional

import numpy as np
from drawing import annotated_picture
from gantry_plugin import Frame
from player_tracks import PlayerTracks

#: Streams of `track_players` whose tracks are kept; the one unused for longest is forgotten first.
MOST_STREAMS = 32
#: Detections down to this share of the wanted confidence may continue a track, but not begin one.
WEAK_SHARE = 0.4


class VideoTracker:
    """- `models`: `player`, `ball` and `pitch`, each with `find` and `class_names` as yolo.YoloModel has them."""

    def __init__(self, models: Mapping[str, Any], now: Optional[Callable[[], datetime.datetime]] = None) -> None:
        self.models = models
        self.streams: "OrderedDict[str, PlayerTracks]" = OrderedDict()
        self._now = now or (lambda: datetime.datetime.now(datetime.timezone.utc))

    def validate(self) -> bool:
        """Every model must answer on a small grey picture."""
        picture = np.full((64, 64, 3), 114, np.uint8)
        for model in self.models.values():
            model.find(picture, 0.5, "cuda", image_size=64)
        return True

    def detect_players(
        self, frame: Frame, device: str = "cuda", annotated: bool = False, confidence: float = 0.25
    ) -> Dict[str, Any]:
        """Finds players, goalkeepers and referees."""
        return self._detect("player", frame, device, annotated, confidence)

    def player_detection(
        self, frame: Frame, device: str = "cuda", annotated: bool = False, confidence: float = 0.25
    ) -> Dict[str, Any]:
        """The same as detect_players, by its older name."""
        return self.detect_players(frame, device, annotated, confidence)

    def detect_ball(
        self, frame: Frame, device: str = "cuda", annotated: bool = False, confidence: float = 0.20
    ) -> Dict[str, Any]:
        """Finds the ball."""
        return self._detect("ball", frame, device, annotated, confidence)

    def detect_pitch(
        self, frame: Frame, device: str = "cuda", annotated: bool = False, confidence: float = 0.25
    ) -> Dict[str, Any]:
        """Finds the pitch and its keypoints: corners, circle, penalty areas."""
        check_arguments(frame, annotated, confidence)
        model = self.models["pitch"]
        found = model.find(frame, confidence, device)
        detections = described(found, model.class_names, confidence)
        keypoints: List[Dict[str, Any]] = []
        if found.keypoints is not None and len(found.confidences):
            best = found.keypoints[int(np.argmax(found.confidences))]
            for index, point in enumerate(best):
                certainty = float(point[2]) if len(point) > 2 else 1.0
                if certainty >= confidence:
                    keypoints.append({
                        "index": index, "x": float(point[0]), "y": float(point[1]), "confidence": certainty})
        result = self._result(frame, detections, model.class_names, annotated, keypoints)
        return {**result, "keypoints": keypoints}

    def track_players(
        self,
        frame: Frame,
        device: str = "cuda",
        annotated: bool = False,
        confidence: float = 0.25,
        stream: str = "default",
    ) -> Dict[str, Any]:
        """Finds players and gives each a tracking_id that stays the same from frame to frame of a stream."""
        check_arguments(frame, annotated, confidence)
        model = self.models["player"]
        lowest = confidence * WEAK_SHARE
        candidates = described(model.find(frame, lowest, device), model.class_names, lowest)
        tracks = self.streams.pop(stream, None) or PlayerTracks()
        self.streams[stream] = tracks
        while len(self.streams) > MOST_STREAMS:
            self.streams.popitem(last=False)
        identities = tracks.followed(
            np.array([item["xyxy"] for item in candidates]).reshape(-1, 4),
            np.array([item["confidence"] for item in candidates]),
            confidence)
        detections = [
            {**item, "tracking_id": identity} for item, identity in zip(candidates, identities) if identity is not None]
        return self._result(frame, detections, model.class_names, annotated)

    def _detect(self, key: str, frame: Frame, device: str, annotated: bool, confidence: float) -> Dict[str, Any]:
        check_arguments(frame, annotated, confidence)
        model = self.models[key]
        detections = described(model.find(frame, confidence, device), model.class_names, confidence)
        return self._result(frame, detections, model.class_names, annotated)

    def _result(
        self,
        frame: Frame,
        detections: List[Dict[str, Any]],
        class_names: Mapping[int, str],
        annotated: bool,
        keypoints: Optional[List[Dict[str, Any]]] = None,
    ) -> Dict[str, Any]:
        counts = {name: 0 for name in class_names.values()}
        for detection in detections:
            counts[detection["class_name"]] = counts.get(detection["class_name"], 0) + 1
        # Of COCO's 80 names those that are there; of the three of football all.
        classes = counts if len(counts) <= 8 else {name: count for name, count in counts.items() if count}
        result: Dict[str, Any] = {
            "detections": detections,
            "count": len(detections),
            "classes": classes,
            "timestamp": self._now().isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        }
        if annotated:
            picture = annotated_picture(frame, detections, keypoints or [])
            result["frame_annotated"] = base64.b64encode(picture).decode("ascii")
        return result


def check_arguments(frame: Any, annotated: Any, confidence: Any) -> None:
    """ValueError for what a client may have got wrong; the model would fail on it less clearly, or not at all."""
    if not isinstance(frame, np.ndarray) or frame.ndim != 3 or frame.shape[2] != 3 or frame.dtype != np.uint8:
        what = f"{frame.dtype} {frame.shape}" if isinstance(frame, np.ndarray) else type(frame).__name__
        raise ValueError(f"frame is a picture of height x width x 3 of uint8, not {what}")
    if 0 in frame.shape:
        raise ValueError(f"frame is empty: {frame.shape[1]}x{frame.shape[0]}")
    if not isinstance(annotated, bool):
        raise ValueError(f"annotated is true or false, not {annotated!r}")
    if isinstance(confidence, bool) or not isinstance(confidence, (int, float)) or not 0 <= confidence <= 1:
        raise ValueError(f"confidence is a number from 0 to 1, not {confidence!r}")


def described(found: Any, class_names: Mapping[int, str], confidence: float) -> List[Dict[str, Any]]:
    """Detections as a client gets them, the most confident first; what is not a number is left out."""
    detections = []
    for index in np.argsort(-np.asarray(found.confidences, float), kind="stable"):
        box = [float(value) for value in found.boxes[index]]
        score, class_id = float(found.confidences[index]), int(found.class_ids[index])
        if all(map(math.isfinite, box)) and confidence <= score <= 1:
            detections.append({
                "xyxy": box,
                "confidence": score,
                "class_id": class_id,
                "class_name": class_names.get(class_id, f"class_{class_id}"),
            })
    return detections
