"""Holds what the wires said against what had to come: decisions at once, locks when they have come to rest."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from statistics import median
from typing import NamedTuple

from ...scenarios.policy.engine import Decision
from ...scenarios.policy.state import DENY, GRANT, Reason, Request
from ..measure.stalls import Stalls
from ..realtime import News
from ..verdicts import Verdict
from .finding import Behaviour, Finding
from .lock import Turn
from .oracle import Oracle

EARLY = 0.05
"""Seconds by which a stamp may lie before what caused it: the clocks of host and box are joined, not one."""
SPOILING = ("line-noise", "line-bit-errors")
"""Faults that may spoil an answer and all that an OSDP panel may repeat of it; then the two have to meet anew."""
MEETING = 6.0
"""Seconds that this may take beyond."""
FEW = 5
"""Answers before the latency of another can be called longer than theirs."""


@dataclass(frozen=True)
class Limits:
    """How long a device may take, s. Fixed before the first step, and printed."""

    answer: float = 1.0
    """From the credential on the wire to the reader's light."""
    growth: float = 0.3
    """Beyond the median of the answers before."""
    unlock: float = 0.6
    """From the credential on the wire to the lock's voltage."""
    relock: float = 0.4
    """From when the lock must fall, either way."""
    alarm: float = 1.0
    """By which an alarm in the log may lie beside the instant at which it was due."""
    log: float = 1.0
    """Until an event is at the access server."""
    clock: float = 0.5
    """By which the log's time may lie beside the bench's."""
    mute: float = 0.3
    """How long an answer is waited for that must not come."""

    def scaled(self, factor: float) -> Limits:
        """For a device whose timers run `factor` times as fast. What is the wire's stays: answers and their tolerances."""
        return replace(self, relock=max(0.25, self.relock / factor), alarm=max(0.4, self.alarm / factor))

    def text(self) -> str:
        """As it is printed."""
        return ", ".join(f"{name} {value:g} s" for name, value in self.__dict__.items())


class Answered(NamedTuple):
    """What the device told a reader."""

    outcome: str
    instant: int
    """ns of the host's clock."""
    t: float
    evidence: int


class _Level(NamedTuple):
    t: float
    unlocked: bool
    evidence: int
    instant: int


