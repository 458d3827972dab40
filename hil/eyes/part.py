"""An observer that sees a part of the picture: what moves elsewhere is none of its business."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ..camera.frame import Frame
from ..observers.optics import Optics
from ..observers.region import BadRegion
from ..observers.sighting import Observer, Reason, Sighting


class Part:
    """Feeds an observer a rectangle of each frame, with the time of its own first row."""

    def __init__(
        self,
        name: str,
        box: tuple[float, float, float, float],
        optics: Optics,
        make: Callable[[Optics], Observer],
    ) -> None:
        """`box`: left, top, width, height, px; `make`: the observer, given the optics of a picture of that height. It is made
        with the first frame, whose height tells how long the rectangle's rows take."""
        self.name, self._box, self._optics, self._make = name, tuple(map(round, box)), optics, make
        self.reasons: list[Reason] = []
        self._inner: Observer | None = None

    def feed(self, frame: Frame) -> list[Sighting]:
        """Raises: BadRegion if the rectangle is not in the picture."""
        left, top, width, height = self._box
        whole = frame.image.shape
        if top + height > whole[0] or left + width > whole[1]:
            raise BadRegion(
                f"region of {self.name!r} reaches to ({left + width}, {top + height}), and the picture is {whole[1]} × {whole[0]}"
            )
        if self._inner is None:
            self._inner = self._make(replace(self._optics, readout=self._optics.readout * height / whole[0]))
            self.reasons = self._inner.reasons
        part = frame.image[top : top + height, left : left + width]
        return self._inner.feed(replace(frame, t=frame.t + self._optics.begin(top, whole[0]), image=part))

    def finish(self) -> list[Sighting]:
        return [] if self._inner is None else self._inner.finish()
