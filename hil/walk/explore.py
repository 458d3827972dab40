"""Property-based testing of a door under test: hypothesis drives it through random steps against the oracle, and shrinks what
fails on the device itself.

A sequence is drawn by a state machine that knows what can be done (a leaf that is open can be shut, a fault that is on can
end). The simulator screens it: the oracle alone plays it first, and one that comes to nothing new is not sent to the
device. Before and after each the device is brought to its known state, and that is seen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import hypothesis.strategies as st
from hypothesis import HealthCheck, Phase, Verbosity, settings
from hypothesis import seed as _seeded
from hypothesis.stateful import (
    RuleBasedStateMachine,
    precondition,
    rule,
    run_state_machine_as_test,
)
from scipy.stats import beta

from ..faults.rig import BY_STEPS
from ..verdicts import Verdict
from .finding import Finding
from .oracle import Fault, Oracle
from .plan import WalkPlan
from .rows import Row
from .steps import (
    Begin,
    Contact,
    End,
    Fire,
    FireReset,
    Lift,
    List,
    Override,
    Pass,
    Present,
    Press,
    Release,
    Step,
    Wait,
    text,
)
from .world import RowResult

LONGEST = 14
"""Steps of a sequence."""
AWAY = ("network-down", "network-partitioned", "power-cut", "brown-out", "restart", "buffer-full")
"""Faults in which the server cannot reach the device: of two at once the end of neither could be seen."""
AGAIN = 5
"""Times that a shrunk sequence is played again, to tell always from now and then."""

Play = Callable[[Row], RowResult]


@dataclass
class Failing:
    """A sequence that failed."""

    steps: tuple[Step, ...]
    findings: tuple[Finding, ...]


@dataclass
class Explored:
    """What came of it."""

    played: int = 0
    """Sequences that the device was asked to do."""
    screened: int = 0
    """Sequences that came to nothing new by the oracle alone."""
    steps: int = 0
    seconds: float = 0.0
    first: Failing | None = None
    """The first that failed, as it was drawn."""
    smallest: Failing | None = None
    """What was left of it when it was shrunk."""
    failed_again: int = 0
    tried_again: int = 0
    seen: set[tuple[Any, ...]] = field(default_factory=set)
    """What sequences came to, by the oracle."""

    @property
    def steps_a_minute(self) -> float:
        return 60.0 * self.steps / self.seconds if self.seconds else 0.0

    @property
    def rate(self) -> tuple[float, float, float]:
        """How often the smallest fails: share, and its exact 95 % interval (Clopper and Pearson)."""
        k, n = self.failed_again, self.tried_again
        if not n:
            return float("nan"), 0.0, 1.0
        low = float(beta.ppf(0.025, k, n - k + 1)) if k else 0.0
        high = float(beta.ppf(0.975, k + 1, n - k)) if k < n else 1.0
        return k / n, low, high

    def story(self) -> str:
        """How one came by the smallest: rate, what it came to, and the steps before it was shrunk. Empty: nothing failed."""
        if self.first is None or self.smallest is None:
            return ""
        share, low, high = self.rate
        lines = [
            f"Failed {self.failed_again} of {self.tried_again} times ({share:.0%}, 95 % interval {low:.0%} to {high:.0%}):",
            *(f"  {finding}" for finding in self.smallest.findings[:3]),
            f"Shrunk at the device from {len(self.first.steps)} steps to {len(self.smallest.steps)}; before:",
            *(f"  {text(step)}" for step in self.first.steps),
        ]
        return "\n".join(lines)

    def text(self) -> str:
        """For people."""
        lines = [
            f"{self.played} sequences of {self.steps} steps in {self.seconds:.0f} s ({self.steps_a_minute:.0f} steps a minute), {self.screened} more screened out by the oracle"
        ]
        if self.smallest is not None and self.first is not None:
            share, low, high = self.rate
            lines.append(
                f"a sequence of {len(self.first.steps)} steps failed, shrunk to {len(self.smallest.steps)}; that fails {self.failed_again} of "
                f"{self.tried_again} times ({share:.0%}, 95 % interval {low:.0%} to {high:.0%})"
            )
            lines += [f"  {finding}" for finding in self.smallest.findings]
        return "\n".join(lines)


class Failed(AssertionError):
    """The device did something else than the oracle says."""


def explore(
    plan: WalkPlan, play: Play, faults: dict[str, str | None], *, seconds: float, seed: int = 0, known: Sequence[Row] = (),
    actuations: Callable[[], int] = lambda: 0, most_actuations: int = 1 << 30,
) -> Explored:  # fmt: skip
    """Drive a device. `play`: one row at it; `faults`: that may be used, with places; `known`: regressions, played first;
    `seconds`, `most_actuations`: the budget, of shrinking too."""
    found, began = Explored(), monotonic()

    failed_at: list[float] = []

    def spent() -> bool:
        return monotonic() - began > seconds or actuations() >= most_actuations

    def enough() -> bool:
        """Half of what is left at the first failure is hypothesis's to shrink in, the rest for leaving out step by step."""
        return spent() or bool(failed_at) and monotonic() - began > (failed_at[0] + seconds) / 2

    def attempt(steps: Sequence[Step], name: str) -> None:
        result = play(Row(name, "a random sequence", tuple(steps)))
        found.played += 1
        found.steps += result.steps
        if result.verdict is Verdict.FAIL:
            failed = Failing(tuple(steps), tuple(result.findings))
            failed_at.append(monotonic() - began)
            found.first = found.first or failed
            if found.smallest is None or len(failed.steps) <= len(found.smallest.steps):
                found.smallest = failed
            raise Failed("\n".join(map(str, result.findings)))

    try:
        for row in known:
            attempt(row.steps, row.id)
        round = 0
        while not spent() and found.smallest is None:
            machine = _machine(plan, faults, found, attempt, enough)
            _seeded(seed + round)(machine)
            run_state_machine_as_test(machine, settings=_settings())
            round += 1
    except Failed:
        pass
    except Exception:
        # A sequence that fails now and then, or a budget that ends amid shrinking, is no mistake of ours: it is told as a rate.
        if found.smallest is None:
            raise
    if found.smallest is not None:
        _leave_out(found, attempt, spent)
        for _ in range(AGAIN):
            result = play(Row("again", "the smallest sequence once more", found.smallest.steps))
            found.tried_again += 1
            found.failed_again += result.verdict is Verdict.FAIL
    found.seconds = monotonic() - began
    return found


