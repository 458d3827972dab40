"""Faults of the device's own clock, list and log, done through its access server. Seen by what the device says then."""

from __future__ import annotations

from ..bench.connections import CLOCK_TOLERANCE, Connections
from ..bench.instruments import SwitchLine
from ..errors import DeviceError, NotTested
from .injector import Going, Injector
from .network import NetworkDown


class ClockJump(Injector):
    """The device's clock shows another time."""

    skews_clock = True
    JUMP = 3600.0
    """Seconds ahead, unless a parameter says so."""

    def __init__(self, rig: Connections) -> None:
        assert rig.server is not None
        super().__init__(rig.clock, rig.server.resource)
        self.rig = rig

    @property
    def jump(self) -> float:
        """By how much, s."""
        return self.parameters.get("by", self.JUMP)

    def on(self, where: str | None) -> Going:
        yield from self.rig.done("set-clock", unix=self.rig.unix(self.clock.now + self.jump))

    def off(self) -> Going:
        yield from self.rig.done("set-clock", unix=self.rig.unix(self.clock.now))

    def is_on(self) -> Going:
        told = yield from self.rig.done("clock")
        beside = told["unix"] - self.rig.unix(self.clock.now)
        if abs(beside) <= CLOCK_TOLERANCE:
            return False
        return abs(beside - round(self.jump * 1e9)) <= 2 * CLOCK_TOLERANCE or None


class ClockDrift(Injector):
    """The device's clock runs fast. What the device says its rate is; a clock that is set meanwhile drifts on from there."""

    skews_clock = True
    RATE = 30.0
    """Seconds a day, unless a parameter says so."""

    def __init__(self, rig: Connections) -> None:
        assert rig.server is not None
        super().__init__(rig.clock, rig.server.resource)
        self.rig = rig

    def on(self, where: str | None) -> Going:
        yield from self.rig.done("clock", rate=self.parameters.get("rate", self.RATE))

    def off(self) -> Going:
        yield from self.rig.done("clock", rate=0.0)

    def is_on(self) -> Going:
        rate = (yield from self.rig.done("clock")).get("rate")
        if not isinstance(rate, (int, float)):
            return None
        wanted = self.parameters.get("rate", self.RATE)
        return True if abs(rate - wanted) < 1e-6 * abs(wanted) else False if rate == 0 else None


class BufferFull(NetworkDown):
    """The line is down for longer than its log has room."""

    loses_events = True

    def __init__(self, rig: Connections, switch: SwitchLine) -> None:
        super().__init__(rig, switch)


class StoreFull(Injector):
    """So many on the list that no more fit."""

    def __init__(self, rig: Connections, resource: str) -> None:
        super().__init__(rig.clock, resource)
        self.rig = rig

    def on(self, where: str | None) -> Going:
        try:
            yield from self.rig.done("store", state="full")
        except DeviceError as error:
            raise NotTested(
                f"the access server cannot fill its store: {error}", resource=self.resource
            ) from error

    def off(self) -> Going:
        yield from self.rig.done("store", state="sound")

    def is_on(self) -> Going:
        told = yield from self.rig.done("store")
        return told.get("state") == "full"


class StoreCorrupt(StoreFull):
    """The list does not stand the device's own check any more."""

    appears_as = "store-corrupt"

    def on(self, where: str | None) -> Going:
        try:
            yield from self.rig.done("store", state="corrupt")
        except DeviceError as error:
            raise NotTested(
                f"the access server cannot spoil its store: {error}", resource=self.resource
            ) from error

    def is_on(self) -> Going:
        told = yield from self.rig.done("store")
        return told.get("state") == "corrupt"
