"""The lines to a device that is no controller: those of a rig's slot, or of an emulated device that is started for the walk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ...scenarios.errors import InputError
from ..port.line import Line
from ..rig.opening import twins_of
from ..rig.ours import reader_key
from ..rig.schema import Binding, Rig, Slot
from ..starting import Started, start
from . import asking, instrument, terminals
from .bench import About
from .desk import LiveDesk

TWIN = {"reader": "reader", "face-terminal": "face_terminal", "io-box": "io_box"}
"""The emulated device of each kind."""
OURS = bytes.fromhex("024742")
"""Vendor code of emulated readers: no manufacturer's (docs/devices.md)."""
KEY = bytes.fromhex("8f0b7d2e41c6935aa0e4d8172b6c3f59")
"""Key of an emulated device that is started for a walk."""
LOOP = ("EXIT3", "LOCK3")
"""How an emulated box is wired to itself."""


@dataclass(frozen=True)
class Reached:
    """A device with its lines open."""

    about: About
    desk: LiveDesk
    rig: str
    emulated: bool
    stimulus: bool
    """Are its terminals among the lines?"""


@contextmanager
def emulated(kind: str, defects: Sequence[str] = (), seed: int = 0) -> Iterator[Reached]:
    """An emulated device, started as a program and ended on leaving. Raises: NotStarted, PortError."""
    options = [part for name in defects for part in ("--defect", name)] + ["--seed", str(seed)]
    if kind == "io-box":
        about = About(kind, loop=LOOP)
        options += ["--loop", f"{LOOP[0]}={LOOP[1]}:0.001"]
    else:
        about = About(kind, key=KEY, vendor=OURS)
        options += ["--key", KEY.hex()]
    with start(TWIN[kind], *options) as device:
        line = Line("device", device.pty or f"socket://{device.tcp}")
        with _open(kind, line, device) as desk:
            yield Reached(about, desk, "emulated", True, True)


@contextmanager
def of_rig(kind: str, rig: Rig, slot: Slot) -> Iterator[Reached]:
    """The device in a slot of a rig: behind its `panel`, or the box that its lanes name. Its twins run meanwhile; what the
    rig says of power and of other instruments is left alone.

    Raises: InputError for what the slot lacks; BenchError.
    """
    name, binding = _binding(kind, rig, slot)
    resource = str(binding.resource)
    options: Any = binding.options
    if kind == "io-box":
        loop = next((one for one in rig.loops.values() if one.press is not None), None)
        about = About(
            kind,
            doors=_doors(rig, resource),
            loop=_loop(rig, loop.press, loop.sense, resource) if loop else None,
        )
    else:
        about = About(kind, options.address, reader_key(options))
    with twins_of(rig) as running:
        twin = running.get(resource)
        if twin is not None and kind != "io-box" and twin.name not in TWIN.values():
            raise InputError(
                f"rig {rig.id}: driver {name} leads to a {twin.name}, and this walk is for a {kind}"
            )
        line = rig.line(resource) if twin is None else Line(resource, twin.pty or f"socket://{twin.tcp}")
        with _open(kind, line, twin) as desk:
            yield Reached(about, desk, rig.id, twin is not None, twin is not None)


@contextmanager
def _open(kind: str, line: Line, device: Started | None) -> Iterator[LiveDesk]:
    lines = {instrument.LINE if kind == "io-box" else asking.LINE: line}
    if device is not None:
        lines[terminals.LINE] = Line("terminals", f"socket://{device.field}")
    desk = LiveDesk(lines)
    try:
        yield desk
    finally:
        desk.close()


def _binding(kind: str, rig: Rig, slot: Slot) -> tuple[str, Binding]:
    """The driver that leads to the device."""
    if kind != "io-box":
        if slot.panel is None:
            raise InputError(
                f"rig {rig.id}, slot {slot.id}: no `panel`, so nobody speaks to a {kind} there; name an osdp-panel driver"
            )
        wanted, names = "osdp-panel", [slot.panel]
    else:
        wanted = "io-box"
        names = [
            one
            for lane in slot.lanes
            for one in (lane.lock, lane.contact, lane.exit_button)
            if one is not None
        ]
    found = [(name, rig.drivers[name]) for name in names if rig.drivers[name].driver == wanted]
    if not found:
        raise InputError(f"rig {rig.id}, slot {slot.id}: it names no driver {wanted}, which this walk needs")
    return found[0]


def _door(binding: Binding) -> int:
    options: Any = binding.options
    return int(options.door)


def _doors(rig: Rig, resource: str) -> int:
    """Of a box, as far as the rig knows."""
    twin: Any = rig.resources[resource].options
    if twin is not None and getattr(twin, "doors", None):
        return int(twin.doors)
    named = [one for one in rig.drivers.values() if one.driver == "io-box" and one.resource == resource]
    return max(1, *map(_door, named))


def _loop(rig: Rig, press: str | None, sense: str | None, resource: str) -> tuple[str, str] | None:
    """The wire of a null test, if it is at this box."""
    ends = [rig.drivers[one] for one in (press, sense or press) if one is not None]
    if any(one.driver != "io-box" or one.resource != resource for one in ends) or not ends:
        return None
    return f"EXIT{_door(ends[0])}", f"LOCK{_door(ends[-1])}"
