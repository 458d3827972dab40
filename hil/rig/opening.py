"""Opening a rig: its twins are started, lines found, drivers opened; however it is left, every driver is released.

`started` gives a rig whose twins run and have addresses; whoever holds the lines himself (a bench run) needs no more.
`opened` opens drivers, too, and switches on what feeds the device under test.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from ...scenarios.errors import GatebenchError
from .. import errors
from ..camera.address import parse
from ..camera.camera import Camera
from ..drivers.osdp_line import OsdpLine
from ..drivers.scpi import Instrument
from ..drivers.visa import Link, Shared, VisaLink
from ..port.finding import resolve
from ..port.line import Line
from ..roles import Driver, LockSensor, PowerSwitch
from ..starting import Started, Starting
from .address import visa_address
from .schema import Resource, Rig
from .twins import CameraOptions, arguments, in_order

Tell = Callable[[str], object]


class BenchErrors(GatebenchError, ExceptionGroup[Exception]):
    """Several things went wrong, such as the run and then a release."""

    def __str__(self) -> str:
        return "\n".join([f"{self.message}:", *(f"  {error}" for error in self.exceptions)])

    def derive(self, excs: Sequence[Exception], /) -> BenchErrors:  # type: ignore[override]
        return BenchErrors(self.message, excs)


@dataclass
class OpenRig:
    """A rig that is open."""

    rig: Rig
    """With the addresses that its twins have."""
    twins: Mapping[str, Started]
    drivers: dict[str, Driver] = field(default_factory=dict)
    """By name."""
    emulated: frozenset[str] = frozenset()
    """Resources that lead to a twin."""

    def __getitem__(self, name: str) -> Driver:
        return self.drivers[name]


# ---- twins


@contextmanager
def started(rig: Rig) -> Iterator[Rig]:
    """The rig with its twins running and their addresses in place of them. They end on leaving. Raises: NotStarted."""
    with _twins(rig) as (found, _):
        yield found


@contextmanager
def twins_of(rig: Rig) -> Iterator[Mapping[str, Started]]:
    """The rig's twins, running, by the name of their resource. They end on leaving. Raises: NotStarted."""
    with _twins(rig) as (_, running):
        yield running


@contextmanager
def _twins(rig: Rig) -> Iterator[tuple[Rig, dict[str, Started]]]:
    running: dict[str, Started] = {}
    try:
        for names in in_order(rig.twins):
            _start(rig, names, running)
        yield _resolved(rig, running), running
    finally:
        for one in reversed(running.values()):
            one.end()


def _start(rig: Rig, names: list[str], running: dict[str, Started]) -> None:
    """Start several that do not wait for each other."""
    told = {name: one.told for name, one in running.items()}
    starting: dict[str, Starting] = {}
    try:
        for name in names:
            twin = str(rig.resources[name].twin)
            starting[name] = Starting(twin, *arguments(twin, rig.twins[name], told))
        for name in names:
            try:
                running[name] = starting.pop(name).ready()
            except errors.BenchError as error:
                error.resource = error.resource or name
                raise
    finally:
        for one in starting.values():
            one.abandon()


def _resolved(rig: Rig, running: Mapping[str, Started]) -> Rig:
    found = {}
    for name, one in rig.resources.items():
        if name in running:
            twin = running[name]
            where = {"serial": twin.pty} if twin.pty else {"tcp": twin.tcp}
            if one.twin == "camera":
                where = {"camera": stream(twin, one.options)}
            found[name] = one.with_twin({"twin": None, "options": None, **where})
        elif one.serial is not None and one.serial.startswith("twin:"):
            tap, _, end = one.serial.removeprefix("twin:").partition(".")
            found[name] = one.with_twin({"serial": str(running[tap].told[end])})
        elif one.camera is not None and one.camera.startswith("twin:"):
            told = parse(one.camera)
            address = stream(running[told.name], rig.resources[told.name].options, told.service)
            found[name] = one.with_twin({"camera": address})
        else:
            found[name] = one
    return rig.model_copy(update={"resources": found})


def stream(twin: Started, options: object, service: str = "rtsp") -> str:
    """Where a running emulated camera gives frames, with its user and password. `service`: `rtsp` or `mjpeg`."""
    address = str(twin.told[service])
    if not isinstance(options, CameraOptions) or not options.user:
        return address
    scheme, _, rest = address.partition("://")
    return f"{scheme}://{quote(options.user, '')}:{quote(options.password or '', '')}@{rest}"


# ---- drivers


class _Shelf:
    """Links and OSDP lines that drivers share."""

    def __init__(self, rig: Rig, emulated: Collection[str] = ()) -> None:
        """`emulated`: names of resources with an emulated device behind them."""
        self.rig, self.emulated = rig, emulated
        self._links: dict[str, Shared] = {}
        self._osdp: dict[str, OsdpLine] = {}

    def link(self, resource: str, ending: str, patience: float) -> Link:
        shared = self._links.get(resource)
        if shared is None or shared.closed:
            one: Resource = self.rig.resources[resource]
            address = one.visa
            if address is None:
                line = self.rig.line(resource)
                address = visa_address(resolve(line.device, resource))
            opened = VisaLink(
                address, resource=resource, baudrate=one.baudrate, patience=patience, ending=ending
            )
            shared = self._links[resource] = Shared(opened)
        return shared.user()

    def osdp(self, resource: str) -> OsdpLine:
        line = self._osdp.get(resource)
        if line is None or line.closed:
            line = self._osdp[resource] = OsdpLine(self.rig.line(resource))
        return line


