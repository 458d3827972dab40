"""A scenario's faults while people are played: the timeline of the simulation, each fault done to the device and seen.

The policy's state and the doors are the simulation's (`sim/faults.py`), struck at the same instants; the rig's injectors
do it and read it back. While a fault is being done or undone nobody begins at a reader or a door: what a device
does then proves nothing. At the model the same class plays the same faults, without a rig.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from ...scenarios.faults import CATALOGUE, FaultKind, TimedFault
from ...sim.clockwork import Clockwork, Walk
from ...sim.faults import FaultyController, FaultyDoor, Timeline
from ...sim.log import EventLog
from ..errors import NotTested
from ..faults.injector import NotInjected
from .connections import Connections

if TYPE_CHECKING:
    from ...sim.portal import Portal

LOOK = 0.05
"""Seconds between two looks whether a fault is being done."""
SETTLE = 2.0
"""Seconds after a fault was done or undone in which no idle time is cut: what follows from it happens then."""
MISSING = "alarm-missing"
"""Reason of the `stage` row of an alarm that the device's log has not."""
ALARM = 1.0
"""Seconds beyond its time within which the alarm of a leaf that is kept open must have been raised."""
NO_LANE = "no wired lane of the rig is meant"
ELSEWHERE = "it strikes another portal than the one that is played"
BEFORE, NEVER = "it had ended before the first of these people came", "nobody came any more when it was due"
Going = Generator[Any, Any, Any]


class Skipped(NamedTuple):
    """A fault of the scenario that is played neither at devices nor at the model beside them."""

    number: int
    """In the scenario, from 0."""
    why: str


class Injected(Protocol):
    """What an injector of `hil/faults` is to a timeline."""

    disturbs: bool

    def begin(self, where: str | None, parameters: Mapping[str, float]) -> Going: ...
    def end(self) -> Going: ...


@dataclass
class Played:
    """A fault as it was played. Instants: world time, s."""

    number: int
    fault: str
    where: str | None
    at: float
    """When it was due."""
    on: float | None = None
    """When it was seen to be on."""
    ended: float | None = None
    """When its end was ordered."""
    off: float | None = None
    """When it was seen to be off."""
    why: str = ""
    """Why it was not played; empty: it was."""

    def to_json(self) -> dict[str, Any]:
        told: dict[str, Any] = {
            "number": self.number,
            "fault": self.fault,
            "where": self.where,
            "at": self.at,
        }
        if self.why or self.on is None:
            return told | {"verdict": "NOT_TESTED", "why": self.why or NEVER}
        return told | {"on": self.on, "ended": self.ended, "off": self.off, "verdict": None, "why": ""}


def placed(
    one: TimedFault, portal: str, declared: str, lanes: Sequence[int], begin: float
) -> TimedFault | str:
    """A fault as it strikes the played portal, its lanes counted as they are wired, from `begin` (world time, s) on; or why it
    does not."""
    if one.end <= begin:
        return BEFORE
    where = one.where
    if where is not None:
        name, *rest = where.split("/")
        if name not in (portal, declared):
            return ELSEWHERE
        if rest:
            if int(rest[-1]) not in lanes:
                return NO_LANE
            rest[-1] = str(lanes.index(int(rest[-1])))
        where = "/".join([portal, *rest])
    lasts = None if one.lasts is None else one.end - max(one.at, begin)
    return one.model_copy(update={"where": where, "at": max(one.at, begin), "lasts": lasts})


