"""The part of the picture where a lamp is watched, and what a change there looks like."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import cv2
import numpy as np

from ..camera.frame import Frame
from .colour import named
from .optics import Optics
from .region import Region
from .step import FAINT, NOISE, SATURATED

CELL = 8
"""px: the region is watched in cells of this size, by their means."""
MARGIN = (12, 64)
"""Least and most px around the region that are looked at too, as wide as the region itself in between."""
AROUND = 30
"""Rows of the whole picture that are sampled for the room's light."""
CLEAR = 5.0
"""Standard uncertainties of a pixel's change, below which its sign is not known."""
SLACK = 3
"""px by which a light's middle may lie outside of the region."""
WEAK = 0.15
"""Share of the larger light below which the lesser one is no light of its own."""


class Seen(NamedTuple):
    """What is kept of a frame."""

    frame: Frame
    """Without its picture."""
    pixels: np.ndarray
    """uint8 (rows, columns, 3), of the region and its margin."""
    cells: np.ndarray
    """float32 (cells, 3): means within the region."""
    around: float
    """Mean reading of the whole picture."""


@dataclass(frozen=True, eq=False)
class Change:
    """From one steady light to another."""

    before: np.ndarray
    after: np.ndarray
    """Mean pictures, float32 (rows, columns, 3)."""
    around: float
    """Size of the change of the whole picture's mean, of 255."""
    peak: float
    """Largest change in the region and its margin, of 255, softened so that no pixel stands alone."""
    x: float
    y: float
    """px in the picture: where that is."""
    inside: bool
    """Whether that is in the region."""
    alike: float
    """0 to 1: how much of the change has one sign, in the colour that is worst of those that count."""
    margin: np.ndarray
    """bool (rows, columns): the outermost pixels."""
    changed: np.ndarray
    """bool (rows, columns): those that clearly changed."""


class View:
    """A region of pictures of one shape."""

    def __init__(self, region: Region) -> None:
        self.region = region
        self.shape: tuple[int, ...] | None = None

    def begin(self, shape: tuple[int, ...]) -> None:
        """Pictures have this shape from now on. Raises: BadRegion."""
        rows, columns = self.region.box(shape)
        size = max(rows.stop - rows.start, columns.stop - columns.start)
        margin = min(max(MARGIN[0], size), MARGIN[1])
        self._rows, self._columns = self.region.box(shape, margin)
        self._mask = self.region.mask(shape, margin)
        high, wide = self._mask.shape
        self._grid = (math.ceil(wide / CELL), math.ceil(high / CELL))
        inside = cv2.resize(self._mask.astype(np.float32), self._grid, interpolation=cv2.INTER_AREA)
        self._watched = inside > min(0.2, 0.5 * float(inside.max()))
        self._coarse = max(1, shape[0] // AROUND)
        self._near = cv2.dilate(self._mask.astype(np.uint8), np.ones((2 * SLACK + 1,) * 2, np.uint8)).astype(
            bool
        )
        self.shape = shape

    def seen(self, frame: Frame) -> Seen:
        pixels = frame.image[self._rows, self._columns].copy()
        cells = cv2.resize(pixels, self._grid, interpolation=cv2.INTER_AREA)[self._watched]
        around = frame.image[:: self._coarse, :: self._coarse]
        return Seen(replace(frame, image=EMPTY), pixels, cells.astype(np.float32), float(around.mean()))

    def begins(self, optics: Optics) -> np.ndarray:
        """s, (rows,): when each row's exposure begins after the frame's t."""
        assert self.shape is not None
        return optics.readout / self.shape[0] * np.arange(self._rows.start, self._rows.stop)

    def readout(self, optics: Optics) -> float:
        """s from the first row to the last."""
        return float(np.ptp(self.begins(optics)))

    def change(self, before: Sequence[Seen], after: Sequence[Seen]) -> Change:
        pixels = [np.array([one.pixels for one in some], np.float32) for some in (before, after)]
        old, new = (np.asarray(some.mean(0)) for some in pixels)
        spread = [
            float(some.std(0).mean()) * (len(some) / (len(some) - 1)) ** 0.5
            for some in pixels
            if len(some) > 1
        ]
        noise = (max(spread) if spread else NOISE) * (1 / len(before) + 1 / len(after)) ** 0.5
        around = abs(np.mean([one.around for one in after]) - np.mean([one.around for one in before]))
        difference = new - old
        size = cv2.GaussianBlur(np.abs(difference).max(2), (0, 0), 2.0)
        y, x = np.unravel_index(int(size.argmax()), size.shape)
        total = np.abs(difference).sum((0, 1))
        changed = np.abs(difference) >= max(FAINT, CLEAR * noise)
        clear = np.where(changed, difference, 0.0)
        sizes = np.abs(clear).sum((0, 1))
        signed = np.abs(clear.sum((0, 1))) / np.maximum(sizes, 1e-6)
        counts = sizes > 0.25 * max(float(total.max()), 1e-6)
        edge = np.ones(self._mask.shape, bool)
        edge[2:-2, 2:-2] = False
        return Change(
            old, new, float(around), float(size.max()), float(x + self._columns.start),
            float(y + self._rows.start), bool(self._near[y, x]), float(signed[counts].min()) if counts.any() else 1.0, edge,
            changed.any(2),
        )  # fmt: skip


EMPTY = np.zeros((0, 0, 3), np.uint8)


class Levels:
    """Which colour a lamp shows, by how its light differs from the darkest that was ever seen: a lamp only adds light."""

    def __init__(self, among: tuple[str, ...], lit_at_start: bool) -> None:
        self._among, self._lit_at_start = among, lit_at_start
        self._dark: np.ndarray | None = None

    def shift(self, change: Change) -> None:
        """The room's light has changed."""
        if self._dark is not None:
            self._dark = np.clip(self._dark + change.after - change.before, 0, 255)

    def colours(self, change: Change, gamma: float) -> tuple[str | None, str | None]:
        """Before and after the change; None: dark."""
        if self._dark is None:
            self._dark = change.before
            if self._lit_at_start:
                self._dark = np.broadcast_to(np.median(change.before[change.margin], 0), change.before.shape)
        self._dark = np.minimum(self._dark, np.minimum(change.before, change.after))
        glaring = (np.maximum(change.before, change.after) >= SATURATED).any(2)
        glaring = cv2.dilate(glaring.astype(np.uint8), np.ones((5, 5), np.uint8)).astype(bool)
        telling = change.changed & ~glaring
        if not telling.any():  # of what saturates not even the colour is sure, let alone two
            came = change.after.sum() > change.before.sum()
            bright, dull = (change.after, change.before) if came else (change.before, change.after)
            name = named(self._light(bright.reshape(-1, 3), dull.reshape(-1, 3), gamma), gamma, self._among)
            return (None, name) if came else (name, None)
        lights = [
            self._light(level[telling], self._dark[telling], gamma) for level in (change.before, change.after)
        ]
        least = WEAK * max(float(light.sum()) for light in lights)
        first, second = (
            named(light, gamma, self._among) if light.sum() > least else None for light in lights
        )
        return first, second

    @staticmethod
    def _light(level: np.ndarray, dark: np.ndarray, gamma: float) -> np.ndarray:
        """Linear, (3,): what was added."""
        return np.asarray(((level / 255) ** gamma - (dark / 255) ** gamma).sum(0)).clip(0.0)
