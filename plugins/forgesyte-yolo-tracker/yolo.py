"""The models: ultralytics' YOLO on torch. Nothing of either is imported before the plugin is constructed."""

from __future__ import annotations

import os
import re
from typing import Any, Dict, Mapping, NamedTuple, Optional

import numpy as np

WEIGHTS = {
    "player": "models/football-player-detection-v3.pt",
    "ball": "models/football-ball-detection-v2.pt",
    "pitch": "models/football-pitch-detection-v1.pt",
}
CLASS_NAMES = {
    "player": {0: "player", 1: "goalkeeper", 2: "referee"},
    "ball": {0: "ball"},
    "pitch": {0: "pitch"},
}
IMAGE_SIZE = 1280
OVERLAP_THRESHOLD = 0.45

NO_GPU = "CUDA GPU not available. Check torch.cuda.is_available() or nvidia-smi."
_ENVIRONMENT = "YOLO_TRACKER_"


class Found(NamedTuple):
    """What a model found: n boxes (x1, y1, x2, y2 in pixels), confidences, classes, perhaps keypoints (n x k x 3)."""

    boxes: np.ndarray
    confidences: np.ndarray
    class_ids: np.ndarray
    keypoints: Optional[np.ndarray] = None


class YoloModel:
    """One set of weights."""

    def __init__(self, network: Any, class_names: Mapping[int, str], image_size: int, device: Optional[str]) -> None:
        self.class_names = dict(class_names)
        self._network = network
        self._image_size = image_size
        self._device = device

    def find(self, picture: np.ndarray, confidence: float, device: str, image_size: Optional[int] = None) -> Found:
        """Runs on an RGB picture."""
        results = self._network.predict(
            source=np.ascontiguousarray(picture[..., ::-1]),  # ultralytics takes arrays as OpenCV has them, BGR
            imgsz=image_size or self._image_size,
            conf=confidence,
            iou=OVERLAP_THRESHOLD,
            device=self.device_for(device),
            verbose=False,
        )
        boxes, keypoints = results[0].boxes, getattr(results[0], "keypoints", None)
        if boxes is None or len(boxes) == 0:
            return Found(np.zeros((0, 4)), np.zeros(0), np.zeros(0, int))
        return Found(
            _array(boxes.xyxy), _array(boxes.conf), _array(boxes.cls).astype(int),
            None if keypoints is None or keypoints.data is None else _array(keypoints.data))

    def device_for(self, device: str) -> str:
        """The device of a call. One set in the manifest's environment stands in for the tools' default, cuda."""
        if not isinstance(device, str) or not re.fullmatch(r"cpu|cuda(:\d{1,3})?", device):
            raise ValueError(f"device is cuda, cuda:N or cpu, not {device!r}")
        return self._device if self._device and device == "cuda" else device


def load_models(directory: str, environment: Mapping[str, str]) -> Dict[str, YoloModel]:
    """The three models; RuntimeError when there is no GPU for them or a file is missing or damaged.

    Three variables, set by `environment` of the manifest, change what is loaded: YOLO_TRACKER_WEIGHTS (one file
    for all three, with class names of its own), YOLO_TRACKER_DEVICE (cpu, where there is no GPU) and
    YOLO_TRACKER_IMAGE_SIZE.
    """
    override = environment.get(_ENVIRONMENT + "WEIGHTS")
    device = environment.get(_ENVIRONMENT + "DEVICE")
    image_size = int(environment.get(_ENVIRONMENT + "IMAGE_SIZE", IMAGE_SIZE))
    files = {key: override or file for key, file in WEIGHTS.items()}
    # No network, no package installed behind our back, nothing reported; before the import that reads them.
    for name, value in (("YOLO_OFFLINE", "true"), ("YOLO_AUTOINSTALL", "false"), ("YOLO_VERBOSE", "false")):
        os.environ.setdefault(name, value)
    os.environ.setdefault("YOLO_CONFIG_DIR", environment.get("TMPDIR", "/tmp"))

    import torch

    if device != "cpu" and not torch.cuda.is_available():
        raise RuntimeError(NO_GPU)
    for file in files.values():
        check_weights(directory, file)

    from ultralytics import YOLO

    networks: Dict[str, Any] = {}
    models = {}
    for key, file in files.items():
        try:
            if file not in networks:
                networks[file] = YOLO(os.path.join(directory, file))
            names = networks[file].names if override else CLASS_NAMES[key]
        except Exception as error:
            raise RuntimeError(_damaged(file)) from error  # what torch said is in the traceback
        models[key] = YoloModel(networks[file], names, image_size, device)
    return models


def check_weights(directory: str, file: str) -> None:
    """A file of torch is a zip archive; anything else is half a download or an error page."""
    try:
        with open(os.path.join(directory, file), "rb") as opened:
            start = opened.read(16)
    except FileNotFoundError:
        raise RuntimeError(f"Model file not found: {file}. Download it and place it there.") from None
    if len(start) < 16 or not start.startswith(b"PK\x03\x04"):
        raise RuntimeError(_damaged(file))


def _damaged(file: str) -> str:
    return f"Model file truncated or corrupted: {file}. Re-download."


def _array(tensor: Any) -> np.ndarray:
    return tensor.detach().cpu().numpy()
