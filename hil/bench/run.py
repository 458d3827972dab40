"""A bench run, live and again from its transcript.

The world of the plan is built on a calendar, its doors are given the lines of a rig, and the calendar runs: paced by the
clock and woken by devices, or from a transcript. What both have in common is `assemble`.
"""

from __future__ import annotations

import hashlib
import secrets
from array import array
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pyarrow as pa

from ...scenarios.library import Loaded
from ...sim.log import EventLog
from ..actuations import Actuations
from ..errors import BenchError, BrokenTranscript
from ..faults import played
from ..inbox import Inbox
from ..measure.stalls import Stalls
from ..port.events import Released
from ..port.line import Line, SafeOrder
from ..port.port import Port
from ..realtime import BenchClockwork, RealtimeClockwork, ReplayedClockwork
from ..replay import ReplayedPort
from ..transcript import Recording, Transcript
from .box import RESOLUTION, BoxLine, LockEdge
from .connections import Connections, Lane
from .eyes import EyesLine
from .instruments import SupplyLine, SwitchLine, TapLine
from .oracle import Judged
from .readers import Answer, ReaderLine
from .server import ServerLine
from .sightings import with_sightings
from .timeline import Played
from .timings import Timing
from .wired import BOX, NETWORK, READERS, SERVER, SUPPLY, TAP, Wiring
from .witness import OPEN, SHUT, UNLOCK, WireEdge, Witness, stages, witness

if TYPE_CHECKING:
    from .plan import BenchPlan

CUT = 0.3
"""Idle world time beyond which it is cut, s."""
RELOCKED = 2.0
"""Seconds beyond its longest unlock time for a lock to be back when a run ends."""


@dataclass
class BenchRun:
    """What came of it."""

    plan: Any
    """A `Planned`."""
    events: pa.Table
    judged: list[Judged]
    timings: list[Timing]
    transcript: str = ""
    """Name of the file."""
    stopped: str = ""
    """Why it ended early; empty: it did not."""
    error: BenchError | None = None
    interrupted: bool = False
    released: list[Released] = field(default_factory=list)
    """What each port process read back at the end."""
    late: array[float] = field(default_factory=lambda: array("d"))
    """By how much each step of the calendar ran late, s."""
    cuts: int = 0
    world: float = 0.0
    """World seconds that passed."""
    actuations: int = 0
    stalls: Stalls = field(default_factory=Stalls)
    """When port processes were kept from running."""
    trips: list[float] = field(default_factory=list)
    """Round trips to the I/O box before anybody came, s: the run's own null test."""
    errors: list[BenchError] = field(default_factory=list)
    """What went wrong on leaving."""
    lived: Any = None
    """The `Lived` of it."""
    witnesses: list[Witness] = field(default_factory=list)
    """What cameras saw, beside the wires."""

    @property
    def safe(self) -> bool:
        """Was every door read back in its safe state?"""
        return all(one.sound for one in self.released)


class Lived(Protocol):
    """What lives on the calendar of a run, with the rig's lines."""

    @property
    def rig(self) -> Connections: ...
    @property
    def lines(self) -> Mapping[str, Any]:
        """`ReaderLine`, `BoxLine`, `ServerLine` and so on, by name."""

    @property
    def locked(self) -> Mapping[int, int]:
        """Level of a locked lock by door of the box."""

    @property
    def actuations(self) -> Actuations: ...

    @property
    def over(self) -> Any:
        """Event that ends the run."""

    def table(self) -> pa.Table:
        """The event log with what each observed row rests on."""

    def witnesses(self) -> list[Witness]:
        """What cameras saw, beside the wires."""


class Planned(Protocol):
    """What decides what happens in a run, apart from the devices."""

    @property
    def loaded(self) -> Loaded: ...
    @property
    def begin(self) -> float: ...
    @property
    def longest_unlock(self) -> float: ...
    def to_json(self) -> dict[str, Any]: ...
    def world(
        self, clock: BenchClockwork, wired: dict[str, Any], random: Callable[[int], bytes], key: bytes | None
    ) -> Lived:
        """What lives; `wired` as `Wiring.to_json` has it."""


