"""The access rules of a policy, looked up instead of searched: what is accepted where, from whom, at which hour."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from .document import AccessRule
from .means import Means
from .schedule import contains, edges

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


@dataclass(frozen=True, slots=True)
class Day:
    """Answers by time of day."""

    begins: tuple[float, ...]
    """Seconds after midnight from which each answer holds; the first is 0."""
    answers: tuple[Answer, ...]

    def at(self, clock: float) -> Answer:
        return self.answers[bisect_right(self.begins, clock) - 1]


class AccessTable:
    """Every rule worked out for every (portal, direction, group) and hour of the day."""

    def __init__(
        self, rules: Sequence[AccessRule], portals: Mapping[str, str], groups: Iterable[str]
    ) -> None:
        """`portals`: instance -> the id that the rules speak of."""
        self.always: dict[Key, Answer] = {}
        """Answers that hold at every hour."""
        self.by_hour: dict[Key, Day] = {}
        self._known: dict[tuple[Means, ...], Answer] = {(): NOTHING}
        everyone = (*groups, None)
        for portal, name in portals.items():
            for direction in ("in", "out"):
                for group in everyone:
                    fitting = [rule for rule in rules if concerns(rule, name, direction, group)]
                    self._enter((portal, direction, group), fitting)

    def _enter(self, key: Key, rules: Sequence[AccessRule]) -> None:
        begins: list[float] = []
        answers: list[Answer] = []
        for edge in edges(rule.hours for rule in rules):
            means = next((rule.accept for rule in rules if contains(rule.hours, edge)), ())
            answer = self._known.setdefault(means, Answer(means))
            if not answers or answers[-1] is not answer:
                begins.append(edge)
                answers.append(answer)
        if len(answers) == 1:
            self.always[key] = answers[0]
        else:
            self.by_hour[key] = Day(tuple(begins), tuple(answers))

    def accepts_at_some_hour(self, key: Key, credential: str, shown_at: str) -> bool:
        """Is there an hour of the day at which this credential is accepted, alone or as a part?"""
        day = self.by_hour.get(key)
        answers = day.answers if day is not None else (self.always.get(key, NOTHING),)
        return any(credential in (one.at_reader if shown_at == "reader" else one.at_guard) for one in answers)


def concerns(rule: AccessRule, portal: str, direction: str, group: str | None) -> bool:
    """Does a rule speak of this portal, direction and group (at whatever hour)?"""
    return (
        (rule.who is None or group in rule.who)
        and (rule.at is None or portal in rule.at)
        and rule.direction in (None, direction)
    )
