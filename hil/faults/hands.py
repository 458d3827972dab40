"""Faults that somebody does by hand or by an order: fire, a leaf forced or kept open, an operator's override.

Contact and fire line are played by the I/O box and read back there. What an operator orders is the device's to do, and
seen at the locks; that it took the order is asked through the access server.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..bench.connections import Connections
from ..errors import DeviceError, NotTested
from .injector import Going, Injector


class Fire(Injector):
    """The fire panel's contact closes. Its end is the panel's, and the reset of the alarm by hand."""

    def __init__(self, rig: Connections, box: int) -> None:
        """`box`: door of the I/O box whose fire line it is."""
        super().__init__(rig.clock, rig.box.resource)
        self.rig, self.box = rig, box

    def on(self, where: str | None) -> Going:
        self.rig.box.set_fire(self.box, True)
        yield 0.0

    def off(self) -> Going:
        self.rig.box.set_fire(self.box, False)
        yield 0.2  # the controller refuses a reset as long as the line says fire
        yield from self.rig.done("reset-fire")

    def is_on(self) -> Going:
        said = yield from self.rig.box.read(f"FIRE{self.box}?")
        return said == "1"


class Ajar(Injector):
    """A leaf that stands open: who plays the door has opened its contact already, and shuts it again."""

    def __init__(self, rig: Connections, boxes: dict[str, int]) -> None:
        """`boxes`: door of the I/O box by lane (`gate/0`)."""
        super().__init__(rig.clock, rig.box.resource)
        self.rig, self.boxes = rig, boxes
        self._struck: list[int] = []

    def on(self, where: str | None) -> Going:
        self._struck = [box for lane, box in self.boxes.items() if where in (None, lane, lane.split("/")[0])]
        yield 0.0

    def off(self) -> Going:
        yield 0.0

    def is_on(self) -> Going:
        found = []
        for box in self._struck:
            said = yield from self.rig.box.read(f"CONT{box}?")
            found.append(said == "OPEN")
        return found[0] if found and len(set(found)) == 1 else None


class StrikeStuck(Ajar):
    """The bolt does not move, whatever the wires say: the leaf that the rig plays does not open. That it stays shut is read."""

    def is_on(self) -> Going:
        found = yield from super().is_on()
        return None if found is None else self._holds if found is False else None

    def on(self, where: str | None) -> Going:
        yield from super().on(where)
        self._holds = True

    def off(self) -> Going:
        self._holds = False
        yield 0.0


class NoFace(Injector):
    """A camera that sees no face: the rig, which plays the reader, reports none from now on. The reader is asked on."""

    def __init__(self, rig: Connections, addresses: dict[str, int]) -> None:
        """`addresses`: by reader's id (`main-gate/in/0`)."""
        super().__init__(rig.clock, rig.readers.resource)
        self.rig, self.addresses = rig, addresses
        self._address: int | None = None

    def on(self, where: str | None) -> Going:
        if where is None or where not in self.addresses:
            raise NotTested(
                f"no reader {where!r} here, only {', '.join(self.addresses)}", resource=self.resource
            )
        self._address = self.addresses[where]
        yield 0.0

    def off(self) -> Going:
        self._address = None
        yield 0.0

    def is_on(self) -> Going:
        yield 0.0
        if self._address is None:
            return False
        return True if self.rig.readers.is_known(self._address) else None


class Overridden(Injector):
    """An operator holds the portal open or locked."""

    def __init__(self, rig: Connections, portal: str, mode: str) -> None:
        assert rig.server is not None
        super().__init__(rig.clock, rig.server.resource)
        self.rig, self.portal, self.mode = rig, portal, mode

    def on(self, where: str | None) -> Going:
        try:
            yield from self.rig.done("override", door=self.portal, mode=self.mode)
        except DeviceError as error:
            raise NotTested(f"nobody took the order: {error}", resource=self.resource) from error

    def off(self) -> Going:
        yield from self.rig.done("override", door=self.portal, mode=None)

    def is_on(self) -> Going:
        """What the device says is its order; whether it obeys is what is tested, at its locks."""
        told = yield from self.rig.done("override", door=self.portal)
        return True if told.get("mode") == self.mode else False if told.get("mode") is None else None


def by_hand(
    rig: Connections, boxes: Sequence[tuple[int, int]], addresses: dict[str, int], portal: str
) -> dict[str, Injector]:
    """By fault. `boxes`: lane and door of the I/O box of each; `addresses`: of readers, by id."""
    leaves = {f"{portal}/{lane}": box for lane, box in boxes}
    found: dict[str, Injector] = {
        "forced": Ajar(rig, leaves),
        "held-open": Ajar(rig, leaves),
        "strike-stuck": StrikeStuck(rig, leaves),
    }
    for fault in ("camera-covered", "camera-blinded", "camera-frozen"):
        found[fault] = NoFace(rig, addresses)
    if rig.server is not None:
        found["fire"] = Fire(rig, boxes[0][1])
        found["override-open"] = Overridden(rig, portal, "open")
        found["override-locked"] = Overridden(rig, portal, "locked")
    return found
