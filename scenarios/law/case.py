"""A policy of a scenario as the law looks at it: who can pass where, which way, at which hour, by what.

Everything is asked of the policy engine; nothing is read from the document a second time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import NamedTuple

from ..people import BIOMETRICS, Group
from ..policy.document import PolicyDocument
from ..policy.engine import Means, Policy, PortalFacts
from ..policy.means import GUARD
from ..policy.schedule import edges
from ..scenario import Scenario
from ..units import DAY, Hours

CALLEES = ("management", "host", "hotline", "police")
NEEDS_LINE = ("network-down", "server-down")
"""Faults in which nobody opens from afar."""


class Path(NamedTuple):
    """One way through a portal."""

    text: str
    """`card`, `registration-card at guard`, `a call to the management`, `an open door`."""
    biometrics: frozenset[str] = frozenset()
    """Kinds of biometric that it takes."""


class Spot(NamedTuple):
    """A portal in a direction, for a group."""

    portal: str
    direction: str
    group: str


class Instant(NamedTuple):
    """From when on and until when, within one local day, every answer stays the same."""

    t: float
    """Seconds after the start."""
    clock: float
    """Seconds after midnight."""
    until: float
    """Seconds after midnight, at the most 86400."""


@dataclass(frozen=True)
class Case:
    """One candidate of a scenario, on a day."""

    scenario: Scenario
    id: str
    """Of the candidate."""
    as_of: date

    @cached_property
    def document(self) -> PolicyDocument:
        """The candidate with all that it inherits."""
        return self.scenario.policy(self.id)

    @cached_property
    def policy(self) -> Policy:
        """The candidate at work, for portals as they are declared."""
        portals = self.scenario.compound.portals
        facts = {
            name: PortalFacts(tuple(portal.readers), portal.without_power) for name, portal in portals.items()
        }
        return Policy(self.id, self.document, facts, tuple(self.scenario.people), self.scenario.start)

    # ---- people

    @cached_property
    def entitled(self) -> tuple[str, ...]:
        """Groups that may enter at all."""
        return tuple(name for name, group in self.scenario.people.items() if group.is_entitled())

    @cached_property
    def without_face(self) -> tuple[str, ...]:
        """Entitled groups some of whom are on no list of a biometric: they refused, were not asked or are not let."""
        return tuple(
            name
            for name in self.entitled
            if any(_is_out(self.scenario.people[name], one) for one in BIOMETRICS)
        )

    @cached_property
    def subjects(self) -> tuple[str, ...]:
        """For whom a way without a biometric is looked for: those who need one; where the file has none, everybody entitled,
        as anybody may refuse."""
        return self.without_face or self.entitled

    def holds(self, group: str) -> frozenset[str]:
        """Credentials that a group has, with the biometrics of those who are enrolled."""
        spec = self.scenario.people[group]
        bodies = [
            one for one in BIOMETRICS if (found := spec.enrolment_of(one)) and found.enrolled + found.pending
        ]
        return frozenset(name for name in spec.holds if not self.is_biometric(name)) | frozenset(bodies)

    def is_biometric(self, credential: str) -> bool:
        reader = self.scenario.readers.get(credential)
        return reader is not None and reader.trait == "biometric"

    # ---- time

    @cached_property
    def instants(self) -> tuple[Instant, ...]:
        """Every stretch of time on which all answers of the policy stay the same: between edges of hours (rules, guards, who
        answers calls, doors held open), exceptions and cutovers. A day of each stretch between exceptions is enough."""
        document, clock = self.document, self.policy.wall_clock
        schedules: list[tuple[Hours, ...] | None] = [
            *(rule.hours for rule in document.access),
            *(rule.hours for rule in document.exceptions),
            *(duty.hours for duty in document.guard),
            *(remote.hours for remote in document.remote),
            *(held.hours for held in document.hold_open),
        ]
        daily = edges(schedules)
        start, end = self.scenario.start, max(self.scenario.duration, DAY)
        moments = [one for rule in document.exceptions for one in (rule.begin, rule.until) if one is not None]
        cuts = {start.seconds_until(one.local) for one in moments} | {t for t, _, _ in self.policy.cutovers}
        begins = sorted({0.0, *(t for t in cuts if 0.0 < t < end)})
        found: list[Instant] = []
        for begin, stop in zip(begins, [*begins[1:], max(end, begins[-1] + DAY)], strict=True):
            stop, first = min(stop, begin + DAY), clock.at(begin)
            at = {begin, *(t for edge in daily if begin < (t := begin + (edge - first) % DAY) < stop)}
            for t, after in zip(sorted(at), [*sorted(at)[1:], stop], strict=True):
                found.append(Instant(t, clock.at(t), min(clock.at(t) + after - t, DAY)))
        return tuple(sorted(found, key=lambda one: (one.clock, one.t)))

    # ---- ways

    def spots(self, groups: tuple[str, ...], directions: tuple[str, ...] = ("in", "out")) -> Iterator[Spot]:
        """Portals with a reader that is on, by direction and group."""
        for direction in directions:
            for portal in self.scenario.compound.portals:
                if direction in self.policy.readers(portal):
                    for group in groups:
                        yield Spot(portal, direction, group)

    def paths(self, spot: Spot, t: float, fault: str | None = None) -> tuple[Path, ...]:
        """Every lawful way through: what the policy accepts of what the group holds, a guard's judgement, a call that opens,
        a door that stands open. Following others, lent credentials and guards who open against their orders are none."""
        portal, direction, group = spot
        if direction not in self.policy.readers(portal):
            return (Path("free passage"),)
        if self.policy.is_held_open(portal, t):
            return (Path("an open door"),)
        answer = "ignore" if fault is None else self.policy.fault_answer(fault, portal)
        if answer == "release":
            return (Path("an open door"),)
        found = [] if answer == "deny" else list(self._shown(spot, t))
        if fault not in NEEDS_LINE:
            for callee in CALLEES:
                remote = self.policy.remote(portal, callee, group, t)
                if remote is not None and remote.grants > 0.0:
                    found.append(Path(f"a call to the {callee}"))
        return tuple(found)

    def _shown(self, spot: Spot, t: float) -> Iterator[Path]:
        held, guard = self.holds(spot.group), self.policy.guard(spot.portal, t)
        for means in self.policy.accepted(spot.portal, spot.direction, spot.group, t):
            if means.shown_at == "guard" and (guard is None or guard.grants == 0.0):
                continue
            if all(name in held or name == GUARD for name in means.credentials):
                yield Path(
                    str(means), frozenset(name for name in means.credentials if self.is_biometric(name))
                )

    def accepted(self, spot: Spot, t: float) -> tuple[Means, ...]:
        """What the policy accepts there and then."""
        return self.policy.accepted(spot.portal, spot.direction, spot.group, t)

    # ---- what the policy uses

    @cached_property
    def biometrics(self) -> frozenset[str]:
        """Kinds of biometric that open something for somebody who has them."""
        return frozenset(
            kind
            for spot in self.spots(tuple(self.scenario.people))
            for instant in self.instants
            for path in self.paths(spot, instant.t)
            for kind in path.biometrics
        )

    @property
    def uses_face(self) -> bool:
        return "face" in self.biometrics


def _is_out(group: Group, kind: str) -> bool:
    found = group.enrolment_of(kind)
    return found is not None and found.refused + found.not_offered + found.not_eligible > 0.0
