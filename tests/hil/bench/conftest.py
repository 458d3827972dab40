"""A door over a scripted device, in simulated time: the lines say what a test lets them say."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import pytest

from gatebench.hil.bench.box import LockEdge
from gatebench.hil.bench.connections import Connections, Lane
from gatebench.hil.bench.plan import bind
from gatebench.hil.bench.readers import Answer
from gatebench.hil.bench.world import BenchBuilder, Coming
from gatebench.hil.clocks import WorldClock
from gatebench.hil.port.events import Heard, Sent
from gatebench.hil.realtime import BenchClockwork, News
from gatebench.scenarios.checks import problems
from gatebench.scenarios.library import Loaded
from gatebench.scenarios.reading import read_bytes
from gatebench.scenarios.scenario import Scenario
from gatebench.sim.log import EventLog

PLACE = """
scenario: desk
start: 2024-01-01T12:00 UTC
duration: 1 h
compound:
  portals:
    gate: {{kind: speed-gate, lanes: {lanes}, opening: 0.5 s, passing: 1 s, closing: 0.5 s, rearm: 0 s, unlock: 3 s, readers: [in{readers}]}}
people:
  owner: {{holds: [card], entitled: true}}
  stranger: {{holds: [], entitled: true}}
traffic:
  owners: {{group: owner, at: gate, direction: {direction}, arrivals: {{instants: [{owners}]}}}}
  strangers: {{group: stranger, at: gate, direction: in, arrivals: {{instants: [{strangers}]}}}}
readers:
  card: {{acquire: 1 s, match: 0 s, decide: 0.2 s, actuate: 0.1 s, failure_to_acquire: 0, false_non_identification: 0}}
behaviour:
  follow: {{with_credential: 0, without_credential: 100 %, headway: 0.5 s, hope: 60 s}}
  hold: {{probability: 0}}
  resorts: [follow, leave]
policies: {{it: {{access: [{access}]{policy}}}}}
bench: {{portal: gate, policy: it}}
"""
PLAIN = {
    "lanes": "1", "readers": "", "direction": "in", "owners": "10 s", "strangers": "50 min",
    "access": "{accept: card}", "policy": "",
}  # fmt: skip


class SimulatedClock(BenchClockwork):
    """A bench's clockwork without waiting."""

    def __init__(self, initial_time: float) -> None:
        super().__init__(initial_time)
        self.clock = WorldClock(10**12, initial_time)
        self.holds: dict[object, float] = {}

    def hold(self, who: object, until: float) -> None:
        self.holds[who] = until


@dataclass
class Device:
    """What the device does: by attempt (from 0) its outcome and seconds to it; by grant seconds to the unlock (None: never)
    and for how long."""

    outcomes: list[tuple[str | None, float]] = field(default_factory=lambda: [("grant", 0.2)])
    unlocks: list[tuple[float | None, float]] = field(default_factory=lambda: [(0.1, 3.0)])
    fail_safe: bool = False
    shown: int = 0
    granted: int = 0
    contacts: list[tuple[float, bool]] = field(default_factory=list)
    bodies: list[tuple[float, str]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    locked: bool = True


class Lines:
    """Readers, box and server in one, all of them scripted."""

    joined = (0, 1_000)
    owes = 0
    online = ready = True

    def __init__(self, clock: SimulatedClock, device: Device) -> None:
        self.clock, self.device, self.doors = clock, device, {}
        self.stalls = []

    def _news(self, event: type, *fields: object) -> News:
        stamp = self.clock.clock.stamp(self.clock.now)
        return News(event("line", stamp, *fields), self.clock.now, 7)

    def show(self, address, reply, on_sent) -> None:
        self.clock.at(self.clock.now + 0.01, lambda _: self._sent(address, on_sent))

    def _sent(self, address, on_sent) -> None:
        on_sent(self._news(Sent, 0, 1, b""))
        device = self.device
        outcome, seconds = device.outcomes[min(device.shown, len(device.outcomes) - 1)]
        device.shown += 1
        if outcome is not None:
            self.clock.at(self.clock.now + seconds, lambda _: self._answer(address, outcome))

    def _answer(self, address, outcome) -> None:
        stamp = self.clock.clock.stamp(self.clock.now)
        self.doors[address // 2].answered(Answer(address, outcome, stamp, stamp, self._news(Heard, 0, b"")))
        if outcome == "grant":
            self.unlock(address // 2)

    def unlock(self, lane: int) -> None:
        after, lasts = self.device.unlocks[min(self.device.granted, len(self.device.unlocks) - 1)]
        self.device.granted += 1
        if after is not None:
            self.clock.at(self.clock.now + after, lambda _: self._move(lane, True))
            self.clock.at(self.clock.now + after + lasts, lambda _: self._move(lane, False))

    def _move(self, lane: int, unlocked: bool) -> None:
        level = int(unlocked != self.device.fail_safe)
        stamp = self.clock.clock.stamp(self.clock.now)
        self.doors[lane].lock_moved(LockEdge(lane + 1, level, stamp, self._news(Heard, 0, b"")))

    def withdraw(self, address) -> None: ...

    def host_time(self, edge):
        return edge.box, 1_000

    def begin(self) -> None: ...

    def set_contact(self, door, open) -> None:
        self.device.contacts.append((self.clock.now, open))

    def pass_body(self, door, direction) -> None:
        self.device.bodies.append((self.clock.now, direction))

    def press_exit(self, door) -> None:
        self.device.asked.append("button")
        self.unlock(door - 1)

    def ask(self, do, then=None, *, asked_at=None, **what) -> None:
        self.device.asked.append(do)
        answer = {"ok": True, "unix": what.get("unix")}
        self.clock.at(self.clock.now, lambda _: then and then(answer, self._news(Heard, 0, b"")))
        if do == "release":
            self.unlock(what["lane"])


@pytest.fixture
def play():
    """Play a place with a scripted device; -> (rows as dicts, the rig's Connections, the device)."""

    def run(device: Device | None = None, *, server: bool = True, **changes: str):
        device = device or Device()
        text = PLACE.format(**{**PLAIN, **changes}).encode()
        scenario = read_bytes(text, Scenario, check=problems)
        plan = bind(
            Loaded(scenario, SimpleNamespace(name="desk.yaml"), "0" * 64), policy=None, portal=None, lanes=4
        )
        coming = [
            Coming(t, person, journey, direction)
            for t, _, person, journey, direction in plan.day.trips
            if t < 2_000
        ]
        plan = plan.playing(coming)
        device.fail_safe = plan.fail_safe
        clock, log = SimulatedClock(plan.begin), EventLog()
        rig = Connections(clock, plan.portal, plan.compiled, plan.roster, plan.start)
        lines = Lines(clock, device)
        rig.readers = rig.box = lines
        rig.server = lines if server else None
        lanes = [
            Lane(n, {"in": 2 * n, "out": 2 * n + 1}, n + 1, 0 if plan.fail_safe else 1)
            for n in range(len(plan.lanes))
        ]
        builder: BenchBuilder = plan.build(clock, log, (rig, lanes))
        lines.doors = dict(enumerate(builder.doors))
        clock.run(builder.over)
        return log.table().to_pylist(), rig, device

    return run


@pytest.fixture(scope="session")
def virtual():
    """The module `benchmarks/virtual_bench.py`: whole bench runs at emulated devices in virtual time."""
    folder = Path(__file__).parents[3] / "benchmarks"
    for name in ("virtual_rig", "virtual_bench"):
        spec = importlib.util.spec_from_file_location(name, folder / f"{name}.py")
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules["virtual_bench"]