def _leave_out(
    found: Explored, attempt: Callable[[Sequence[Step], str], None], spent: Callable[[], bool]
) -> None:
    """Leave out one step after the other, from the last, as long as it fails without it, until the budget is spent."""
    assert found.smallest is not None
    number = len(found.smallest.steps) - 1
    while number >= 0 and not spent():
        steps = found.smallest.steps
        without = _playable((*steps[:number], *steps[number + 1 :]))
        if without:
            with suppress(Failed):
                attempt(without, "shrunk")
        number = min(number, len(found.smallest.steps)) - 1


def _settings() -> settings:
    return settings(
        max_examples=25, stateful_step_count=LONGEST, deadline=None, database=None, phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck), print_blob=False, report_multiple_bugs=False, verbosity=Verbosity.quiet,
    )  # fmt: skip


def _machine(
    plan: WalkPlan, faults: dict[str, str | None], found: Explored, attempt: Callable[[Sequence[Step], str], None], spent: Callable[[], bool]
) -> type[RuleBasedStateMachine]:  # fmt: skip
    probes = plan.probes()
    ways = st.sampled_from(probes.all)
    lanes = st.integers(0, len(probes.lanes) - 1)
    drawn = sorted(set(faults) - set(BY_STEPS))
    names = st.sampled_from(drawn) if drawn else st.nothing()

    class Machine(RuleBasedStateMachine):
        """Draws a sequence; plays it when it is complete. Fire, leaves and overrides are drawn as steps."""

        def __init__(self) -> None:
            super().__init__()
            self.steps: list[Step] = []
            self.open: set[int] = set()
            self.on: list[str] = []
            self.burning = self.fire = False
            self.held: str | None = None

        @rule(
            way=ways,
            nth=st.integers(0, 2),
            sound=st.sampled_from((True, True, True, False)),
            times=st.sampled_from((1, 1, 1, 2, 3, 4)),
            passes=st.booleans(),
        )
        def present(self, way: tuple[str, str, str], nth: int, sound: bool, times: int, passes: bool) -> None:
            direction, group, kind = way
            player = probes.player(group, nth)
            walks = passes and probes.lane(direction) not in self.open
            one = Present(player.person, kind, direction, probes.lane(direction), sound, passes=walks)
            self.steps += [one] * (1 if sound else times)

        @rule(lane=lanes)
        def open_or_close(self, lane: int) -> None:
            self.steps.append(Contact(lane not in self.open, lane))
            self.open ^= {lane}

        @rule(lane=lanes)
        def press(self, lane: int) -> None:
            self.steps.append(Press(lane))

        @rule(seconds=st.sampled_from((0.3, 0.8, plan.times.unlock, plan.times.unlock + 0.7)))
        def wait(self, seconds: float) -> None:
            self.steps.append(Wait(round(min(seconds, 10.0), 3)))

        @rule(name=names)
        def fault(self, name: str) -> None:
            wired = [one for one in (*self.on, name) if one in AWAY]
            if name not in self.on and len(self.on) < 2 and len(wired) < 2:
                self.on.append(name)
                self.steps.append(Begin(name, faults[name]))

        @precondition(lambda self: self.on)
        @rule()
        def heal(self) -> None:
            name = self.on.pop()
            self.steps.append(End(name, faults[name]))

        @rule(way=ways, status=st.sampled_from(("revoked", "listed")))
        def revoke_or_enrol(self, way: tuple[str, str, str], status: str) -> None:
            _, group, kind = way
            self.steps.append(List(probes.player(group, 2).person, kind, status))

        @precondition(lambda self: not self.burning)
        @rule()
        def raise_fire(self) -> None:
            self.burning = self.fire = True
            self.steps.append(Fire())

        @precondition(lambda self: self.burning)
        @rule()
        def reset_fire(self) -> None:
            self.burning = self.fire = False
            self.steps += [Fire(False), FireReset()]

        @rule(mode=st.sampled_from(("open", "locked", None)))
        def override(self, mode: str | None) -> None:
            if mode != self.held and not any(one.startswith("network") for one in self.on):
                self.held = mode
                self.steps.append(Override(mode))

        def teardown(self) -> None:
            if not self.steps:
                return
            if spent():
                return
            steps = _playable(self.steps)
            fresh = _comes_to(plan, steps) - found.seen
            if not fresh and found.smallest is None:
                found.screened += 1
                return
            found.seen |= fresh
            attempt(steps, "explored")

    return Machine


