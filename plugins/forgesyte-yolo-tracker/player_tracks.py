"""Which box is whose, from frame to frame: confident boxes first, weak ones for the tracks that are left.

The order of association is that of ByteTrack (Zhang et al. 2022); positions are predicted with a smoothed velocity.
Gantry's own tracker (`gantry track`) is far better on recordings; this one answers frame by frame inside a plugin.
"""

from __future__ import annotations

from typing import List, Optional

import numpy as np

#: Least overlap (IoU) of a predicted and a found box of the same player, for confident and for weak boxes.
LEAST_OVERLAP, LEAST_OVERLAP_WEAK = 0.2, 0.4
#: Frames that a player may be out of sight and keep the number.
LONGEST_ABSENCE = 30
#: Share of a new displacement in the velocity.
VELOCITY_GAIN = 0.4


class Track:
    def __init__(self, identity: int, box: np.ndarray) -> None:
        self.identity = identity
        self.box = box
        self.velocity = np.zeros(4)
        self.absent = 0

    def predict(self) -> None:
        # The middle moves on; a width that shrank while the player was being hidden must not go on shrinking.
        self.box = self.box + np.tile((self.velocity[:2] + self.velocity[2:]) / 2, 2)
        self.absent += 1

    def update(self, box: np.ndarray) -> None:
        # `box` was predicted since: what is left to explain corrects the velocity.
        self.velocity = self.velocity + VELOCITY_GAIN * (box - self.box) / self.absent
        self.box, self.absent = box, 0


class PlayerTracks:
    """The tracks of one stream."""

    def __init__(self) -> None:
        self.tracks: List[Track] = []
        self.next_identity = 1

    def followed(self, boxes: np.ndarray, confidences: np.ndarray, confident: float) -> List[Optional[int]]:
        """The tracking id of each box; None for a weak box that belongs to no track.

        - `confident`: boxes of at least this confidence may begin a track.
        """
        identities: List[Optional[int]] = [None] * len(boxes)
        for track in self.tracks:
            track.predict()
        strong = np.flatnonzero(confidences >= confident)
        weak = np.flatnonzero(confidences < confident)
        open_tracks = self._match(boxes, strong, list(self.tracks), LEAST_OVERLAP, identities)
        # A weak box is believed where a player was a moment ago, not where one was last seen a second ago.
        recent = [track for track in open_tracks if track.absent == 1]
        self._match(boxes, weak, recent, LEAST_OVERLAP_WEAK, identities)
        for index in strong:
            if identities[index] is None:
                self.tracks.append(Track(self.next_identity, boxes[index]))
                identities[index] = self.next_identity
                self.next_identity += 1
        self.tracks = [track for track in self.tracks if track.absent <= LONGEST_ABSENCE]
        return identities

    def _match(
        self,
        boxes: np.ndarray,
        candidates: np.ndarray,
        tracks: List[Track],
        least: float,
        identities: List[Optional[int]],
    ) -> List[Track]:
        """Pairs tracks and boxes, the best overlap first; gives back the tracks without a box."""
        if not tracks or not candidates.size:
            return tracks
        overlaps = overlap(np.array([track.box for track in tracks]), boxes[candidates])
        taken_tracks, taken_boxes = set(), set()
        for place in np.argsort(-overlaps, axis=None, kind="stable"):
            row, column = divmod(int(place), candidates.size)
            if overlaps[row, column] < least:
                break
            if row in taken_tracks or column in taken_boxes:
                continue
            taken_tracks.add(row)
            taken_boxes.add(column)
            tracks[row].update(boxes[candidates[column]])
            identities[candidates[column]] = tracks[row].identity
        return [track for row, track in enumerate(tracks) if row not in taken_tracks]


def overlap(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Intersection over union of every pair of boxes."""
    low = np.maximum(one[:, None, :2], other[None, :, :2])
    high = np.minimum(one[:, None, 2:], other[None, :, 2:])
    shared = np.prod(np.clip(high - low, 0, None), axis=2)
    areas = [np.prod(np.clip(boxes[:, 2:] - boxes[:, :2], 0, None), axis=1) for boxes in (one, other)]
    union = areas[0][:, None] + areas[1][None, :] - shared
    return np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)
