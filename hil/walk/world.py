"""What lives on the calendar of a walk: the rig's lines, the desk, and row after row."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any, cast

import pyarrow as pa

from ...sim.clockwork import Walk
from ...sim.log import EventLog
from ..actuations import Actuations
from ..bench.box import BoxLine, LockEdge
from ..bench.connections import Connections, Lane
from ..bench.instruments import SupplyLine, SwitchLine, TapLine
from ..bench.readers import ReaderLine
from ..bench.server import ServerLine
from ..bench.witness import Witness
from ..errors import DeviceError, NotTested
from ..faults.injector import Injector, NotInjected
from ..faults.rig import injectors
from ..realtime import BenchClockwork
from ..verdicts import Verdict
from .desk import Desk, Going
from .finding import Behaviour, Finding
from .oracle import Oracle
from .plan import WalkPlan
from .rows import REST, Row
from .steps import text

CALM = 3.0
"""Seconds beyond its longest unlock time for a lock to be locked again between two rows."""


@dataclass
class RowResult:
    """What came of one row."""

    row: Row
    begun: float
    """World time, s."""
    ended: float = 0.0
    findings: list[Finding] = field(default_factory=list)
    not_tested: str = ""
    """Why it says nothing of the device; empty: it does."""
    latencies: list[float] = field(default_factory=list)
    """Seconds to each answer."""
    steps: int = 0
    """Carried out."""
    first: int = -1
    """Position in the transcript of the first answer or edge; -1: there was none."""

    @property
    def verdict(self) -> Verdict:
        """FAIL before INDETERMINATE before NOT_TESTED."""
        found = {one.verdict for one in self.findings}
        if Verdict.FAIL in found:
            return Verdict.FAIL
        if Verdict.INDETERMINATE in found:
            return Verdict.INDETERMINATE
        return Verdict.NOT_TESTED if self.not_tested else Verdict.PASS


class WalkWorld:
    """A `Lived` (hil/bench/run.py)."""

    def __init__(
        self, plan: WalkPlan, clock: BenchClockwork, wired: dict[str, Any], random: Callable[[int], bytes], key: bytes | None
    ) -> None:  # fmt: skip
        from ..bench.wired import BOX, NETWORK, READERS, SERVER, SUPPLY, TAP

        self.plan, self.clock = plan, clock
        self.rig = rig = Connections(clock, plan.portal, plan.compiled, plan.cast.roster, plan.start)
        unlocked = 0 if plan.times.fail_safe else 1
        self.lanes = [
            Lane(number, one["addresses"], one["box"], unlocked)
            for number, one in enumerate(wired["lanes"][: len(plan.lanes)])
        ]
        self.actuations = Actuations(wired["actuations"])
        names = wired["lines"]
        served = plan.served
        addresses = [
            lane.addresses[way] for lane in self.lanes for way in served[lane.number] if way in lane.addresses
        ]
        rig.readers = ReaderLine(
            clock, names[READERS], addresses, self._answered, stalls=rig.stalls, key=key, random=random
        )
        boxes = {lane.box: self._moved(lane.number) for lane in self.lanes}
        rig.box = BoxLine(clock, names[BOX], boxes, self.actuations, rig.stalls)
        self.lines: dict[str, Any] = {READERS: rig.readers, BOX: rig.box}
        if names[SERVER] is not None:
            rig.server = self.lines[SERVER] = ServerLine(clock, names[SERVER])
            clock.on_cut = rig.set_clock
        if names.get(TAP) is not None:
            self.lines[TAP] = TapLine(clock, names[TAP])
        if names.get(NETWORK) is not None:
            self.lines[NETWORK] = SwitchLine(clock, names[NETWORK])
        if names.get(SUPPLY) is not None:
            channel, volts, amps, safe = wired["feed"]
            self.lines[SUPPLY] = SupplyLine(clock, names[SUPPLY], channel, volts, amps, safe)
        self._silence = wired["silence"]
        self.locked = {lane.box: 1 - unlocked for lane in self.lanes}
        self.told = plan.cast.provisioning(plan.lanes)
        self.results: list[RowResult] = []
        self.on_row: Callable[[RowResult], object] = lambda result: None
        """Is told of each row as it ends."""
        self.over = clock.event()
        self.desk: Desk
        self._fresh()
        Walk(clock, self._walk())

    def table(self) -> pa.Table:
        """A walk is told by its rows; nobody lives in it."""
        return EventLog().table(0, {}, clock="host")

    def witnesses(self) -> list[Witness]:
        """None: walks are told by the wires."""
        return []

    def play(self, row: Row) -> RowResult:
        """One more row, now: for whoever decides on the next when the last has ended. Only when `over` has come. The device is
        provisioned anew after it: nothing that it did is remembered when the next begins."""
        walk = Walk(self.clock, self._one(row, anew=True))
        self.desk.hold()
        self.clock.run(walk)
        self.clock.hold(self.desk, self.clock.now)
        return cast(RowResult, walk.value)

    # ---- inside

    def _fresh(self) -> None:
        """A new oracle, for a device that was provisioned anew."""
        plan = self.plan
        door = next(one for one in self.told.doors if one.id == plan.portal)
        dead = any(one.fault == "power-cut" and one.does in ("release", "deny") for one in door.faults)
        oracle = Oracle(plan.compiled, plan.cast, plan.times, len(self.lanes), dead, self.clock.now)
        able = self._injectors(not dead)
        last = 0
        if self.results:
            last = self.desk.journal.last
            self.clock.hold(self.desk, self.clock.now)
        self.desk = Desk(self.clock, self.rig, self.lanes, plan.cast, self.told, oracle, plan.limits, able)
        self.desk.journal.last = last
        self.desk.hold()

    def _injectors(self, battery: bool) -> dict[str, Injector | str]:
        return injectors(self.rig, self.lines, self.lanes, self.plan.portal, battery, self._silence)

    def _answered(self, answer: Any) -> None:
        self.desk.answered(answer)

    def _moved(self, lane: int) -> Callable[[LockEdge], object]:
        return lambda edge: self.desk.lock_moved(lane, edge)

    def _walk(self) -> Generator[Any, Any, None]:
        self.desk.hold()
        if "supply" in self.lines:
            yield from self.lines["supply"].begin()
        yield from self.rig.prepare(json.loads(self.told.to_json()))
        yield from self._meet()
        for row in self.plan.rows:
            yield from self._one(row)
        self.clock.hold(self.desk, self.clock.now)
        self.over.succeed()

    def _one(self, row: Row, anew: bool = False) -> Generator[Any, Any, RowResult]:
        result = yield from self._row(row)
        self.results.append(result)
        self.on_row(result)
        if anew or result.verdict is not Verdict.PASS:
            yield from self._anew()
        return result

    def _meet(self) -> Going:
        """The device as it is before the first row."""
        until = self.clock.now + 10.0
        while self.clock.now < until and not self.rig.readers.online:
            yield 0.02
        for lane in self.lanes:
            self.desk.lock_is(lane.number, self.rig.box.levels[lane.box])
        if self.rig.server is not None:
            told = yield from self.rig.done("events", after=self.desk.journal.last)
            self.desk.journal.seen_until(told["events"])

    def _anew(self) -> Going:
        """After a row in which something went wrong: provision the device again, so that one defect is found once."""
        if self.rig.server is None:
            return
        try:
            yield from self.rig.done("provision", provisioning=json.loads(self.told.to_json()))
        except DeviceError:
            return  # what follows will say so
        self.rig.set_clock(self.clock.clock.stamp(self.clock.now))
        self._fresh()
        yield from self._meet()

    def _row(self, row: Row) -> Generator[Any, Any, RowResult]:
        desk, begun = self.desk, self.clock.now
        result = RowResult(row, begun)
        desk.findings, desk.step_number = result.findings, -1
        desk.oracle.forget_outages()
        seen = len(desk.check.latencies)
        try:
            for number, step in enumerate(row.steps):
                desk.step_number = number
                yield from desk.carry_out(step)
                result.steps += 1
            yield REST
        except (NotTested, NotInjected) as error:
            result.not_tested = str(error)
        except DeviceError as error:
            step = row.steps[desk.step_number]
            late = bool(desk.oracle.faults) or self.clock.now < desk.oracle.healed + 30
            behaviour = Behaviour.RECOVERY if late else Behaviour.PROTOCOL
            desk.found(
                Finding(behaviour, Verdict.FAIL, f"{text(step)} is carried out", str(error), self.clock.now)
            )
        result.latencies = desk.check.latencies[seen:]
        yield from self._calm(result)
        desk.settle(begun)
        try:
            yield from desk.read_journal()
        except NotTested:
            pass  # no server, no log: the plan said so
        except DeviceError as error:
            desk.found(
                Finding(Behaviour.LOG, Verdict.FAIL, "the log can be read", str(error), self.clock.now)
            )
        desk.check.forget()
        result.ended = self.clock.now
        return result

    def _calm(self, result: RowResult) -> Going:
        """Bring the device to the known state: nothing is on, the leaves are shut, every lock is locked; and see that."""
        desk = self.desk
        try:
            yield from desk.undo_all()
        except DeviceError as error:
            desk.found(
                Finding(
                    Behaviour.RECOVERY,
                    Verdict.FAIL,
                    "what was done can be undone",
                    str(error),
                    self.clock.now,
                )
            )
        until = self.clock.now + self.plan.longest_unlock + CALM
        rest = {lane.number: desk.oracle.lanes[lane.number] for lane in self.lanes}
        while self.clock.now < until and any(
            model.unlocked or desk.check.is_unlocked(number) for number, model in rest.items()
        ):
            for model in rest.values():
                model.advance(self.clock.now)
            yield 0.05
        for number, model in rest.items():
            if desk.check.is_unlocked(number) and not model.unlocked and not result.findings:
                finding = Finding(
                    Behaviour.LOCK_STATE, Verdict.FAIL, f"lane {number} locked at rest", "unlocked", self.clock.now
                )  # fmt: skip
                desk.found(finding)
