"""Wire against camera: what was seen of each lane, on the host's clock, beside what the wires say of the same instants.

A camera is a witness of its own. Where a lamp turns green and no lock lets go, or a leaf moves and no contact opens, that is
the finding; where both tell of the same event, their difference has to lie within what both say of their uncertainty.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ..eyes.joining import Change, ClockMap, NoClock, join
from ..eyes.lines import SYNC
from ..observers.sighting import Sighting
from ..verdicts import Verdict
from .eyes import EyesLine
from .timings import Timing

K = 2.0
"""Coverage factor: ± 2 u is meant to hold 95 %."""
NEAR = 0.4
"""Seconds within which a sighting and an edge may be of one event."""
ALPHA = 1e-4
"""Of each check (DEFINITIONS)."""
GREEN = "green"
UNLOCK, OPEN, SHUT = "unlock", "open", "shut"
KINDS: Mapping[str, tuple[str, str]] = {
    UNLOCK: ("the lamp turns green", "the voltage on the lock's wires changes"),
    OPEN: ("the leaf begins to move", "the contact opens"),
}
"""Event -> what the camera sees of it, and what the wires say."""


class WireEdge(NamedTuple):
    """What the wires of a lane say."""

    what: str
    instant: int
    """ns of the host's clock."""
    u: float
    """s, standard uncertainty."""


class Witnessed(NamedTuple):
    """A sighting on the host's clock."""

    sighting: Sighting
    instant: int
    """ns of the host's clock."""
    u: float
    """s, standard uncertainty, that of the camera's clock included."""
    evidence: int
    """Position in the transcript."""


class Pair(NamedTuple):
    """One event by camera and by wire."""

    what: str
    seen: Witnessed
    edge: WireEdge

    @property
    def difference(self) -> float:
        """s: camera later than wire."""
        return (self.seen.instant - self.edge.instant) / 1e9

    @property
    def expanded(self) -> float:
        """s: U (k = 2) of the difference."""
        return K * math.hypot(self.seen.u, self.edge.u)

    @property
    def agrees(self) -> bool:
        return abs(self.difference) <= self.expanded


class Contradiction(NamedTuple):
    """Camera and wires tell different things."""

    instant: int
    """ns of the host's clock."""
    seen: str
    wires: str
    evidence: int


@dataclass
class Witness:
    """What one camera saw of one lane."""

    camera: str
    lane: int
    frames: int = 0
    missing: int = 0
    clock: ClockMap | None = None
    why_no_clock: str = ""
    """Why its times cannot be told on the host's clock; empty: they can."""
    seen: list[Witnessed] = field(default_factory=list)
    pairs: list[Pair] = field(default_factory=list)
    contradictions: list[Contradiction] = field(default_factory=list)
    unseen: dict[str, int] = field(default_factory=dict)
    """By event: told by the wires, and not seen."""
    reasons: list[str] = field(default_factory=list)
    """What the observers could not tell, and why."""
    lost: str = ""
    """Why the camera gave no more frames."""

    @property
    def verdict(self) -> Verdict:
        """FAIL where camera and wires contradict each other, or differ by more than both say, more often than one in twenty;
        NOT_TESTED where nothing could be compared."""
        if self.contradictions:
            return Verdict.FAIL
        if not self.pairs:
            return Verdict.NOT_TESTED
        beyond = sum(not one.agrees for one in self.pairs)
        return Verdict.FAIL if _at_least(beyond, len(self.pairs)) < ALPHA else Verdict.PASS

    def pairs_of(self, what: str) -> list[Pair]:
        return [one for one in self.pairs if one.what == what]

    def to_json(self) -> dict[str, Any]:
        return {
            "camera": self.camera, "lane": self.lane, "verdict": str(self.verdict), "frames": self.frames, "missing": self.missing, "lost": self.lost,
            "clock": None if self.clock is None else self.clock.to_json(), "why_no_clock": self.why_no_clock,
            "sightings": len(self.seen),
            "pairs": [
                {"event": one.what, "difference": one.difference, "U": one.expanded, "agrees": one.agrees, "evidence": one.seen.evidence}
                for one in self.pairs
            ],
            "contradictions": [
                {"instant": one.instant, "camera": one.seen, "wires": one.wires, "evidence": one.evidence} for one in self.contradictions
            ],
            "unseen": self.unseen, "reasons": self.reasons, "unit": "s",
        }  # fmt: skip


