"""The access rules of a policy, looked up instead of searched: what is accepted where, from whom, at which hour."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from .document import AccessRule
from .means import Means
from .schedule import contains, edges
from .state import FOREVER

Key = tuple[str, str, str | None]
"""(portal, direction, group)."""


def _by_credential(means: Iterable[Means], shown_at: str) -> dict[str, tuple[Means, ...]]:
    found: dict[str, tuple[Means, ...]] = {}
    for one in means:
        if one.shown_at != shown_at:
            continue
        for credential in one.credentials:
            before = found.get(credential)
            if len(one.credentials) == 1 or before == ():
                found[credential] = ()
            else:
                found[credential] = (*(before or ()), one)
    return found


class Answer:
    """What is accepted while one rule holds."""

    __slots__ = ("at_guard", "at_reader", "means", "unguarded")

    def __init__(self, means: tuple[Means, ...]) -> None:
        self.means = means
        """In order of fallback."""
        self.unguarded = tuple(one for one in means if one.shown_at != "guard")
        """What is left of them while no guard is on duty."""
        self.at_reader = _by_credential(means, "reader")
        """Credential -> the combinations that it is part of; empty when it is enough by itself."""
        self.at_guard = _by_credential(means, "guard")


NOTHING = Answer(())


class Exceptional(NamedTuple):
    """A rule that goes before all others from `begin` until `end`, seconds after the start, half-open."""

    rule: AccessRule
    begin: float
    end: float


@dataclass(frozen=True, slots=True)
class Day:
    """Answers by time of day."""

    begins: tuple[float, ...]
    """Seconds after midnight from which each answer holds; the first is 0."""
    answers: tuple[Answer, ...]

    def at(self, clock: float) -> Answer:
        return self.answers[bisect_right(self.begins, clock) - 1]


@dataclass(frozen=True, slots=True)
class Periods:
    """Days that differ because an exception begins or ends between them."""

    begins: tuple[float, ...]
    """Instants from which each holds; the first is that of the beginning of all times."""
    days: tuple[Day, ...]

    def at(self, t: float) -> Day:
        return self.days[bisect_right(self.begins, t) - 1]


class AccessTable:
    """Every rule worked out for every (portal, direction, group) and hour of the day."""

    def __init__(
        self,
        rules: Sequence[AccessRule],
        portals: Mapping[str, str],
        groups: Iterable[str],
        exceptions: Sequence[Exceptional] = (),
    ) -> None:
        """`portals`: instance -> the id that the rules speak of."""
        self.always: dict[Key, Answer] = {}
        """Answers that hold at every instant."""
        self.by_hour: dict[Key, Day] = {}
        """Those that depend on the hour alone."""
        self.by_period: dict[Key, Periods] = {}
        """Those that an exception changes for a while."""
        self._known: dict[tuple[Means, ...], Answer] = {(): NOTHING}
        everyone = (*groups, None)
        for portal, name in portals.items():
            for direction in ("in", "out"):
                for group in everyone:
                    fitting = [rule for rule in rules if concerns(rule, name, direction, group)]
                    special = [one for one in exceptions if concerns(one.rule, name, direction, group)]
                    self._enter((portal, direction, group), fitting, special)

    def _enter(self, key: Key, rules: Sequence[AccessRule], exceptions: Sequence[Exceptional]) -> None:
        begins: list[float] = []
        days: list[Day] = []
        for begin in sorted({-FOREVER, *(edge for one in exceptions for edge in one[1:] if edge < FOREVER)}):
            before = [one.rule for one in exceptions if one.begin <= begin < one.end]
            day = self._day([*before, *rules])
            if not days or days[-1] != day:
                begins.append(begin)
                days.append(day)
        if len(days) > 1:
            self.by_period[key] = Periods(tuple(begins), tuple(days))
        elif len(days[0].answers) > 1:
            self.by_hour[key] = days[0]
        else:
            self.always[key] = days[0].answers[0]

    def _day(self, rules: Sequence[AccessRule]) -> Day:
        begins: list[float] = []
        answers: list[Answer] = []
        for edge in edges(rule.hours for rule in rules):
            means = next((rule.accept for rule in rules if contains(rule.hours, edge)), ())
            answer = self._known.setdefault(means, Answer(means))
            if not answers or answers[-1] is not answer:
                begins.append(edge)
                answers.append(answer)
        return Day(tuple(begins), tuple(answers))

    def day(self, key: Key, t: float) -> Day | None:
        """The answers of the day at an instant, where they are not the same at all times."""
        day = self.by_hour.get(key)
        if day is None and key in self.by_period:
            return self.by_period[key].at(t)
        return day

    def accepts_at_some_hour(self, key: Key, credential: str, shown_at: str, t: float | None = None) -> bool:
        """Is there an hour of the day at which this credential is accepted, alone or as a part, by the rules that hold
        at `t` (None: at any time)?"""
        periods = self.by_period.get(key)
        if key in self.always:
            days: tuple[Day, ...] = (Day((0.0,), (self.always[key],)),)
        elif periods is not None:
            days = periods.days if t is None else (periods.at(t),)
        elif key in self.by_hour:
            days = (self.by_hour[key],)
        else:
            # A group that the scenario does not know is treated as unknown.
            portal, direction, group = key
            return group is not None and self.accepts_at_some_hour(
                (portal, direction, None), credential, shown_at, t
            )
        return any(
            credential in (one.at_reader if shown_at == "reader" else one.at_guard)
            for day in days
            for one in day.answers
        )


def concerns(rule: AccessRule, portal: str, direction: str, group: str | None) -> bool:
    """Does a rule speak of this portal, direction and group (at whatever hour)?"""
    return (
        (rule.who is None or group in rule.who)
        and (rule.at is None or portal in rule.at)
        and rule.direction in (None, direction)
    )
