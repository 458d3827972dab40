"""What a policy document says, worked out for the portals as they stand: looked up instead of searched.

A `Rulebook` knows no state and no requests; `decide` and `advance` read it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..distributions import Distribution
from ..units import Start
from .access import NOTHING, AccessTable, Answer, Exceptional
from .document import AntiPassback, Cutover, FaultName, FaultRule, PolicyDocument
from .means import Means
from .schedule import WallClock, contains
from .state import FOREVER, Fault

OFF_LINE = frozenset({Fault.NETWORK_DOWN, Fault.SERVER_DOWN})
"""While one of these lasts, the list is as last synchronised."""
UNSAID: dict[str, str] = {
    Fault.NETWORK_DOWN: "last-list",
    Fault.SERVER_DOWN: "last-list",
    Fault.STORE_CORRUPT: "deny",
}
"""What a fault does where the policy is silent; a power cut does what the portal does, any other fault nothing."""


@dataclass(frozen=True)
class PortalFacts:
    """What a policy must know of a portal."""

    readers: tuple[str, ...]
    """Directions with a reader; the others are free egress."""
    without_power: str = "open"
    """`open` or `locked`."""


@dataclass(frozen=True)
class Guard:
    """A guard on duty."""

    posts: int
    takes: Distribution
    occupies_lane: bool
    grants: float


@dataclass(frozen=True)
class Remote:
    """Somebody who lets callers in from afar."""

    by: str
    takes: Distribution
    grants: float


class Rulebook:
    """Immutable and picklable. Its dictionaries are by portal instance."""

    def __init__(
        self,
        document: PolicyDocument,
        portals: Mapping[str, PortalFacts],
        groups: tuple[str, ...],
        start: Start,
        declared: Mapping[str, str],
    ) -> None:
        """See `Policy`."""
        self.clock = WallClock(start)
        names = {portal: declared.get(portal, portal) for portal in portals}
        free = document.egress.free if document.egress is not None else ()
        self.built_in = {portal: frozenset(facts.readers) for portal, facts in portals.items()}
        """Directions with a reader, be it on or off."""
        self.readers = {
            portal: frozenset(facts.readers) - ({"out"} if names[portal] in free else set())
            for portal, facts in portals.items()
        }
        """Directions with a reader that is on."""
        held = {
            portal: tuple(
                hours for one in document.hold_open if names[portal] in one.at for hours in one.hours
            )
            for portal in portals
        }
        self.held = {portal: hours for portal, hours in held.items() if hours}
        """By portal that is held open at all: the hours."""
        special = [
            Exceptional(
                one,
                -FOREVER if one.begin is None else start.seconds_until(one.begin.local),
                FOREVER if one.until is None else start.seconds_until(one.until.local),
            )
            for one in document.exceptions
        ]
        self.table = AccessTable(document.access, names, groups, special)
        self._duties = {
            portal: tuple(
                (duty.hours, Guard(duty.posts, duty.takes, duty.occupies_lane, duty.grants))
                for duty in document.guard
                if (names[portal] in duty.at if duty.at is not None else facts.readers)
            )
            for portal, facts in portals.items()
        }
        self._remote = {
            portal: tuple(
                (rule, Remote(rule.by, rule.takes, rule.grants))
                for rule in document.remote
                if (names[portal] in rule.at if rule.at is not None else facts.readers)
            )
            for portal, facts in portals.items()
        }
        self.suspension = document.suspension
        self.wrong_try_alarm = document.wrong_try_alarm
        self.combination_within = document.combination_within
        self.areas: dict[str, tuple[str, AntiPassback]] = _areas(document.anti_passback, names)
        """The anti-passback area that it bounds, and the rule there."""
        self.members = {
            area: frozenset(portal for portal, (other, _) in self.areas.items() if other == area)
            for area, _ in self.areas.values()
        }
        """By area: its portals."""
        self.interlocks = _interlocks(document.interlock, names)
        """The portals that must be shut before it opens; others have no entry."""
        self._faults = _fault_rules(document.faults, names, portals)
        released = document.fire.releases
        self.released_by_fire = frozenset(
            portal for portal in portals if released is None or names[portal] in released
        )
        self.in_force = _cutovers(document.cutover, start)
        """By credential that a cutover speaks of: valid from, until."""
        self.cutovers = tuple(
            sorted(
                (t, name, what)
                for name, span in self.in_force.items()
                for t, what in zip(span, ("begins", "ends"), strict=True)
                if -FOREVER < t < FOREVER
            )
        )
        """What these change: instant, credential, `begins` or `ends`."""

    def accepted(self, portal: str, direction: str, group: str | None, t: float) -> tuple[Means, ...]:
        """What somebody of this group may try there and then, in order of fallback. Left out are credentials that a
        cutover has ended or not yet brought, and what is shown to a guard while none is on duty."""
        answer = self.answer(portal, direction, group, t)
        means = answer.unguarded if answer.at_guard and self.guard(portal, t) is None else answer.means
        if self.in_force:
            means = tuple(one for one in means if all(self._is_in_force(name, t) for name in one.credentials))
        return means

    def is_steady(self, portal: str, direction: str, group: str | None) -> bool:
        """See `Policy`."""
        always = self.table.always.get((portal, direction, group))
        if always is None:
            return False
        if self.in_force and any(name in self.in_force for one in always.means for name in one.credentials):
            return False
        return not always.at_guard or all(hours is None for hours, _ in self._duties[portal])

    def guard(self, portal: str, t: float) -> Guard | None:
        """Who is on duty at a portal: the first duty whose hours fit."""
        duties = self._duties[portal]
        if not duties:
            return None
        clock = self.clock.at(t)
        return next((guard for hours, guard in duties if contains(hours, clock)), None)

    def duties(self, portal: str) -> tuple[Guard, ...]:
        """Every duty at a portal, whatever the hour."""
        return tuple(guard for _, guard in self._duties[portal])

    def remote(self, portal: str, by: str, group: str | None, t: float) -> Remote | None:
        """Who lets a caller of this group in: the first rule that fits."""
        for rule, remote in self._remote[portal]:
            fits = rule.by == by and (rule.who is None or group in rule.who)
            if fits and contains(rule.hours, self.clock.at(t)):
                return remote
        return None

    def remotes(self, portal: str) -> tuple[Remote, ...]:
        """Everybody who may let callers in at a portal, whatever the hour."""
        return tuple(remote for _, remote in self._remote[portal])

    def is_held_open(self, portal: str, t: float) -> bool:
        """Is it held open by its hours?"""
        return portal in self.held and contains(self.held[portal], self.clock.at(t))

    def answer(self, portal: str, direction: str, group: str | None, t: float) -> Answer:
        """Rule 8 at its hour. A group that the scenario does not know is treated as unknown."""
        key = (portal, direction, group)
        always = self.table.always.get(key)
        if always is not None:
            return always
        day = self.table.day(key, t)
        if day is not None:
            return day.answers[0] if len(day.answers) == 1 else day.at(self.clock.at(t))
        return NOTHING if group is None else self.answer(portal, direction, None, t)

    def _is_in_force(self, credential: str, t: float) -> bool:
        begin, end = self.in_force.get(credential, (t, FOREVER))
        return begin <= t < end

    # ---- faults

    def fault_answer(self, fault: str, portal: str) -> str:
        """`release`, `deny`, `last-list` or `ignore`."""
        return self._faults[portal].get(fault, "ignore")

    def cuts_off(self, fault: str, portal: str) -> bool:
        """Does the list of this portal's controller stand still while the fault lasts?"""
        answer = self.fault_answer(fault, portal)
        return answer == "last-list" or (fault in OFF_LINE and answer != "ignore")