def _at_least(k: int, n: int) -> float:
    """Probability that k or more of n lie beyond 95 % intervals that are right."""
    return sum(math.comb(n, i) * 0.05**i * 0.95 ** (n - i) for i in range(k, n + 1))


def witness(eye: EyesLine, edges: Sequence[WireEdge], unlocked_at: Callable[[int], bool]) -> Witness:
    """Hold what a camera saw against the wires of its lane. `edges` in order; `unlocked_at`: of an instant, by the wires."""
    found = Witness(eye.resource, eye.lane, eye.frames, eye.missing)
    found.reasons = [f"{one.observer}: {one.note}" for one in eye.reasons]
    found.lost = "" if eye.lost is None else eye.lost.message
    _tell_time(found, eye)
    if found.clock is None:
        return found
    for what, seen in ((UNLOCK, _green(found.seen)), (OPEN, _moved(found.seen))):
        _match(found, what, seen, [one for one in edges if one.what == what], unlocked_at)
    found.contradictions.sort(key=lambda one: one.instant)
    return found


def _tell_time(found: Witness, eye: EyesLine) -> None:
    """The sightings on the host's clock, if that can be told."""
    if eye.sync is None:
        found.why_no_clock = "no lamp for the clock stands in its picture (`sync`), so its delay is not known"
        return
    lamp = (one.sighting for one in eye.seen if one.sighting.observer == SYNC)
    seen = [
        Change(one.t, one.u, one.event == "lamp_on") for one in lamp if one.event in ("lamp_on", "lamp_off")
    ]
    try:
        found.clock = join(sorted(seen), [Change(one.instant / 1e9, one.u, one.lit) for one in eye.toggles])
    except NoClock as error:
        found.why_no_clock = error.message
        return
    for sighting, news in eye.seen:
        if sighting.observer != SYNC:
            t, u = found.clock.host(sighting.t, sighting.u)
            found.seen.append(Witnessed(sighting, round(t * 1e9), u, news.evidence))
    found.seen.sort(key=lambda one: one.instant)


def _green(seen: Iterable[Witnessed]) -> list[Witnessed]:
    return [one for one in seen if one.sighting.event == "lamp_on" and GREEN in one.sighting.note]


def _moved(seen: Sequence[Witnessed]) -> list[Witnessed]:
    """First motions of a leaf that was shut."""
    found, shut = [], True
    for one in seen:
        if one.sighting.event == "leaf_closed":
            shut = True
        elif one.sighting.event == "leaf_moved" and shut:
            found.append(one)
            shut = False
    return found


def _match(
    found: Witness, what: str, seen: Sequence[Witnessed], edges: Sequence[WireEdge], unlocked_at: Callable[[int], bool]
) -> None:  # fmt: skip
    """Pair the events of one kind, each at most once; what is left over is told."""
    instants = [one.instant for one in edges]
    taken: set[int] = set()
    for one in seen:
        place = bisect_left(instants, one.instant)
        near = [
            number for number in (place - 1, place)
            if 0 <= number < len(edges) and number not in taken and abs(instants[number] - one.instant) <= NEAR * 1e9
        ]  # fmt: skip
        if near:
            best = min(near, key=lambda number: abs(instants[number] - one.instant))
            taken.add(best)
            found.pairs.append(Pair(what, one, edges[best]))
        elif what == OPEN or not unlocked_at(one.instant + round(NEAR * 1e9)):
            wires = "the lock is locked" if what == UNLOCK else "the contact is shut"
            found.contradictions.append(Contradiction(one.instant, KINDS[what][0], wires, one.evidence))
    missed = sum(number not in taken for number in range(len(edges)))
    if missed:
        found.unseen[what] = missed


def stages(found: Witness, timings: Sequence[Timing]) -> list[Timing]:
    """What the wires timed until the lock let go, once more until the camera saw the lamp turn green."""
    ends = {one.end: one for one in timings if one.stage == "unlock"}
    more = []
    for pair in found.pairs_of(UNLOCK):
        timed = ends.get(pair.edge.instant)
        if timed is not None:
            doubt = round(pair.seen.u * math.sqrt(3.0) * 1e9)  # as of a join: a bound
            more.append(
                timed._replace(stage="seen", end=pair.seen.instant, doubt=doubt, evidence=pair.seen.evidence)
            )
    return more
