"""A slot of a rig as the bench run needs it: a line each for readers, I/O box and access server, which it holds itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ...scenarios.errors import InputError
from ..bench.wired import Feed, WiredLane, Wiring
from ..eyes.options import EyesOptions
from .ours import reader_key
from .schema import Binding, Rig, Slot, SlotLane
from .twins import ControllerOptions


def beside(slot: Slot) -> set[str]:
    """Drivers of a slot that are opened beside a bench run, which does without them: power and network."""
    return {name for name in (slot.power, slot.network) if name is not None}


def wiring(rig: Rig, running: Rig, slot: Slot, *, faults: bool = False) -> Wiring:
    """`rig`: as the file has it; `running`: with the addresses of its twins (`opening.opened`); `faults`: with the lines of
    what does faults, too, which nobody else may then hold.

    Raises: InputError, with what the slot lacks for a bench run.
    """
    bound = _Bound(rig, slot)
    if not slot.lanes:
        raise bound.lacks("lanes")
    lanes = [bound.lane(number, lane) for number, lane in enumerate(slot.lanes)]
    server = None if slot.server is None else bound.driver("access-server", "server", slot.server)
    lines = [bound.readers, bound.box, *([] if server is None else [str(server.resource)])]
    found = Wiring(
        rig.id,
        running.line(bound.readers),
        running.line(bound.box),
        None if server is None else running.line(lines[2]),
        tuple(lanes),
        all(rig.is_emulated(name) for name in lines),
        bound.key,
        rig.actuations,
    )
    return _with_faults(found, bound, running, slot) if faults else found


def watched(rig: Rig, running: Rig, slot: Slot) -> list[tuple[int, str, str, EyesOptions]]:
    """(number of the lane, resource, address, options) of each camera that watches a lane. `rig`, `running`: as of `wiring`.

    Raises: InputError for two lanes of one camera, or a lamp for its clock at a door of a lane.
    """
    bound, found = _Bound(rig, slot), list[tuple[int, str, str, EyesOptions]]()
    doors = {str(rig.drivers[lane.lock].channel) for lane in slot.lanes if lane.lock is not None}
    for number, lane in enumerate(slot.lanes):
        if lane.observer is None or rig.drivers[lane.observer].driver != "camera":
            continue  # other observers are asked by tests; a run has its own readers
        driver = rig.drivers[lane.observer]
        options = driver.options
        assert isinstance(options, EyesOptions)
        if any(driver.resource == one[1] for one in found):
            raise bound.lacks(f"a camera of its own for lane {number} ({lane.observer} watches another)")
        if options.sync is not None and str(options.sync.door) in doors:
            raise bound.lacks(
                f"sync.door of {lane.observer} to be no lane's door of the box (door {options.sync.door} is)"
            )
        found.append((number, str(driver.resource), running.camera(str(driver.resource)).text, options))
    return found


def _with_faults(found: Wiring, bound: _Bound, running: Rig, slot: Slot) -> Wiring:
    """With supply, switch and tap, as far as the slot names them by drivers whose words are known here."""
    supply = network = tap = None
    if slot.power is not None:
        power = bound.driver("power-supply", "power", slot.power)
        options: Any = power.options
        supply = Feed(
            running.line(str(power.resource)), options.channel, options.volts, options.amps, options.safe
        )
    if slot.network is not None:
        network = running.line(str(bound.driver("network-switch", "network", slot.network).resource))
    if slot.tap is not None:
        tap = running.line(str(bound.driver("line-tap", "tap", slot.tap).resource))
    silences = [
        one.silence for one in bound.rig.twins.values() if isinstance(one, ControllerOptions) and one.silence
    ]
    silence = min(silences, default=found.silence)
    return replace(found, supply=supply, network=network, tap=tap, silence=silence)


class _Bound:
    """What the slot binds, each resource once."""

    def __init__(self, rig: Rig, slot: Slot) -> None:
        self.rig, self.slot = rig, slot
        self.readers = self.box = ""
        self.key: bytes | None = None

    def lacks(self, what: str) -> InputError:
        return InputError(f"rig {self.rig.id}, slot {self.slot.id}: a bench run needs {what}")

    def driver(self, kind: str, where: str, name: str) -> Binding:
        found = self.rig.drivers[name]
        if found.driver != kind:
            raise self.lacks(f"the driver {kind} as {where} ({name} is {found.driver})")
        return found

    def lane(self, number: int, lane: SlotLane) -> WiredLane:
        if not lane.presenter:
            raise self.lacks(f"a presenter in lane {number}")
        addresses = {}
        for way, name in lane.presenter.items():
            reader = self.driver("osdp-reader", f"presenter of lane {number}", name)
            key = reader_key(reader.options)
            if self.readers and (str(reader.resource), key) != (self.readers, self.key):
                raise self.lacks(f"all readers on one line with one key ({name} has another)")
            self.readers, self.key = str(reader.resource), key
            addresses[str(way)] = int(reader.options.address)  # type: ignore[attr-defined]
        box = self.driver("io-box", f"lock of lane {number}", lane.lock or self._missing("a lock", number))
        for role in ("contact", "exit_button", "passage"):
            if getattr(lane, role) not in (None, lane.lock):
                raise self.lacks(f"one I/O box for all of lane {number} ({role} is {getattr(lane, role)})")
        if self.box and box.resource != self.box:
            raise self.lacks(f"all lanes at one I/O box ({lane.lock} is at another)")
        self.box = str(box.resource)
        return WiredLane(addresses, int(str(box.channel)))

    def _missing(self, what: str, number: int) -> str:
        raise self.lacks(f"{what} in lane {number}")
