"""Which part of a picture is filled solid before it is stored, so that no face is in it.

People are filled whole, not their faces: whatever differs from the empty scene, with a margin, as docs/decisions/0020 says. A head
is inside the silhouette whichever way it looks, and a mask, a hat or a bad angle hides no face from this, as it would from a
detector of faces.
"""

from __future__ import annotations

from typing import Protocol

import cv2
import numpy as np

from ..errors import BenchError
from ..observers.empty import Empty
from ..observers.silhouettes import Silhouette, silhouettes
from .frame import Frame

MARGIN = 0.03
"""Of the picture's longer side: what is filled around whatever differs."""
AROUND = 0.08
"""Of the picture's longer side: so near to what differs clearly, the slightest difference is filled too."""
STILL = 2.0
"""s: what has not moved for so long is asked whether it is a hole in the empty picture."""
SMALLEST = 0.002
"""Share of the picture that a hole covers at least to be asked about."""


class NotEmpty(BenchError, ValueError):
    """Somebody stood in the picture of the empty scene, so they are in all that was stored until they left."""

    advice = "take a new picture of the empty scene, with nobody in it"


class Fill(Protocol):
    """Says what to fill."""

    how: str
    """For the manifest: what is filled."""

    def mask(self, frame: Frame) -> np.ndarray:
        """bool, of the picture's size: True where it is filled. Called with each frame, in order. Whatever it raises ends the
        recording, and the frame is not stored."""
        ...


class PeopleFill:
    """Fills all that differs from the empty scene: given as a picture, or learned from the first `learn` s without motion. Until
    it is learned, and while light or camera no longer fit, the whole picture is filled.

    Raises: BadReference, NotEmpty (from `mask`).
    """

    how = "whatever differs from the empty scene is filled solid, with a margin"

    def __init__(self, empty: np.ndarray | None = None, learn: float = 5.0) -> None:
        self._empty = Empty(SMALLEST, learn, empty, drift=float("inf"))
        self._still: list[Silhouette] = []
        self._asked = float("-inf")

    def mask(self, frame: Frame) -> np.ndarray:
        """See Fill."""
        foreground = self._empty.feed(frame)
        height, width = frame.image.shape[:2]
        if foreground is None:
            return np.ones((height, width), bool)
        self._look_for_holes(frame, foreground)
        # A camera's exposure and compression change all of the picture a little. Where nothing differs clearly that is no one.
        near = cv2.dilate(foreground, _disc(round(AROUND * max(foreground.shape))))
        small = cv2.bitwise_or(foreground, cv2.bitwise_and(near, self._empty.anything(frame)))
        reach = max(2, round(MARGIN * max(small.shape)))
        # What lies closer together than a head is wide belongs together: eyes and mouth may differ where skin does not.
        joined = cv2.dilate(small, _disc(reach))
        outlines, _ = cv2.findContours(joined, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        filled = np.zeros(small.shape, np.uint8)
        for outline in outlines:
            cv2.fillConvexPoly(filled, cv2.convexHull(outline), 1)
        return cv2.resize(filled, (width, height), interpolation=cv2.INTER_NEAREST).astype(bool)

    def _look_for_holes(self, frame: Frame, foreground: np.ndarray) -> None:
        if frame.t - self._asked < STILL:
            return
        before, self._asked = self._still, frame.t
        self._still = silhouettes(foreground, self._empty.least)
        for one in self._still:
            same = any(
                abs(one.x - had.x) < 2 and abs(one.y - had.y) < 2 and 0.9 < one.area / had.area < 1.1
                for had in before
            )
            if same and self._empty.left_a_hole(one.outline, frame):
                scale = self._empty.scale
                raise NotEmpty(
                    f"somebody seems to have stood at ({one.x / scale:.0f}, {one.y / scale:.0f}) in the empty picture"
                )


def _disc(radius: int) -> np.ndarray:
    disc: np.ndarray = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    return disc
