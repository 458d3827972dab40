"""Faults of the device's supply: cut, brown-out, restart. Seen on the rail, and at the readers, which nobody polls then."""

from __future__ import annotations

from ..bench.connections import Connections
from ..bench.instruments import SupplyLine
from .injector import Going, Injector

DEAD = 0.15
"""Share of the nominal voltage below which the rail counts as off."""


class PowerCut(Injector):
    """Off."""

    appears_as = "power-cut"
    noticed = 4.0

    def __init__(self, rig: Connections, supply: SupplyLine, battery: bool) -> None:
        """`battery`: the device goes on without the rail, so its readers go on being polled."""
        super().__init__(rig.clock, supply.resource)
        self.rig, self.supply, self.battery = rig, supply, battery
        self.mutes_line = not battery

    def on(self, where: str | None) -> Going:
        yield from self.supply.switch(False)

    def off(self) -> Going:
        yield from self.supply.set_volts(self.supply.volts)
        yield from self.supply.switch(True)

    def is_on(self) -> Going:
        volts = yield from self.supply.rail()
        if self.battery:
            return volts < DEAD * self.supply.volts
        polled = self.rig.readers.polled(self.clock.clock.stamp(self.clock.now))
        if volts < DEAD * self.supply.volts and not polled:
            return True
        return False if volts > 0.9 * self.supply.volts and polled else None


class BrownOut(PowerCut):
    """The rail sags to where nothing works."""

    VOLTS = 0.4
    """Share of the nominal voltage, unless a parameter says so."""

    def on(self, where: str | None) -> Going:
        yield from self.supply.set_volts(self.parameters.get("volts", self.VOLTS * self.supply.volts))

    def is_on(self) -> Going:
        volts = yield from self.supply.rail()
        low = volts < 0.7 * self.supply.volts
        if self.battery:
            return low
        polled = self.rig.readers.polled(self.clock.clock.stamp(self.clock.now))
        if low and not polled:
            return True
        return False if volts > 0.9 * self.supply.volts and polled else None


class Restart(PowerCut):
    """As a cut; who walks ends it at once."""
