"""{{name}}: a Gantry plugin. Public methods of `Plugin` are its tools."""

import numpy as np


class Plugin:
    def __init__(self):
        # Load models here. Raise RuntimeError when the plugin cannot work: it is listed as FAILED, with your message.
        self.frames_seen = 0

    def validate(self):
        """Called once after loading: try out what the tools need. False, or raising, means FAILED."""
        works = self.brightness(np.zeros((2, 2, 3), np.uint8))["mean"] == 0
        self.frames_seen = 0
        return works

    def brightness(self, frame, threshold: int = 128):
        """How bright the picture is, and the box around what is brighter than the threshold (0 to 255)."""
        # frame: height x width x 3, uint8, RGB, read-only, and only yours during the call: frame.copy() to keep it.
        if not 0 <= threshold <= 255:
            raise ValueError(f"threshold is 0 to 255, not {threshold}")
        self.frames_seen += 1
        gray = frame.mean(axis=2)
        rows, columns = np.nonzero(gray > threshold)
        box = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1] if rows.size else None
        return {"mean": gray.mean(), "bright_box": box, "frames_seen": self.frames_seen}