def _areas(areas: tuple[AntiPassback, ...], names: Mapping[str, str]) -> dict[str, tuple[str, AntiPassback]]:
    """Portal -> (area, rule). Where every member stands once in each tower, each tower has its own area."""
    found: dict[str, tuple[str, AntiPassback]] = {}
    for index, area in enumerate(areas):
        members = [portal for portal, name in names.items() if name in area.at]
        apart = all(portal != names[portal] for portal in members)
        for portal in members:
            found[portal] = (f"{index}{portal.removeprefix(names[portal])}" if apart else str(index), area)
    return found


def _interlocks(sets: tuple[tuple[str, ...], ...], names: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Portal -> the portals that must be shut before it opens. Doors of different towers do not wait for one another."""
    found: dict[str, tuple[str, ...]] = {}
    for portal, name in names.items():
        tower = portal.removeprefix(name)
        others = tuple(
            other
            for other, theirs in names.items()
            if theirs != name
            and any(name in one and theirs in one for one in sets)
            and ("" in (tower, other.removeprefix(theirs)) or tower == other.removeprefix(theirs))
        )
        if others:
            found[portal] = others
    return found


def _fault_rules(
    faults: Mapping[FaultName, tuple[FaultRule, ...]],
    names: Mapping[str, str],
    portals: Mapping[str, PortalFacts],
) -> dict[str, dict[str, str]]:
    """Portal -> fault -> answer, with what holds where the policy is silent."""
    found: dict[str, dict[str, str]] = {}
    for portal, name in names.items():
        power = "release" if portals[portal].without_power == "open" else "deny"
        answers: dict[str, str] = {str(Fault.POWER_CUT): power} | UNSAID
        for fault, rules in faults.items():
            said = next((rule.rule for rule in rules if rule.at is None or name in rule.at), None)
            if said is not None:
                answers[fault] = said
        found[portal] = answers
    return found


def _cutovers(cutovers: tuple[Cutover, ...], start: Start) -> dict[str, tuple[float, float]]:
    """Credential -> (from, until) in seconds, for those that a cutover speaks of."""
    found: dict[str, tuple[float, float]] = {}
    for one in cutovers:
        begin, end = found.get(one.old, (-FOREVER, FOREVER))
        found[one.old] = (begin, min(end, start.seconds_until((one.until or one.at).local)))
        begin, end = found.get(one.new, (-FOREVER, FOREVER))
        found[one.new] = (max(begin, start.seconds_until(one.at.local)), end)
    return found
