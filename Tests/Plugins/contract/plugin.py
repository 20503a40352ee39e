"""The plugin class of the contract: constructor checks and tools, with nothing of Gantry in it."""

import base64
import ctypes
import logging
import os
from datetime import datetime

import numpy as np

logger = logging.getLogger(__name__)

try:
    import torch
except ImportError:
    torch = None

MODEL = os.path.join(os.path.dirname(__file__), "models", "football-player-detection-v3.pt")
CLASSES = {0: "player", 1: "goalkeeper", 2: "referee"}


class Plugin:
    """YOLO football tracker."""

    name = "forgesyte-yolo-tracker"
    version = "1.0.0"

    def __init__(self):
        if torch is None:
            raise RuntimeError("No module named 'torch'. Install with: pip install torch")
        if not torch.cuda.is_available():
            raise RuntimeError("CUDA GPU not available. Check torch.cuda.is_available() or nvidia-smi.")
        if not os.path.exists(MODEL):
            raise RuntimeError(f"Model file not found: {MODEL}. Download it and place it there.")
        self.model = open(MODEL, "rb").read()
        logger.info("ready")
        print("ready")

    def validate(self):
        return len(self.model) > 4

    def _check(self, frame):
        if not isinstance(frame, np.ndarray) or frame.ndim != 3 or frame.size < 12:
            raise ValueError("Invalid frame")

    def detect_players(self, frame, device="cuda", annotated=False, confidence=0.25):
        """Detect players, goalkeepers and referees."""
        self._check(frame)
        scores = np.array([0.75, 0.5], dtype=np.float32)
        detections = [
            {"xyxy": np.array([1, 2, 3, 4], np.float32) * (i + 1), "confidence": score, "class_id": np.int64(i),
             "class_name": CLASSES[i]}
            for i, score in enumerate(scores) if score >= confidence]
        result = {"detections": detections, "count": len(detections), "classes": CLASSES,
                  "timestamp": datetime(2026, 1, 2).isoformat()}
        if annotated:
            result["frame_annotated"] = base64.b64encode(frame.tobytes()).decode()
        return result

    def player_detection(self, frame, **options):
        return self.detect_players(frame, **options)

    def from_base64(self, frame_base64: str, device: str = "cuda"):
        return {"start": base64.b64decode(frame_base64)[1:4].decode(), "device": device}

    def crash(self):
        ctypes.string_at(0)
