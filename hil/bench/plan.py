"""What a bench run plays: one portal, one candidate, a few people of one simulated day. The same in the live run, at the
model and in a replay."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from ...scenarios.errors import InputError
from ...scenarios.faults import TimedFault
from ...scenarios.library import Loaded
from ...scenarios.policy.engine import Policy
from ...scenarios.policy.state import Fault
from ...scenarios.provisioner import unix
from ...scenarios.scenario import Scenario
from ...scenarios.spelling import unknown
from ...sim import replication
from ...sim.build import compile_policy, instances
from ...sim.clockwork import Clockwork
from ...sim.draws import Draws
from ...sim.log import EventLog
from ...sim.trips import Day, plan
from ..faults import why_not
from ..realtime import BenchClockwork
from .connections import Connections, Lane
from .roster import Roster, provisioning
from .timeline import Injected, Skipped, placed
from .world import BenchBuilder, Coming, lanes_to_wire

if TYPE_CHECKING:
    from .run import BenchWorld
    from .wired import Wiring

LEAD = 5.0
"""World seconds before the first arrival at which a run begins."""


@dataclass(frozen=True)
class BenchPlan:
    """Everything that decides what happens, apart from the devices."""

    loaded: Loaded
    policy: str
    portal: str
    """An instance, such as `tower-door-3`."""
    seed: int
    rep: int
    lanes: tuple[int, ...]
    """Numbers of the portal's lanes that are wired; on the bench they are counted from 0 in this order."""
    coming: tuple[Coming, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    """Faults of the scenario that this rig cannot do, and why; the model beside it does without them, too."""

    @cached_property
    def scenario(self) -> Scenario:
        """With the faults that are played."""
        scenario, out = self.loaded.scenario, {one.number for one in self.skipped}
        if not out:
            return scenario
        kept = tuple(one for number, one in enumerate(scenario.faults) if number not in out)
        return scenario.model_copy(update={"faults": kept})

    @property
    def faults(self) -> tuple[list[tuple[int, TimedFault]], list[Skipped]]:
        """Those that strike the played people, as they are wired; and those that do not."""
        declared = instances(self.loaded.scenario)[self.portal]
        out = {one.number for one in self.skipped}
        found: list[tuple[int, TimedFault]] = []
        others: list[Skipped] = []
        for number, one in enumerate(self.loaded.scenario.faults):
            if number in out:
                continue
            here = placed(one, self.portal, declared, self.lanes, self.begin)
            if isinstance(here, str):
                others.append(Skipped(number, here))
            else:
                found.append((number, here))
        return found, others

    @property
    def spans(self) -> list[tuple[str, float, float]]:
        """What is played at the portal: fault, from, until, s of world time."""
        declared = instances(self.loaded.scenario)[self.portal]
        found = (
            placed(one, self.portal, declared, self.lanes, float("-inf")) for one in self.scenario.faults
        )
        return [(str(one.fault), one.at, one.end) for one in found if not isinstance(one, str)]

    def at(self, wiring: Wiring) -> BenchPlan:
        """The same at a rig: what it cannot do is skipped."""
        there = {name for name, line in wiring.lines.items() if line is not None} | (
            {"power"} if wiring.supply is not None else set()
        )
        told = [str(one) for one in Fault if self.compiled.speaks_of(one, self.portal)]
        readers = bool(
            self.loaded.scenario.compound.portals[instances(self.loaded.scenario)[self.portal]].readers
        )
        why = (
            (number, why_not(str(one.fault), there, readers, wiring.key is not None, told))
            for number, one in enumerate(self.loaded.scenario.faults)
        )
        return self.without([Skipped(number, said) for number, said in why if said])

    def without(self, skipped: Iterable[Skipped]) -> BenchPlan:
        """The same without these faults."""
        known = {one.number: one for one in (*self.skipped, *skipped)}
        return replace(self, skipped=tuple(sorted(known.values())))

    @cached_property
    def draws(self) -> Draws:
        return Draws(self.seed, self.rep)

    @cached_property
    def day(self) -> Day:
        return plan(self.loaded.scenario, self.draws)

    @cached_property
    def roster(self) -> Roster:
        return Roster(self.loaded.scenario)

    @cached_property
    def compiled(self) -> Policy:
        return compile_policy(self.loaded.scenario, self.policy)

    @property
    def begin(self) -> float:
        """World time at which the run begins, s."""
        return (self.coming[0].t if self.coming else 0.0) - LEAD

    @property
    def start(self) -> int:
        """Unix time of the world's t = 0, ns."""
        return unix(self.loaded.scenario.start.local)

    @property
    def fail_safe(self) -> bool:
        """Does the lock let go without power?"""
        declared = instances(self.loaded.scenario)[self.portal]
        return self.loaded.scenario.compound.portals[declared].without_power == "open"

    @property
    def longest_unlock(self) -> float:
        """Seconds after which the lock has fallen, whatever happened."""
        unlock = self.loaded.scenario.compound.portals[instances(self.loaded.scenario)[self.portal]].unlock
        return max(unlock.time, unlock.extended)

    def playing(self, coming: Sequence[Coming]) -> BenchPlan:
        """The same for these visits, in order of their arrival."""
        return replace(self, coming=tuple(sorted(coming)))

    # ---- worlds

    def simulate_day(self) -> pa.Table:
        """The whole day at the model: what there is to choose from."""
        log = EventLog()
        replication.run(self.scenario, self.policy, self.day, self.draws, log)
        return self.table(log, "sim")

    def build(
        self,
        clock: Clockwork,
        log: EventLog,
        rig: tuple[Connections, Sequence[Lane]] | None,
        injectors: Mapping[str, Injected | str] | None = None,
    ) -> BenchBuilder:
        """The world of the chosen visits on a clock: at devices, or without `rig` at the model."""
        builder = BenchBuilder(
            self.scenario,
            self.day,
            self.draws,
            log,
            self.portal,
            self.coming,
            self.lanes,
            rig,
            self.faults[0],
            injectors,
        )
        builder.build(self.compiled, clock)
        if rig is not None:
            people = sorted(
                {one.person for one in self.coming} | {one for one, _ in builder.taken_for.values()}
            )
            profiles = [(person, builder.profile(person)) for person in people]
            told = provisioning(
                self.loaded.scenario, self.policy, self.roster, profiles, self.portal, self.lanes
            )
            builder.told = json.loads(told.to_json())
            rig[0].listed = {person: profile.listed for person, profile in profiles}
        return builder

    def world(
        self, clock: BenchClockwork, wired: dict[str, Any], random: Callable[[int], bytes], key: bytes | None
    ) -> BenchWorld:
        """The chosen visits at the lines of a rig, live or replayed."""
        from .run import BenchWorld

        return BenchWorld(self, clock, wired, random, key)

    def at_the_model(self) -> pa.Table:
        """The event log of the chosen visits at the modelled door."""
        clock, log = Clockwork(self.begin), EventLog()
        builder = self.build(clock, log, None)
        clock.run(builder.over)
        return self.table(log, "sim")

    def table(self, log: EventLog, world: str) -> pa.Table:
        """The event log as a table that says where it comes from."""
        about = replication.metadata(self.loaded, self.seed, self.rep)
        about |= {"world": world, "policy": self.policy, "bench": self.to_json()}
        about["portals"] = replication.portals_under(self.loaded.scenario, self.policy, about["portals"])
        if world == "bench":
            about["portals"][self.portal]["lanes"] = len(self.lanes)
        return log.table(self.rep, about, clock="sim" if world == "sim" else "host")

    # ---- on paper

    def to_json(self) -> dict[str, Any]:
        """All of it but the scenario's text."""
        return {
            "scenario": self.loaded.scenario.id,
            "file": self.loaded.path.name,
            "sha256": self.loaded.sha256,
            "policy": self.policy,
            "portal": self.portal,
            "seed": self.seed,
            "rep": self.rep,
            "lanes": list(self.lanes),
            "coming": [list(one) for one in self.coming],
            "skipped": [list(one) for one in self.skipped],
        }

    @classmethod
    def from_json(cls, loaded: Loaded, told: Mapping[str, Any]) -> BenchPlan:
        """InputError if the scenario is not the one that was played."""
        if told["sha256"] != loaded.sha256:
            raise InputError(
                f"{loaded.path}: is not the scenario that was played (sha256 {told['sha256'][:12]}…, this one has "
                f"{loaded.sha256[:12]}…); name the file as it was then"
            )
        coming = tuple(Coming(*one) for one in told["coming"])
        return cls(
            loaded,
            told["policy"],
            told["portal"],
            told["seed"],
            told["rep"],
            tuple(told["lanes"]),
            coming,
            tuple(Skipped(*one) for one in told.get("skipped", ())),
        )


def bind(
    loaded: Loaded, *, policy: str | None, portal: str | None, lanes: int, seed: int = 1, rep: int = 0
) -> BenchPlan:
    """Which candidate and portal are played: as asked for, else as the scenario's `bench:` says. `lanes`: for how many the
    rig has readers and a box. InputError: unknown ones, or nothing says which."""
    scenario = loaded.scenario
    said = scenario.bench
    if policy is None:
        if said is None:
            raise InputError(
                f"{loaded.path}: no `bench:` says which portal and policy to replay; add one, or give --policy and --portal"
            )
        policy = said.policy
    if policy not in scenario.policies:
        raise InputError(f"--policy: {unknown('policy', policy, scenario.policies)}")
    declared = instances(scenario)
    if portal is None:
        if said is None:
            raise InputError(
                f"{loaded.path}: no `bench:` says which portal to replay; add one, or give --portal"
            )
        portal = said.portal
    if portal not in declared:
        portal = next((one for one, name in declared.items() if name == portal), portal)
    if portal not in declared:
        raise InputError(f"--portal: {unknown('portal', portal, declared)}")
    spec = scenario.compound.portals[declared[portal]]
    served = scenario.policy(policy).lanes_of(declared[portal], spec).directions()
    return BenchPlan(loaded, policy, portal, seed, rep, tuple(lanes_to_wire(served, lanes)))
