"""The annotated frame: boxes, names, numbers and keypoints drawn with OpenCV, as a JPEG file."""

from __future__ import annotations

from typing import Any, Dict, List, Tuple

import numpy as np

#: Red, green, blue; the class's number chooses, going round.
COLOURS = ((0, 200, 83), (255, 171, 0), (41, 121, 255), (213, 0, 249), (255, 61, 0), (0, 184, 212))
JPEG_QUALITY = 90


def label(detection: Dict[str, Any]) -> str:
    number = f"#{detection['tracking_id']} " if "tracking_id" in detection else ""
    return f"{number}{detection['class_name']} {detection['confidence']:.2f}"


def annotated_picture(
    frame: np.ndarray, detections: List[Dict[str, Any]], keypoints: List[Dict[str, Any]]
) -> bytes:
    """A JPEG file of the frame with everything drawn on it."""
    import cv2

    # OpenCV draws and writes BGR; the frame itself is read-only.
    picture = np.ascontiguousarray(frame[..., ::-1])
    height, width = picture.shape[:2]
    thickness = max(1, round(min(height, width) / 360))
    scale = 0.4 * thickness
    for detection in detections:
        colour = _bgr(detection["class_id"])
        x1, y1, x2, y2 = (int(np.clip(value, -width - height, 2 * (width + height))) for value in detection["xyxy"])
        cv2.rectangle(picture, (x1, y1), (x2, y2), colour, thickness)
        text = label(detection)
        (text_width, text_height), below = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, thickness)
        # Above the box, or inside it where it touches the upper edge.
        base = y1 - below if y1 - below - text_height >= 0 else y1 + text_height + below
        cv2.rectangle(picture, (x1, base - text_height - 1), (x1 + text_width, base + below), colour, -1)
        cv2.putText(picture, text, (x1, base), cv2.FONT_HERSHEY_SIMPLEX, scale, (255, 255, 255), thickness)
    for point in keypoints:
        place = (int(round(point["x"])), int(round(point["y"])))
        cv2.circle(picture, place, 3 * thickness, _bgr(point["index"]), -1)
    written, encoded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    if not written:
        raise RuntimeError("OpenCV could not encode the annotated frame as JPEG")
    return encoded.tobytes()


def _bgr(number: int) -> Tuple[int, int, int]:
    red, green, blue = COLOURS[number % len(COLOURS)]
    return blue, green, red
