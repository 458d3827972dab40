"""Faults of the uplink: cut, silent, slow. Seen at the switch, and by the access server."""

from __future__ import annotations

from ..bench.connections import Connections
from ..bench.instruments import SwitchLine
from ..errors import DeviceError
from .injector import Going, Injector


class _Uplink(Injector):
    def __init__(self, rig: Connections, switch: SwitchLine) -> None:
        super().__init__(rig.clock, switch.resource)
        self.rig, self.switch = rig, switch

    def off(self) -> Going:
        yield from self.switch.connect(True)
        yield from self.switch.delay(0.0)

    def connected(self) -> Going:
        """Does the server say that its controller is connected? None without a server."""
        if self.rig.server is None:
            return None
        try:
            told = yield from self.rig.done("uplink")
        except DeviceError:
            return None
        return bool(told.get("connected"))


class NetworkDown(_Uplink):
    """A link that both sides see go down."""

    appears_as = "network-down"
    noticed = 2.0
    silent = False

    def on(self, where: str | None) -> Going:
        yield from self.switch.connect(False, silent=self.silent)

    def is_on(self) -> Going:
        up, _ = yield from self.switch.state()
        seen = yield from self.connected()
        if seen is None:
            return not up
        return True if not up and not seen else False if up and seen else None


class NetworkPartitioned(NetworkDown):
    """Nothing comes through, and nobody is told: both sides notice by silence."""

    silent = True

    def __init__(self, rig: Connections, switch: SwitchLine, silence: float) -> None:
        """`silence`: seconds after which controller and server count the line as cut."""
        super().__init__(rig, switch)
        self.noticed = silence + 2.0

    def on(self, where: str | None) -> Going:
        yield from super().on(where)
        # The server notices first or the controller does: both have the same patience, and the policy holds from then on.
        yield self.noticed - 2.0


class NetworkSlow(_Uplink):
    """Each byte comes later."""

    noticed = 1.0
    DELAY = 0.3
    """Seconds each way, unless a parameter says so."""

    def on(self, where: str | None) -> Going:
        yield from self.switch.delay(self.parameters.get("delay", self.DELAY))

    def is_on(self) -> Going:
        _, delay = yield from self.switch.state()
        asked = self.clock.now
        yield from self.connected()
        if self.rig.server is not None:
            before = self.clock.now
            try:
                yield from self.rig.done("clock")
            except DeviceError:
                return None
            took = self.clock.now - before
        else:
            took = asked - asked + 2 * delay
        slow = delay > 0 and took >= delay
        return slow if slow or (delay == 0 and took < self.DELAY) else None