def _playable(steps: Sequence[Step]) -> list[Step]:
    """Without what only a connected device can take, or show, while it is away."""
    kept: list[Step] = []
    begun: list[str] = []
    for one in steps:
        away = any(fault in AWAY for fault in begun)
        if isinstance(one, Begin):
            if away:
                continue
            begun.append(one.fault)
        elif isinstance(one, End):
            if one.fault not in begun or (away and one.fault not in AWAY):
                continue  # it ends when the device is there again
            begun.remove(one.fault)
        elif away and isinstance(one, (FireReset, Override, Release, Lift)):
            continue
        kept.append(one)
    return kept


def _comes_to(plan: WalkPlan, steps: Sequence[Step]) -> set[tuple[Any, ...]]:
    """What the oracle alone says of a sequence, played in no time: reasons, faults, locks, in pairs of what follows each other."""
    from ...scenarios.faults import CATALOGUE, FaultKind

    t = plan.begin
    oracle = Oracle(plan.compiled, plan.cast, plan.times, len(plan.lanes), True, t)
    found: set[tuple[Any, ...]] = set()
    last: tuple[Any, ...] = ()
    for one in steps:
        t += 0.2
        what: tuple[Any, ...] = (one.do,)
        match one:
            case Present():
                reader = f"{plan.portal}/{one.direction}/{one.lane}"
                request = oracle.request(t, one.person, one.credential, reader, one.direction, one.sound)
                decision = oracle.decide(request)
                oracle.observed(request, decision, decision.outcome)
                what = (one.do, str(decision.reason), one.direction)
                if decision.outcome == "grant":
                    oracle.lanes[one.lane].granted(t, False, "")
            case Contact():
                oracle.moved(t, one.lane, one.open)
            case Wait():
                t += one.seconds
            case Begin() if one.fault not in BY_STEPS:
                word = CATALOGUE[FaultKind(one.fault)].policy
                oracle.fault_on(t, Fault(one.fault, one.where, word, t), 0.0)
                what = (one.do, one.fault)
            case End() if (one.fault, one.where) in oracle.faults:
                oracle.fault_off(t, one.fault, one.where, 0.0)
                what = (one.do, one.fault)
            case List():
                oracle.listed(t, one.person, one.credential, one.status)
            case Fire() if one.on:
                oracle.fire(t)
            case FireReset():
                oracle.fire_reset(t)
            case Override():
                oracle.override(t, one.mode)
                what = (one.do, one.mode)
            case Pass():
                oracle.passed(t, one.direction, one.lane, None)
            case _:
                pass
        for lane in oracle.lanes:
            lane.advance(t)
        state = (
            tuple(sorted(kind for kind, _ in oracle.faults)),
            tuple(lane.unlocked for lane in oracle.lanes),
            oracle.burning,
        )
        found |= {(what, state), (last, what)}
        last = what
    return found
