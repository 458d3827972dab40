"""`gatebench rig check`: who answers, and what the rig itself takes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from time import monotonic
from typing import Any

from ..actuations import Actuations
from ..drivers.io_box import IoBox
from ..drivers.osdp_panel import OsdpPanel
from ..drivers.osdp_reader import OsdpReader
from ..drivers.scpi import Instrument
from ..drivers.server import AccessServer
from ..errors import PortUnfit
from ..measure.null import TRIALS, NullTest, echoed, pressed, pulsed
from ..port.line import Line
from ..port.port import Port
from ..roles import Driver, ExitButton, LockSensor
from .cameras import Look, looked
from .opening import OpenRig, opened, started
from .schema import Loop, Rig

SCHEMA = "gatebench.rig-check/1"
POLLED = 0.3
"""Seconds for the panel under test to poll the rig's readers; it polls about every 50 ms."""


@dataclass(frozen=True)
class Found:
    """A driver and who answered it."""

    driver: str
    kind: str
    resource: str
    emulated: bool
    identity: str
    roles: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        return {**vars(self), "roles": list(self.roles)}


@dataclass(frozen=True)
class RigCheck:
    """What the check found."""

    rig: str
    found: tuple[Found, ...]
    paths: tuple[NullTest, ...]
    warnings: tuple[str, ...]
    locks: list[str] = field(default_factory=list)
    """As read back at the end."""
    cameras: tuple[Look, ...] = ()
    """Cameras that no driver has."""

    @property
    def emulated(self) -> bool:
        return all(one.emulated for one in self.found) and all(one.emulated for one in self.cameras)

    def to_json(self) -> dict[str, Any]:
        """Canonical: the order of keys is fixed."""
        return {
            "schema": SCHEMA,
            "rig": self.rig,
            "emulated": self.emulated,
            "drivers": [one.to_json() for one in self.found],
            "cameras": [one.to_json() for one in self.cameras],
            "paths": [one.to_json() for one in self.paths],
            "warnings": list(self.warnings),
            "locks": self.locks,
        }


def check(
    rig: Rig,
    *,
    trials: int = TRIALS,
    today: date | None = None,
    progress: Callable[[str], object] = lambda text: None,
) -> RigCheck:
    """Open a rig, identify what is there, measure its loops.

    `progress`: hears what is being done. Raises: BenchError, BenchErrors: what is named and not there is an error.
    """
    warnings = rig.expired(today or date.today())
    locks: list[str] = []
    paths: list[NullTest] = []
    budget = Actuations(rig.actuations)
    progress(f"opening {rig.id}")
    with started(rig) as running:
        with opened(running, tell=locks.append) as bench:
            found = tuple(_identified(bench))
            warnings += _unheard(bench, found)
            for name, loop in rig.loops.items():
                if loop.press is not None:
                    progress(f"null test of {name}, {trials} trials")
                    button, sensor = bench[loop.press], bench[loop.sense or loop.press]
                    assert isinstance(button, ExitButton) and isinstance(sensor, LockSensor)
                    paths += pressed(name, button, sensor, trials, actuations=budget)
        cameras = looked(rig, running, progress)
        for name, loop in rig.loops.items():  # their lines are free now
            line = _boxed(running, loop)
            if line is not None:
                progress(f"null test of {name} as a bench run hears it, {trials} trials")
                with Port(line) as port:
                    door = int(str(rig.drivers[str(loop.press)].channel))
                    paths.append(pulsed(f"{name} (live)", port, door, trials, actuations=budget)[0])
            elif loop.send is not None:
                progress(f"null test of {name}, {trials} trials")
                with ExitStack() as stack:
                    ends = dict.fromkeys((loop.send, loop.receive or loop.send))
                    ports = [stack.enter_context(Port(running.line(end))) for end in ends]
                    paths.append(echoed(name, ports[0], ports[-1], trials))
    if not rig.loops:
        warnings.append("no loops: nothing says what the rig itself takes, so no latency can be judged")
    return RigCheck(rig.id, found, tuple(paths), tuple(warnings), locks, cameras)


def _boxed(rig: Rig, loop: Loop) -> Line | None:
    """The line of an I/O box that is wired to itself, where a port process can hold it."""
    if loop.press is None or loop.sense not in (None, loop.press):
        return None
    binding = rig.drivers[loop.press]
    if binding.kind.driver is not IoBox or binding.resource is None:
        return None
    try:
        return rig.line(binding.resource)
    except PortUnfit:
        return None


def _identified(bench: OpenRig) -> list[Found]:
    until = monotonic() + POLLED
    found = []
    for name, binding in bench.rig.drivers.items():
        driver = bench[name]
        found.append(
            Found(
                name,
                binding.driver,
                binding.resource or "",
                driver.emulated,
                identity(driver, max(0.0, until - monotonic())),
                tuple(sorted(binding.roles)),
            )
        )
    return found


def _unheard(bench: OpenRig, found: tuple[Found, ...]) -> list[str]:
    """Readers of the rig that nobody polls: a controller that was not provisioned yet, or a wrong address."""
    silent: dict[str, list[str]] = {}
    for one in found:
        driver = bench[one.driver]
        if isinstance(driver, OsdpReader) and not driver.online:
            silent.setdefault(one.resource, []).append(str(driver.address))
    return [
        f"{resource}: nobody polls the readers at {', '.join(addresses)}; a controller that was not provisioned yet polls none"
        for resource, addresses in silent.items()
    ]


def identity(driver: Driver, patience: float = POLLED) -> str:
    """Who answers: *IDN?, OSDP ID and CAP, whether a panel polls (within `patience`, s), whether a controller is connected.

    A driver of somebody else may have `identify()`; what it returns is told as text. Raises: BenchError.
    """
    if isinstance(driver, Instrument):
        return ", ".join(part for part in driver.identity if part)
    if isinstance(driver, OsdpPanel):
        who, can = driver.identify()
        version = ".".join(map(str, who.firmware))
        channel = "secure channel" if driver.secure else "in the clear"
        return (
            f"vendor {who.vendor.hex()}, model {who.model}, version {who.version}, serial {who.serial}, "
            f"firmware {version}; {len(can.capabilities)} capabilities; {channel}"
        )
    if isinstance(driver, OsdpReader):
        polled = driver.line.wait(lambda: driver.online, patience)
        return f"address {driver.address}: {'polled by the panel' if polled else 'not polled'}"
    if isinstance(driver, AccessServer):
        return "a controller is connected" if driver.connected() else "no controller is connected"
    told = getattr(driver, "identify", None)
    return str(told()) if callable(told) else ""
