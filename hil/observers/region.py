"""Parts of the picture, by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np

from ..errors import BenchError


class BadRegion(BenchError, ValueError):
    """A region that no picture has, or not this one."""

    advice = (
        "give corners in pixels of the camera's picture, x to the right and y down, from its top left corner"
    )


@dataclass(frozen=True)
class Region:
    """A polygon in pixels of the picture, x to the right and y down; a pixel's centre has whole numbers.

    Raises: BadRegion for fewer than three corners, or no area.
    """

    name: str
    corners: tuple[tuple[float, float], ...]

    def __post_init__(self) -> None:
        points = np.asarray(self.corners, np.float32)
        if points.ndim != 2 or points.shape[0] < 3 or points.shape[1] != 2 or not np.isfinite(points).all():
            raise BadRegion(
                f"region {self.name!r} has corners {self.corners!r}: it takes three (x, y) or more"
            )
        if cv2.contourArea(points) < 1.0:
            raise BadRegion(f"region {self.name!r} with corners {self.corners!r} covers less than a pixel")

    @classmethod
    def rectangle(cls, name: str, x: float, y: float, width: float, height: float) -> Self:
        """By its top left corner and its size, px."""
        if not (width >= 1 and height >= 1):
            raise BadRegion(f"region {name!r} is {width:g} × {height:g} px: it takes at least one each way")
        right, bottom = x + width - 1, y + height - 1
        if width < 2 or height < 2:  # a line of pixels has no area as a polygon
            right, bottom = max(right, x + 1), max(bottom, y + 1)
        return cls(name, ((x, y), (right, y), (right, bottom), (x, bottom)))

    def box(self, shape: tuple[int, ...], margin: int = 0) -> tuple[slice, slice]:
        """Rows and columns around it in a picture of that shape, `margin` px wider on each side where the picture has them.

        Raises: BadRegion if a corner lies outside of the picture.
        """
        height, width = shape[:2]
        points = np.asarray(self.corners, float)
        (left, top), (right, bottom) = np.floor(points.min(0)), np.ceil(points.max(0))
        if left < 0 or top < 0 or right > width - 1 or bottom > height - 1:
            raise BadRegion(
                f"region {self.name!r} reaches from ({left:.0f}, {top:.0f}) to ({right:.0f}, {bottom:.0f}), and the picture"
                f" is {width} × {height}"
            )
        rows = slice(max(0, int(top) - margin), min(height, int(bottom) + 1 + margin))
        return rows, slice(max(0, int(left) - margin), min(width, int(right) + 1 + margin))

    def mask(self, shape: tuple[int, ...], margin: int = 0) -> np.ndarray:
        """True inside; bool of the shape of `box(shape, margin)`. Raises: BadRegion as `box`."""
        rows, columns = self.box(shape, margin)
        drawn = np.zeros((rows.stop - rows.start, columns.stop - columns.start), np.uint8)
        points = np.rint(np.asarray(self.corners, float) - (columns.start, rows.start)).astype(np.int32)
        cv2.fillPoly(drawn, [points], 1)
        return drawn.astype(bool)
