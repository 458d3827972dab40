"""The device's own log against the wires: every event once, in order, at its time, and alarms where they were due."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import median
from typing import Any, NamedTuple

from ...scenarios.policy.engine import Decision
from ..verdicts import Verdict
from .finding import Behaviour, Finding
from .held_against import Limits
from .oracle import Oracle

ALARMS = {"held-open": Behaviour.HELD_OPEN, "forced": Behaviour.FORCED, "anti-passback": Behaviour.ANTI_PASSBACK, "wrong-try": Behaviour.SUSPENSION}  # fmt: skip

KEPT = 100
"""Newest events that a log must still have when it ran full."""
KINDS = ("decision", "alarm", "suspend")
"""Events that must be in the log, each once."""


class _Due(NamedTuple):
    """What the log must have."""

    t: float
    kind: str
    place: str
    detail: str
    """`grant` …, or the alarm's name."""
    maybe: bool = False
    """May it be missing?"""
    seen: bool = False
    """Is its time that of a light, which the line may have kept back, and not its own?"""
    late: float = 0.0
    """s by which the line is known to have kept it back, at most."""


class JournalCheck:
    """What was seen since the log was last read."""

    def __init__(self, oracle: Oracle, limits: Limits) -> None:
        self.oracle, self._limits = oracle, limits
        self.last = 0
        """Number of the last event that was read."""
        self._due: list[_Due] = []
        self.skewed = False
        """Does the device's clock show something else on purpose?"""
        self.lossy = False
        """Is its buffer known to have overflowed?"""
        self._unix = 0

    def seen_until(self, events: Sequence[Mapping[str, Any]]) -> None:
        """What the log has by now is none of this walk's."""
        if events:
            self.last, self._unix = events[-1]["n"], events[-1]["unix"]
        self._due.clear()

    def decided(
        self, t: float, reader: str, outcome: str, expected: Decision | None, late: float = 0.0
    ) -> None:
        """A decision was seen at a reader, or one was due. `late`: s by which it may have been
        decided earlier: it was told on a disturbed line."""
        self._due.append(_Due(t, "decision", reader, outcome, late=late))
        if expected is not None and expected.outcome == outcome:
            if expected.alarm is not None:
                self._due.append(_Due(t, "alarm", reader, expected.alarm, seen=True))
            if expected.suspends is not None:
                self._due.append(_Due(t, "suspend", str(expected.suspends[0]), ""))

    def is_whole(self, events: Sequence[Mapping[str, Any]], now: float) -> bool:
        """Are there as many as are due by now?"""
        alarms = 0
        for lane in self.oracle.lanes:
            lane.advance(now)
            alarms += sum(not one.maybe for one in lane.alarms)
        return sum(one["kind"] in KINDS for one in events) >= len(self._due) + alarms

    def held_against(
        self, events: Sequence[Mapping[str, Any]], now: float, unix: Callable[[float], int]
    ) -> Iterator[Finding]:
        """What the log has (`events` since it was last read) against what is due by now. `unix`: of a world time, ns."""
        due, self._due = self._due, []
        for number, lane in enumerate(self.oracle.lanes):
            lane.advance(now)
            due += [
                _Due(alarm.t, "alarm", f"{self.oracle.portal}/{number}", alarm.name, alarm.maybe)
                for alarm in lane.alarms
            ]
            lane.alarms.clear()
        yield from self._in_order(events, now)
        kept = [one for one in events if one["kind"] in KINDS and self._is_ours(one)]
        offset = self._offset(due, kept, unix)
        if abs(offset) > self._limits.clock and not self.skewed:
            yield _finding(Behaviour.CLOCK, "the bench's time in the log", f"{offset:+.2f} s beside it", now)
        # The newest first: what was lost is the oldest, and must not be taken for what came a little later.
        for number, want in enumerate(sorted(due, reverse=True)):
            found = self._nearest(want, kept, unix, offset)
            if found is not None:
                kept.remove(found)
            elif want.kind == "alarm" and want.t > now - self._limits.alarm:
                self._due.append(want)  # it has still time
            elif want.maybe:
                continue
            elif not self.lossy or number < KEPT:
                yield _finding(
                    ALARMS.get(want.detail, Behaviour.LOG),
                    f"{want.kind} {want.detail} at {want.place} in the log",
                    "nothing",
                    want.t,
                )
        for one in kept:
            t = (one["unix"] - unix(0.0)) / 1e9
            behaviour = ALARMS.get(
                str(one["detail"]), Behaviour.SUSPENSION if one["kind"] == "suspend" else Behaviour.LOG
            )
            said = one["outcome"] or one["detail"]
            yield _finding(
                behaviour,
                "nothing in the log that was not seen",
                f"{one['kind']} {said} at {one['place']}",
                t,
            )
        self.lossy = False

    def _offset(
        self, due: Sequence[_Due], kept: Sequence[Mapping[str, Any]], unix: Callable[[float], int]
    ) -> float:
        """By how many seconds the log's time lies beside ours, by the decisions in it."""
        ours = [one for one in due if one.kind == "decision"]
        theirs = [one["unix"] for one in kept if one["kind"] == "decision"]
        if not ours or len(ours) != len(theirs):
            return 0.0
        beside = [(b - unix(a.t)) / 1e9 for a, b in zip(ours, theirs, strict=True) if not a.late]
        return float(median(beside)) if beside else 0.0

    def _nearest(
        self, want: _Due, kept: Sequence[Mapping[str, Any]], unix: Callable[[float], int], offset: float
    ) -> Mapping[str, Any] | None:
        """The event that is meant, at its time."""
        limit = self._limits.clock + self._limits.answer + want.late
        if want.kind == "alarm" and not want.seen:
            limit = self._limits.alarm
        beside = [
            (abs((one["unix"] - unix(want.t)) / 1e9 - offset), number)
            for number, one in enumerate(kept)
            if self._fits(one, want)
        ]
        if not beside:
            return None
        lies, number = min(beside)
        return kept[number] if lies <= limit or self.skewed else None

    def _in_order(self, events: Sequence[Mapping[str, Any]], now: float) -> Iterator[Finding]:
        for one in events:
            if one["kind"] == "lost":
                if not self.lossy:
                    yield _finding(Behaviour.LOG, "no event lost", f"{one['detail']} lost", now)
                continue
            if one["unix"] < self._unix and not self.skewed:
                yield _finding(
                    Behaviour.LOG,
                    "events in order",
                    f"{one['kind']} at {one['place']} lies {(self._unix - one['unix']) / 1e9:.2f} s before the one before it",
                    now,
                )
            self._unix = max(self._unix, one["unix"])
        if events:
            self.last = events[-1]["n"]
        if self.skewed:
            self._unix = 0

    def _is_ours(self, event: Mapping[str, Any]) -> bool:
        place = str(event["place"])
        return event["kind"] == "suspend" or place.split("/")[0] == self.oracle.portal

    @staticmethod
    def _fits(event: Mapping[str, Any], want: _Due) -> bool:
        said = (
            event["outcome"] if want.kind == "decision" else event["detail"] if want.kind == "alarm" else ""
        )
        return bool(event["kind"] == want.kind and event["place"] == want.place and said == want.detail)


def _finding(behaviour: Behaviour, expected: str, observed: str, t: float) -> Finding:
    return Finding(behaviour, Verdict.FAIL, expected, observed, t)