class BenchWorld:
    """A plan's world with its doors at the lines of a rig, live or replayed."""

    def __init__(
        self, plan: BenchPlan, clock: BenchClockwork, wired: dict[str, Any], random: Callable[[int], bytes], key: bytes | None
    ) -> None:  # fmt: skip
        self.log = EventLog()
        self.plan = plan
        self.rig = rig = Connections(clock, plan.portal, plan.compiled, plan.roster, plan.start)
        unlocked = 0 if plan.fail_safe else 1
        lanes = [
            Lane(number, one["addresses"], one["box"], unlocked)
            for number, one in enumerate(wired["lanes"][: len(plan.lanes)])
        ]
        self.rig_lanes = lanes
        self.actuations = Actuations(wired["actuations"])
        self.lines: dict[str, Any] = {}
        names = wired["lines"]
        doors_at: dict[int, int] = {
            address: lane.number for lane in lanes for address in lane.addresses.values()
        }

        def answered(answer: Answer) -> None:
            self.builder.doors[doors_at[answer.address]].answered(answer)

        def moved(number: int) -> Callable[[LockEdge], object]:
            return lambda edge: self.builder.doors[number].lock_moved(edge)

        rig.readers = ReaderLine(
            clock, names[READERS], doors_at, answered, stalls=rig.stalls, key=key, random=random
        )
        watching = [one for one in wired.get("eyes", ()) if one["lane"] < len(lanes)]
        rig.eyes = [EyesLine(clock, names[one["line"]], one["lane"], one["sync"]) for one in watching]
        rig.random = random
        lamps = {eye.sync: partial(self._toggled, eye) for eye in rig.eyes if eye.sync is not None}
        rig.box = BoxLine(
            clock, names[BOX], {lane.box: moved(lane.number) for lane in lanes} | lamps, self.actuations, rig.stalls
        )  # fmt: skip
        self.lines = {READERS: rig.readers, BOX: rig.box}
        if names[SERVER] is not None:
            rig.server = self.lines[SERVER] = ServerLine(clock, names[SERVER])
            clock.on_cut = rig.set_clock
        if names.get(TAP) is not None:
            self.lines[TAP] = TapLine(clock, names[TAP])
        if names.get(NETWORK) is not None:
            self.lines[NETWORK] = SwitchLine(clock, names[NETWORK])
        if names.get(SUPPLY) is not None:
            feed = wired["feed"]
            rig.supply = self.lines[SUPPLY] = SupplyLine(clock, names[SUPPLY], *feed)
        self.locked = {lane.box: 1 - unlocked for lane in lanes} | dict.fromkeys(lamps, 0)
        self.lines |= {one["line"]: eye for one, eye in zip(watching, rig.eyes, strict=True)}
        able = played(
            rig, self.lines, lanes, plan.portal, plan.compiled.has_battery(plan.portal), wired.get("silence", 5.0)
        ) if plan.scenario.faults else None  # fmt: skip
        self.builder = plan.build(clock, self.log, (rig, lanes), able)

    def _toggled(self, eye: EyesLine, edge: LockEdge) -> None:
        eye.toggled(self.rig.box, edge)

    @property
    def over(self) -> Any:
        return self.builder.over

    @property
    def faults(self) -> list[Played]:
        """Every fault that was entered, in the scenario's order."""
        timeline = self.builder.timeline
        return [] if timeline is None else sorted(timeline.played, key=lambda one: one.number)

    def table(self) -> pa.Table:
        """The event log with what each observed row rests on."""
        table = self.plan.table(self.log, "bench")
        evidence = np.full(len(table), -1)
        for door in self.builder.doors:
            for row, position in door.evidence:
                if row < len(evidence):
                    evidence[row] = position
        column = pa.array(evidence, pa.int64(), mask=evidence < 0)
        table = table.set_column(
            table.schema.get_field_index("evidence"), table.schema.field("evidence"), column
        )
        return with_sightings(table, self.witnesses(), self.rig.clock.clock, self.plan.portal)

    def witnesses(self) -> list[Witness]:
        """What cameras saw, beside the wires."""
        return [witness(eye, *self._wires(eye.lane)) for eye in self.rig.eyes]

    def _wires(self, number: int) -> tuple[list[WireEdge], Callable[[int], bool]]:
        """What the wires of a lane say, and whether its lock was unlocked at an instant."""
        lane = self.rig_lanes[number]
        edges, levels = list[WireEdge](), [(0, False)]
        for edge, instant, bound in self.rig.box.edges:
            if edge.door != lane.box:
                continue
            u = max(bound, RESOLUTION) / 3**0.5 / 1e9
            if edge.kind == "LOCK":
                levels.append((instant, edge.level == lane.unlocked))
            what = {("LOCK", lane.unlocked): UNLOCK, ("CONTACT", 1): OPEN, ("CONTACT", 0): SHUT}.get(
                (edge.kind, edge.level)
            )
            if what is not None:
                edges.append(WireEdge(what, instant, u))
        instants = [instant for instant, _ in levels]
        return edges, lambda at: levels[bisect_right(instants, at) - 1][1]


def _stream(nonce: str) -> Callable[[int], bytes]:
    """Random bytes that a replay has again."""
    count = 0

    def random(length: int) -> bytes:
        nonlocal count
        count += 1
        return hashlib.shake_256(f"{nonce}/{count}".encode()).digest(length)

    return random