class HeldAgainst:
    """The wires of one door."""

    def __init__(self, oracle: Oracle, limits: Limits, stalls: Stalls) -> None:
        self.oracle, self.limits, self._stalls = oracle, limits, stalls
        self._levels: list[list[_Level]] = [[] for _ in oracle.lanes]
        self.latencies: list[float] = []
        """Seconds to each answer, as raw samples."""

    def start(self, lane: int, t: float, unlocked: bool) -> None:
        """The level before anything happened."""
        self._levels[lane].append(_Level(t, unlocked, -1, 0))

    def edge(self, lane: int, t: float, unlocked: bool, evidence: int, instant: int) -> None:
        """A lock's voltage changed."""
        self._levels[lane].append(_Level(t, unlocked, evidence, instant))

    def is_unlocked(self, lane: int) -> bool:
        """As far as it was seen."""
        return bool(self._levels[lane]) and self._levels[lane][-1].unlocked

    @property
    def usual(self) -> float:
        """Median of the answers before, s; while there are few of them, as long as an answer may take."""
        return median(self.latencies) if len(self.latencies) >= FEW else self.limits.answer

    @property
    def patience(self) -> float:
        """Seconds beyond its limit that an answer may take because of noise."""
        return MEETING if any(one.kind in SPOILING for one in self.oracle.faults.values()) else 0.0

    def verdict(self, begin: int, end: int) -> Verdict:
        """FAIL, unless the host was kept from running meanwhile (ns of its clock)."""
        return Verdict.INDETERMINATE if self._stalls.touch(begin, end) else Verdict.FAIL

    # ---- decisions

    def decision(
        self, request: Request, expected: Decision, told: Answered | None, sent: int | None, t: float, mute: bool, news: News | None,
        disturbed: bool = False, arrived: bool = True,
    ) -> Iterator[Finding]:  # fmt: skip
        """What came of a credential. `sent`: when it was on the wire, ns; None: nobody asked the reader. `mute`: no answer
        is due; `disturbed`: it may have to be asked for again; `arrived`: the device has it, for certain."""
        evidence = -1 if news is None else news.evidence
        what = f"{request.credential} of {request.group or 'nobody'} at {request.reader}"
        if mute:
            if told is not None:
                yield self._finding(
                    Behaviour.FALLBACK, f"no answer to {what}: the reader has no power or no line", told.outcome, t, told.evidence
                )  # fmt: skip
            return
        wanted = f"{expected.outcome} ({expected.reason}) for {what}"
        if sent is None:
            yield self._finding(self._when_off(expected, t), wanted, "nobody asked the reader", t, evidence)
            return
        if told is None:
            if self.patience and not arrived:
                return  # noise had it
            yield self._finding(Behaviour.LATENCY, wanted, "no answer in time", t, evidence, expected)
            return
        if told.outcome != expected.outcome:
            yield self._finding(
                self._name(request, expected, told.outcome, t),
                wanted,
                told.outcome,
                t,
                told.evidence,
                expected,
            )
        seconds = (told.instant - sent) / 1e9
        limit = (
            2 * self.limits.answer + self.patience
            if disturbed
            else min(self.limits.answer, self.usual + self.limits.growth)
        )
        if seconds > limit:
            yield Finding(
                Behaviour.LATENCY, self.verdict(sent, told.instant), f"an answer within {limit:.2f} s", f"{seconds:.2f} s", t, told.evidence
            )  # fmt: skip
        elif not disturbed:
            self.latencies.append(seconds)

    def _when_off(self, expected: Decision, t: float) -> Behaviour:
        named = self.oracle.behaviour(expected, t, otherwise=Behaviour.PROTOCOL)
        return (
            named if named in (Behaviour.FALLBACK, Behaviour.RECOVERY, Behaviour.FIRE) else Behaviour.PROTOCOL
        )

    def _name(self, request: Request, expected: Decision, outcome: str, t: float) -> Behaviour:
        named = self.oracle.behaviour(expected, t)
        if named in (Behaviour.FIRE, Behaviour.FIRE_LATCH, Behaviour.FALLBACK, Behaviour.RECOVERY):
            return named
        state = self.oracle.state
        if expected.outcome == GRANT and outcome == DENY:
            who = {request.person, request.reader}
            if any(one in state.tries or one in state.suspended for one in who):
                return Behaviour.SUSPENSION
            if any(request.person in places for places in state.places.values()):
                return Behaviour.ANTI_PASSBACK
        if expected.reason is Reason.UNKNOWN and request.record is None and request.person is None:
            return Behaviour.AUTHENTICITY
        return named

    def _finding(
        self, behaviour: Behaviour, expected: str, observed: str, t: float, evidence: int, decision: Decision | None = None
    ) -> Finding:  # fmt: skip
        faults = ", ".join(sorted({one.kind for one in self.oracle.faults.values()}))
        return Finding(
            behaviour, Verdict.FAIL, expected + (f" while {faults}" if faults else ""), observed, t, evidence
        )

    # ---- locks

    def lock(self, lane: int, since: float, until: float) -> Iterator[Finding]:
        """Every stretch in which a lock had to have a level and did not have it throughout. One finding a stretch."""
        model = self.oracle.lanes[lane]
        model.advance(until)
        turns, levels = model.turns, self._levels[lane]
        instants = [one.t for one in levels]
        for number, turn in enumerate(turns):
            following = turns[number + 1] if number + 1 < len(turns) else None
            end, early = until, EARLY
            if following is not None:
                usual = self.limits.relock if following.behaviour == "lock-timing" else EARLY
                end, early = following.t, usual + following.early
            begin = max(turn.t + self._late(turn.behaviour) + turn.loose, since)
            end -= early
            if not levels:
                continue
            if end <= begin:
                yield from self._brief(lane, turn, following, levels)
                continue
            place = bisect_right(instants, begin) - 1
            level = levels[max(place, 0)]
            change = next((one for one in levels[place + 1 :] if one.t < end), None)
            wrong = level if level.unlocked != turn.unlocked else change
            if wrong is None:
                continue
            began = level.unlocked == turn.unlocked
            seen = (
                f"{_word(wrong.unlocked)} from {wrong.t - turn.t:+.2f} s on"
                if began
                else self._still(turn.unlocked, levels, place, end, turn.t)
            )
            behaviour = Behaviour(turn.behaviour)
            if behaviour in (Behaviour.LOCK_STATE, Behaviour.DECISION) and (
                began or self._came(turn.unlocked, levels, turn.t - EARLY, end)
            ):
                behaviour = Behaviour.LOCK_TIMING
            yield Finding(
                behaviour, self.verdict(wrong.instant - 1_000_000, wrong.instant + 1_000_000) if wrong.instant else Verdict.FAIL,
                f"lane {lane} {_word(turn.unlocked)} ({turn.why}) until {'%.2f s later' % (end + early - turn.t)}", seen, turn.t, wrong.evidence,
            )  # fmt: skip

    def forget(self) -> None:
        """A row is over: what was judged is not judged again."""
        for lane, levels in enumerate(self._levels):
            del levels[:-1]
            del self.oracle.lanes[lane].turns[:-1]
            self.oracle.lanes[lane].alarms.clear()

    def _late(self, behaviour: str) -> float:
        if behaviour == "lock-timing":
            return self.limits.relock
        return self.limits.unlock

    def _brief(
        self, lane: int, turn: Turn, following: Turn | None, levels: list[_Level]
    ) -> Iterator[Finding]:
        """A grant so short that its level need not stand at any instant: it must have been there at all."""
        if (
            following is None
            or not turn.unlocked
            or turn.loose
            or following.loose
            or turn.behaviour == "lock-timing"
        ):
            return
        until = following.t + self.limits.relock + self.limits.unlock
        if levels[0].t > turn.t or levels[-1].unlocked or self._came(True, levels, turn.t - EARLY, until):
            return
        yield Finding(
            Behaviour(turn.behaviour), Verdict.FAIL, f"lane {lane} unlocked ({turn.why}) for {following.t - turn.t:.2f} s", "locked all the time", turn.t
        )  # fmt: skip

    @staticmethod
    def _came(unlocked: bool, levels: list[_Level], begin: float, end: float) -> bool:
        """Did it come to a level at any time?"""
        return any(one.unlocked == unlocked for one in levels if begin <= one.t < end)

    @staticmethod
    def _still(unlocked: bool, levels: list[_Level], place: int, end: float, t: float) -> str:
        later = next((one for one in levels[place + 1 :] if one.unlocked == unlocked and one.t < end), None)
        word = _word(not unlocked)
        return word + (" all the time" if later is None else f" until {later.t - t:.2f} s later")


def _word(unlocked: bool) -> str:
    return "unlocked" if unlocked else "locked"
