"""Faults of one reader, which the rig plays itself. Seen by what the panel asks it, and by what the device logs."""

from __future__ import annotations

from ..bench.connections import Connections
from ..errors import NotTested
from ..osdp.errors import QueueFull
from .injector import Going, Injector

OFFLINE = 8.0
"""Seconds of silence after which an OSDP reader counts as off-line (IEC 60839-11-5)."""
SERIAL = 4711
"""Of the reader that comes in another's place."""


class _Reader(Injector):
    def __init__(self, rig: Connections, addresses: dict[str, int]) -> None:
        """`addresses`: by reader's id (`main-gate/in/0`)."""
        super().__init__(rig.clock, rig.readers.resource)
        self.rig, self.addresses = rig, addresses
        self.address = -1

    def _choose(self, where: str | None) -> None:
        if where is None or where not in self.addresses:
            known = ", ".join(self.addresses)
            raise NotTested(f"no reader {where!r} here, only {known}", resource=self.resource)
        self.address = self.addresses[where]


class ReaderUnplugged(_Reader):
    """It answers nothing any more."""

    appears_as = "reader-unplugged"
    noticed = OFFLINE + 2.0
    disturbs = True
    """The panel asks it in vain now and then, and the others on the line wait meanwhile."""

    def on(self, where: str | None) -> Going:
        self._choose(where)
        self.rig.readers.unplug(self.address, True)
        # That the panel has given it up cannot be seen on the line: it goes on asking, now and then.
        yield OFFLINE + 0.5

    def off(self) -> Going:
        self.rig.readers.unplug(self.address, False)
        yield 0.0

    def is_on(self) -> Going:
        yield 0.0
        return not self.rig.readers.is_known(self.address)


class ReaderReplaced(_Reader):
    """Another of the same make is plugged in where it was, without a key of the secure channel."""

    noticed = OFFLINE + 2.0
    begins_as: str | None = "reader-unplugged"

    def __init__(self, rig: Connections, addresses: dict[str, int]) -> None:
        super().__init__(rig, addresses)
        if rig.readers.secured:
            self.disturbs, self.begins_as = True, None
            self.appears_as = "reader-unplugged"  # without the key it is none that a controller may trust

    def on(self, where: str | None) -> Going:
        self._choose(where)
        self.rig.readers.unplug(self.address, True)
        yield OFFLINE + 0.5
        self.rig.readers.replace(self.address, SERIAL)
        self.rig.readers.unplug(self.address, False)

    def off(self) -> Going:
        self.rig.readers.replace(self.address, 0)
        self.rig.readers.unplug(self.address, False)  # swapped back within a moment
        yield 0.2

    def is_on(self) -> Going:
        yield 0.0
        known = self.rig.readers.is_known(self.address)
        return (self.rig.readers.serial(self.address) == SERIAL) if known else None


class ReaderTampered(_Reader):
    """Somebody opens its housing."""

    appears_as = "reader-tampered"
    noticed = 1.0

    def on(self, where: str | None) -> Going:
        self._choose(where)
        yield from self._say(True)

    def off(self) -> Going:
        yield from self._say(False)

    def _say(self, tampered: bool) -> Going:
        try:
            self.rig.readers.tamper(self.address, tampered)
        except QueueFull:
            raise NotTested("nobody polls the reader that should report it", resource=self.resource) from None
        self._wanted = tampered
        yield 0.2

    def is_on(self) -> Going:
        yield 0.0
        return self._wanted if not self.rig.readers.owes(self.address) else None
