"""forgesyte-yolo-tracker: players, ball and pitch of a football picture, found by YOLO models and followed over frames.

The model side (torch, ultralytics) is yolo.py; what is done with what a model found is video_tracker.py.
"""

from __future__ import annotations

import os

from video_tracker import VideoTracker
from yolo import load_models


class Plugin(VideoTracker):
    def __init__(self) -> None:
        # RuntimeError with the texts of the plugin contract when GPU or weights are missing: UNAVAILABLE.
        super().__init__(load_models(os.path.dirname(os.path.abspath(__file__)), os.environ))