class _Access:
    """What one driver gets of its resource; `undo` gives it back if the driver could not be opened."""

    def __init__(self, shelf: _Shelf, resource: str, driver: str) -> None:
        self._shelf, self._resource = shelf, resource
        self.name = resource or driver
        self._links: list[Link] = []
        self._lines: list[OsdpLine] = []
        self._cameras: list[Camera] = []

    @property
    def line(self) -> Line:
        return self._shelf.rig.line(self._resource)

    @property
    def view(self) -> tuple[str, bool]:
        return self._shelf.rig.camera(self._resource).text, self._resource in self._shelf.emulated

    def link(self, *, ending: str = "\n", patience: float = 2.0) -> Link:
        self._links.append(self._shelf.link(self._resource, ending, patience))
        return self._links[-1]

    def osdp(self) -> OsdpLine:
        self._lines.append(self._shelf.osdp(self._resource))
        return self._lines[-1]

    def camera(self, **settings: Any) -> Camera:
        address = self._shelf.rig.camera(self._resource)
        self._cameras.append(Camera(address, resource=self._resource, **settings))
        return self._cameras[-1]

    def undo(self) -> None:
        for camera in self._cameras:
            camera.close()
        for link in self._links:
            link.close()
        for line in self._lines:
            line.close_unused()


@contextmanager
def opened(rig: Rig, *, only: Collection[str] | None = None, tell: Tell | None = None) -> Iterator[OpenRig]:
    """The rig with its twins running and its drivers open (`only`: those with these names).

    What slots name as their `power` is switched on. On leaving every driver is released, lock sensors last; each lock is
    read back and told (`tell`: a line of text; standard error unless given).

    Raises: BenchErrors where several drivers cannot be opened or released, else the one BenchError.
    """
    say = tell or (lambda text: print(text, file=sys.stderr, flush=True))
    with _twins(rig) as (found, running):
        bench = OpenRig(
            found, running, emulated=frozenset(name for name in rig.resources if rig.is_emulated(name))
        )
        wrong: list[Exception] = []
        interrupted = False
        try:
            _open_all(bench, only)
            yield bench
        except (KeyboardInterrupt, GeneratorExit):
            interrupted = True
            raise
        except Exception as error:
            wrong += error.exceptions if isinstance(error, BenchErrors) else [error]
            raise
        finally:
            released = _release_all(bench, say)
            if released and (wrong or interrupted or len(released) > 1):
                raise BenchErrors("several things went wrong", [*wrong, *released])
            if released:
                raise released[0]


def _open_all(bench: OpenRig, only: Collection[str] | None) -> None:
    """Power first, or nothing else would answer. Raises: BenchErrors or BenchError, once all have been tried."""
    rig, shelf = bench.rig, _Shelf(bench.rig, bench.emulated)
    feeding = [slot.power for slot in rig.slots if slot.power is not None]
    order = [*feeding, *(name for name in rig.drivers if name not in feeding)]
    wrong: list[errors.BenchError] = []
    for name in order:
        if only is not None and name not in only:
            continue
        binding = rig.drivers[name]
        access = _Access(shelf, binding.resource or "", name)
        try:
            driver = bench.drivers[name] = binding.kind.open(access, binding.options)
            if name in feeding and isinstance(driver, PowerSwitch):
                driver.switch_power(True)
        except BaseException as error:
            if name not in bench.drivers:
                access.undo()
            if not isinstance(error, errors.BenchError):
                raise
            wrong.append(error)
    if len(wrong) > 1:
        raise BenchErrors(f"{len(wrong)} drivers cannot be opened", wrong)
    if wrong:
        raise wrong[0]


def _release_all(bench: OpenRig, say: Tell) -> list[Exception]:
    """Release every driver, whatever happens meanwhile; what went wrong."""
    sensors: dict[str, list[str]] = {}
    for slot in bench.rig.slots:
        for number, lane in enumerate(slot.lanes):
            if lane.lock is not None:
                sensors.setdefault(lane.lock, []).append(f"slot {slot.id}, lane {number}")
    wrong: list[Exception] = []
    opened_last = list(reversed(bench.drivers))
    order = sorted(opened_last, key=lambda name: name in sensors)
    for name in order:
        driver = bench.drivers[name]
        steps: list[Callable[[], object]] = [driver.release]
        if name in sensors and isinstance(driver, LockSensor):
            steps.insert(0, lambda d=driver, n=name: _read_back(d, n, sensors[n], say))  # type: ignore[misc]
        for step in steps:
            for _ in range(2):  # Ctrl-C pressed once more does not keep a door open
                try:
                    step()
                except KeyboardInterrupt:
                    continue
                except Exception as error:  # noqa: BLE001  a driver of somebody else's, too, must not keep the others
                    wrong.append(error)
                break
    bench.drivers.clear()
    return wrong


def _read_back(driver: LockSensor, name: str, places: list[str], say: Tell) -> None:
    """Tell how the lock is once what this driver plays is safe."""
    if isinstance(driver, Instrument):
        driver.make_safe()
    level = "under voltage" if driver.lock_energised() else "without voltage"
    say(f"{', '.join(places)}: lock {level} ({name})")
