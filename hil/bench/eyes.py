"""A watching camera in the live loop: what it sees is kept, and its clock is told by a lamp that the rig drives in its picture.

The lamp hangs on the exit output of a door of the I/O box that is no lane, whose lock sense is wired to the lamp's own wires:
so the box stamps every change of the lamp, and the camera sees it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, NamedTuple

from ..errors import BenchError
from ..eyes import lines
from ..observers.sighting import Reason, Sighting
from ..port.events import Failed, Heard
from ..realtime import BenchClockwork, News
from .box import BoxLine, LockEdge
from .readers import Outgoing

PULSES = 12
"""Of the lamp before anybody comes; one more with each who comes."""
SHORTEST, LONGEST = 0.13, 0.33
"""Seconds for which it is lit, and dark, at least and at most: several frames, and never in step with them."""
LINE = 65_536
"""Bytes of a line that never ends."""


class CameraLost(BenchError):
    """The watching camera gives no more frames."""

    advice = "look at the camera and its cable; the run's wires are not concerned"


class Seen(NamedTuple):
    """A sighting as the run learnt of it."""

    sighting: Sighting
    news: News


class Toggle(NamedTuple):
    """The lamp for the clock changed."""

    instant: int
    """ns of the host's clock."""
    u: float
    """s, standard uncertainty."""
    lit: bool


class EyesLine:
    """One watching camera. Its `heard` is the port's listener."""

    port: Outgoing

    def __init__(self, clock: BenchClockwork, resource: str, lane: int, sync: int | None) -> None:
        """`lane`: which it looks at; `sync`: door of the box whose exit output is the lamp."""
        self.clock, self.resource, self.lane, self.sync = clock, resource, lane, sync
        self.about: dict[str, Any] = {}
        self.seen: list[Seen] = []
        self.reasons: list[Reason] = []
        self.toggles: list[Toggle] = []
        self.frames = self.missing = 0
        self.least: float | None = None
        """s from the beginning of a frame to its arrival, at least."""
        self.lost: CameraLost | None = None
        self._rest = b""

    @property
    def ready(self) -> bool:
        return bool(self.about) or self.lost is not None

    def heard(self, news: News) -> None:
        """News of the port. That the camera has gone does not end the run: it is a witness, not the door."""
        event = news.event
        if isinstance(event, Heard):
            *whole, self._rest = (self._rest + event.data).split(b"\n")
            self._rest = self._rest[-LINE:]
            for raw in whole:
                self._line(raw.decode("ascii", "replace"), news)
        elif isinstance(event, Failed):
            self.lost = self.lost or CameraLost(str(event.exception()), resource=self.resource)

    def toggled(self, box: BoxLine, edge: LockEdge) -> None:
        """The box saw the lamp change."""
        instant, bound = box.host_time(edge)
        self.toggles.append(Toggle(instant, max(bound, 100_000) / 3**0.5 / 1e9, bool(edge.level)))

    def begin(self, box: BoxLine, random: Callable[[int], bytes]) -> Generator[Any, Any, None]:
        """Light the lamp so often that the camera's clock is known."""
        for _ in range(PULSES if self.sync is not None and self.lost is None else 0):
            lit, dark = (SHORTEST + (LONGEST - SHORTEST) * byte / 255 for byte in random(2))
            box.pulse(self.sync, lit)  # type: ignore[arg-type]
            yield lit + dark

    def blink(self, box: BoxLine, random: Callable[[int], bytes]) -> None:
        """Once, unless it is lit: the clock is followed."""
        if self.sync is not None and self.lost is None and not (self.toggles and self.toggles[-1].lit):
            box.pulse(self.sync, SHORTEST + (LONGEST - SHORTEST) * random(1)[0] / 255)

    def _line(self, text: str, news: News) -> None:
        try:
            word, told = lines.read(text)
            if word == "SAW":
                self.seen.append(Seen(lines.sighting(told), news))
            elif word == "WHY":
                self.reasons.append(lines.reason(told))
            elif word == "EYES":
                self.about = dict(told)
            elif word == "PACE":
                self.frames, self.missing = int(told["frames"]), int(told["missing"])
                self.least = None if told["least"] is None else float(told["least"])
            else:
                self.lost = CameraLost(str(told["message"]), resource=self.resource)
        except (ValueError, KeyError, TypeError) as error:
            self.lost = CameraLost(f"says what it should not: {error}", resource=self.resource)
