"""motion: what moved between one frame of a stream and the next."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, Dict

import numpy as np
from gantry_plugin import Frame, to_gray
from gantry_plugin.regions import Regions, run_lengths

#: Streams whose last picture is kept; the one unused for longest is forgotten first.
MOST_STREAMS = 64


class Plugin:
    def __init__(self) -> None:
        self.previous: "OrderedDict[str, Any]" = OrderedDict()

    def validate(self) -> bool:
        """A square that appears must be found."""
        picture = np.zeros((32, 32, 3), np.uint8)
        self.detect(picture, stream="validate")
        picture[8:16, 8:16] = 255
        found = self.detect(picture, stream="validate", blur=0, minimum_area=1)
        self.forget("validate")
        return [box["xyxy"] for box in found["boxes"]] == [[8, 8, 16, 16]]

    def detect(
        self,
        frame: Frame,
        stream: str = "default",
        threshold: int = 25,
        minimum_area: int = 100,
        blur: int = 2,
        mask: bool = False,
    ) -> Dict[str, Any]:
        """Compares the picture with the one before it in the same stream and gives boxes around what changed."""
        _check_whole("threshold", threshold, 1, 254)
        _check_whole("minimum_area", minimum_area, 1, 1 << 40)
        _check_whole("blur", blur, 0, 50)
        gray = to_gray(frame)
        before = self.previous.pop(stream, None)
        # Kept unblurred: the next call may ask for another radius.
        self.previous[stream] = gray
        while len(self.previous) > MOST_STREAMS:
            self.previous.popitem(last=False)
        if before is None or before.shape != gray.shape:
            return _result(Regions(np.zeros(gray.shape, bool)), 1, compared=False, mask=mask)
        # The difference of the blurred pictures is the blurred difference; compared as sums, nothing is divided.
        difference = box_sums(gray.astype(np.int32) - before, blur)
        limit = threshold * (2 * blur + 1) ** 2
        return _result(Regions((difference > limit) | (difference < -limit)), minimum_area, compared=True, mask=mask)

    def forget(self, stream: str = "default") -> Dict[str, bool]:
        """Forgets a stream's previous picture, so that its next one starts afresh."""
        return {"forgotten": self.previous.pop(stream, None) is not None}


def box_sums(values: np.ndarray, radius: int) -> np.ndarray:
    """The sum over a square of 2 * radius + 1 pixels around each pixel, edge pixels repeated beyond the edges."""
    if radius == 0:
        return values
    size = 2 * radius + 1
    sums = np.pad(values, radius, mode="edge")
    # Differences of running sums: the same work for every radius.
    np.cumsum(sums, axis=1, out=sums)
    sums = np.concatenate((sums[:, size - 1 : size], sums[:, size:] - sums[:, :-size]), axis=1)
    np.cumsum(sums, axis=0, out=sums)
    return np.concatenate((sums[size - 1 : size], sums[size:] - sums[:-size]))


def _result(regions: Regions, minimum_area: int, compared: bool, mask: bool) -> Dict[str, Any]:
    kept = regions.of_at_least(minimum_area)
    result: Dict[str, Any] = {
        "moving": bool(kept.areas.size),
        "area_share": int(kept.areas.sum()) / regions.mask.size,
        "boxes": [{"xyxy": box, "area": area} for box, area in zip(kept.boxes.tolist(), kept.areas.tolist())],
        "compared": compared,
    }
    if mask:
        result["mask"] = run_lengths(regions.mask_of(kept))
    return result


def _check_whole(name: str, value: Any, lowest: int, highest: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= highest:
        raise ValueError(f"{name} is a whole number from {lowest} to {highest}, not {value!r}")
