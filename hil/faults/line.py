"""Faults of the readers' line, done by the tap that it runs through. Seen by what the tap counts, and at the readers."""

from __future__ import annotations

from ..bench.connections import Connections
from ..bench.instruments import Counts, TapLine
from .injector import Going, Injector
from .readers import OFFLINE

IN_TURN = 1.5
"""Seconds beyond it until a panel has given up every reader of a line: it waits for each of them in vain, one by one."""


class _Line(Injector):
    disturbs = True

    def __init__(self, rig: Connections, tap: TapLine) -> None:
        super().__init__(rig.clock, tap.resource)
        self.rig, self.tap = rig, tap
        self._before = Counts(0, 0, 0, 0)

    def off(self) -> Going:
        yield from self.tap.restore()

    def _since(self) -> Going:
        now = yield from self.tap.counts()
        return Counts(*(a - b for a, b in zip(now, self._before, strict=True)))

    def on(self, where: str | None) -> Going:
        self._before = yield from self.tap.counts()
        yield from self.disturb()

    def disturb(self) -> Going:
        """Order it."""
        raise NotImplementedError


class LineCut(_Line):
    """Nothing comes through: all readers of the line are gone."""

    appears_as = "reader-unplugged"
    noticed = OFFLINE + 2.0
    disturbs = False
    LONGEST = 3600.0

    def disturb(self) -> Going:
        yield from self.tap.order(f"TAP:CUT {self.LONGEST:g}")
        yield OFFLINE + IN_TURN

    def is_on(self) -> Going:
        _, _, left, _ = yield from self.tap.state()
        dropped = (yield from self._since()).dropped
        polled = self.rig.readers.polled(self.clock.clock.stamp(self.clock.now))
        if left > 0 and dropped > 0 and not polled:
            return True
        return False if left == 0 and polled else None


class LineShort(LineCut):
    """The wires touch: to both ends as if it were cut."""


class LineBitErrors(_Line):
    """Single bits flip now and then."""

    noticed = 3.0
    SHARE = 0.002

    def disturb(self) -> Going:
        yield from self.tap.order(f"TAP:FLIP {self.parameters.get('share', self.SHARE):g}")

    def is_on(self) -> Going:
        _, share, _, _ = yield from self.tap.state()
        flipped = (yield from self._since()).flipped
        if share > 0:
            return True if flipped else None
        self._before = yield from self.tap.counts()
        return False


class LineNoise(LineBitErrors):
    """So many bits flip that some answers have to be asked for again."""

    SHARE = 0.01


class LineDelay(_Line):
    """Each byte comes later, but within the time that a reply may take."""

    noticed = 1.0
    DELAY = 0.02

    def disturb(self) -> Going:
        yield from self.tap.order(f"TAP:DEL {self.parameters.get('delay', self.DELAY):g}")

    def is_on(self) -> Going:
        delay, *_ = yield from self.tap.state()
        polled = self.rig.readers.polled(self.clock.clock.stamp(self.clock.now))
        return delay > 0 if polled else None