class BenchTimeline(Timeline):
    """Plays the faults, at devices or at the model."""

    def __init__(
        self, clock: Clockwork, controller: FaultyController, portals: Mapping[str, Portal], declared: Mapping[str, str], log: EventLog | None,
        rig: Connections | None = None, injectors: Mapping[str, Injected | str] | None = None,
        up_to_date: Callable[[], Going] | None = None,
    ) -> None:  # fmt: skip
        """`injectors` by fault, or why there is none; `up_to_date`: brings the device's list up to date."""
        super().__init__(clock, controller, portals, declared, log)
        self._rig, self._injectors, self._up_to_date = rig, injectors or {}, up_to_date
        if rig is not None:
            rig.shown = controller.shown
        self.busy = False
        """Is a fault being done, or undone?"""
        self.played: list[Played] = []
        self._on: list[tuple[TimedFault, Played]] = []
        self._over = False

    def enter(self, faults: Sequence[tuple[int, TimedFault]]) -> None:
        """Play these, each with its number in the scenario. Call it when the device is ready."""
        due: list[tuple[float, int, TimedFault, Played]] = []
        for number, one in faults:
            told = Played(number, str(one.fault), one.where, one.at)
            self.played.append(told)
            due.append((one.at, 1, one, told))
            if one.lasts is not None:
                due.append((one.end, 0, one, told))
        due.sort(key=lambda entry: (entry[0], entry[1], entry[3].number))
        Walk(self._clock, self._play(due))

    @property
    def disturbs(self) -> bool:
        """May single answers be late or missing now, without fault of the device?"""
        found = (self._injectors.get(str(one.fault)) for one, _ in self._on)
        return any(one.disturbs for one in found if one is not None and not isinstance(one, str))

    def settled(self) -> Going:
        """Wait until no fault is being done or undone."""
        while self.busy:
            yield LOOK

    def stop(self) -> Going:
        """Nobody is there any more: undo whatever is on, in the reverse order."""
        self._over = True
        yield from self.settled()
        for one, told in reversed(list(self._on)):
            yield from self._act(one, told, False)

    # ---- inside

    def _play(self, due: Sequence[tuple[float, int, TimedFault, Played]]) -> Going:
        clock = self._clock
        for t, begins, one, told in due:
            if t > clock.now:
                yield t - clock.now
            if self._over:
                return
            if begins or any(other is told for _, other in self._on):
                yield from self._act(one, told, bool(begins))

    def _act(self, one: TimedFault, told: Played, on: bool) -> Going:
        self.busy = True
        if self._rig is not None:
            self._rig.clock.hold(self, float("inf"))
        if on:
            yield from self._start(one, told)
        else:
            yield from self._finish(one, told)
        if self._rig is not None:
            self._rig.list_is_full = any(one.fault is FaultKind.STORE_FULL for one, _ in self._on)
            self._rig.clock.hold(self, self._held_until(one, on))
        self.busy = False

    def _start(self, one: TimedFault, told: Played) -> Going:
        if self._rig is not None:
            yield from self._rig.settled()
        if self._up_to_date is not None:
            yield from self._up_to_date()
        last = -1
        if one.fault in (FaultKind.FORCED, FaultKind.HELD_OPEN):
            last = yield from self._last_event()
        self._turn(one, True)
        if self._rig is not None:
            injector = self._injectors.get(str(one.fault), "this rig has nothing that does it")
            try:
                if isinstance(injector, str):
                    raise NotTested(injector, resource=self._rig.box.resource)
                parameters = {name: one.parameter(name) for name in CATALOGUE[one.fault].parameters}
                yield from injector.begin(one.where, parameters)
            except (NotTested, NotInjected) as error:
                told.why = str(error)
                if isinstance(error, NotInjected) and not isinstance(injector, str):
                    yield from injector.end()
                self._turn(one, False)
                return
        told.on = self._clock.now
        self._on.append((one, told))
        if last >= 0:
            self._expect_alarms(one, last)
        self._tell("fault_on", one)

    def _finish(self, one: TimedFault, told: Played) -> Going:
        self._on = [entry for entry in self._on if entry[1] is not told]
        told.ended = self._clock.now
        self._turn(one, False)
        if self._rig is not None:
            injector = self._injectors[str(one.fault)]
            assert not isinstance(injector, str)
            yield from injector.end()
            yield from self._rig.right_again()
        told.off = self._clock.now
        self._tell("fault_off", one)

    def _last_event(self) -> Going:
        """Number of the last event in the device's log; -1 where nobody can read it now."""
        rig = self._rig
        if rig is None or rig.server is None or not (yield from rig.done("uplink")).get("connected"):
            return -1
        told = yield from rig.done("events", after=0)
        return max((event["n"] for event in told["events"]), default=0)

    def _expect_alarms(self, one: TimedFault, last: int) -> None:
        """Whoever looks at the device's log must find that it noticed. `last`: number of the last event before."""
        now = self._clock.now
        for portal, door, _ in self._doors(one.where):
            controller = portal.controller
            if controller.policy.lock(controller.state, portal.id, door.lane, now) != "by-grant":
                continue
            forced = one.fault is FaultKind.FORCED
            due = door.open_since + (0.0 if forced else door.leaf.held_open_alarm)
            if due + 2 * ALARM <= one.end:
                Walk(self._clock, self._look_for("forced" if forced else "held-open", door, due, last))

    def _look_for(self, name: str, door: FaultyDoor, due: float, since: int) -> Going:
        """`since`: number of the last event before."""
        assert self._rig is not None
        clock = self._clock
        until, wanted = due + ALARM, ("alarm", name, f"{door.portal.id}/{door.lane}")
        if due > clock.now:
            yield due - clock.now
        while True:
            told = yield from self._rig.done("events", after=since)
            found = [one for one in told["events"] if (one["kind"], one["detail"], one["place"]) == wanted]
            if found:
                return
            if clock.now >= until:
                door.note("stage", None, reason=MISSING, value=clock.now - due)
                return
            yield LOOK

    def _held_until(self, one: TimedFault, on: bool) -> float:
        """Locks move a moment after a fault begins or ends. A leaf that is kept open has an alarm whose time is the device's to count."""
        now = self._clock.now + SETTLE
        if not on or one.fault not in (FaultKind.FORCED, FaultKind.HELD_OPEN):
            return now
        return (
            self._clock.now
            + max(door.leaf.held_open_alarm for _, door, _ in self._doors(one.where))
            + 2 * ALARM
        )