def run_live(
    plan: Planned, wiring: Wiring, transcript: Path, *, about: Mapping[str, Any] | None = None, realtime: int = 50,
    give_up: float = 2.0, meet: Callable[[Any], object] | None = None,
    drive: Callable[[Any], object] | None = None,
) -> BenchRun:  # fmt: skip
    """Play a plan at devices. However it ends, what was measured is returned, and the doors were made safe and read back.

    `about`: what the transcript's first line keeps besides what a replay needs. `meet`: is shown what lives on the calendar
    before it runs; `drive`: is given it when it is over, and may let it go on.

    Raises: FileExistsError if there is such a transcript; PortError if a line cannot be opened.
    """
    nonce = secrets.token_hex(16)
    wired = wiring.to_json()
    text = plan.loaded.path.read_text(encoding="utf-8")
    written = Transcript(
        transcript, plan=plan.to_json(), wiring=wired, nonce=nonce, text=text, **(about or {})
    )
    inbox = Inbox()
    clock = RealtimeClockwork(inbox, written, cut_idle=CUT, give_up=give_up, initial_time=plan.begin)
    world = plan.world(clock, wired, _stream(nonce), wiring.key)
    found = BenchRun(plan, pa.table({}), world.rig.judged, world.rig.timings, transcript.name, lived=world)
    if meet is not None:
        meet(world)
    ports: list[Port] = []
    try:
        for name, line in wiring.lines.items():
            if line is not None and name in world.lines:
                port = Port(line, _safe(name, world, plan), realtime=realtime)
                ports.append(port)
                written.event(port.opened)
                world.lines[name].port = port
                clock.listen(port, world.lines[name].heard)
        clock.begin()
        with clock.interruptible():
            clock.run(world.over)
            if drive is not None:
                drive(world)
    except BenchError as error:
        found.error, found.stopped = error, str(error)
    except KeyboardInterrupt:
        clock.tell_stop()
        found.interrupted, found.stopped = True, "interrupted"
    finally:
        for port in sorted(ports, key=lambda port: port.line.name != wiring.box.name):
            try:
                last = getattr(world.lines.get(SUPPLY), "last_orders", None)
                if (
                    last is not None
                    and wiring.supply is not None
                    and port.line.name == wiring.supply.line.name
                ):
                    port.arm(last())  # every lock was read back
                found.released.append(released := port.release())
                written.event(released)
            except BenchError as error:
                found.errors.append(error)
        inbox.close()
        written.close()
    if ports or found.error is None:
        _ended(found, world)
    found.late, found.cuts = clock.late, len(clock.clock.pieces) - 1
    found.world, found.actuations = clock.now - plan.begin, world.actuations.spent
    found.stalls, found.trips = world.rig.stalls, world.rig.box.trips
    return found


def _ended(found: BenchRun, world: Lived) -> None:
    """What can be said once it is over."""
    found.events, found.witnesses = world.table(), world.witnesses()
    for one in found.witnesses:
        found.timings += stages(one, found.timings)


def _safe(name: str, world: Lived, plan: Planned) -> Sequence[SafeOrder]:
    """What the port process of a line does however the run ends."""
    if name == BOX:
        orders: Sequence[SafeOrder] = world.lines[BOX].safe_orders(
            world.locked, plan.longest_unlock + RELOCKED
        )
        return orders
    return world.lines[name].safe_orders() if name in (SUPPLY, NETWORK, TAP) else ()


def run_again(plan: Planned, recording: Recording, *, key: bytes | None = None) -> BenchRun:
    """The same run in simulated time, from its transcript.

    Raises: BrokenTranscript if it holds no such run; Differs if another version, scenario or policy does something else.
    """
    about = recording.about
    if "wiring" not in about or "nonce" not in about:
        raise BrokenTranscript("this is the transcript of something else, not of a bench run")
    wired = about["wiring"]
    listeners: dict[str, Any] = {}
    clock = ReplayedClockwork(recording, listeners)
    world = plan.world(clock, wired, _stream(about["nonce"]), key)
    for name, line in world.lines.items():
        line.port = ReplayedPort(recording, wired["lines"][name])
        listeners[wired["lines"][name]] = line.heard
    found = BenchRun(plan, pa.table({}), world.rig.judged, world.rig.timings, lived=world)
    try:
        clock.run(world.over)
    except BenchError as error:
        found.error, found.stopped = error, str(error)
    except KeyboardInterrupt:
        found.interrupted, found.stopped = True, "interrupted"
    _ended(found, world)
    found.world, found.actuations = clock.now - plan.begin, world.actuations.spent
    found.stalls, found.trips = world.rig.stalls, world.rig.box.trips
    return found


def lines_of(wiring: Wiring) -> Sequence[Line]:
    """Every line that a run opens."""
    return [line for line in wiring.lines.values() if line is not None]
