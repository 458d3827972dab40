"""Every rule asked of every candidate, at a place and on a day."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

from ..errors import InputError
from ..scenario import Scenario
from .answers import Answer, Judgement, Witness
from .case import Case
from .measured import Measured
from .places import jurisdictions
from .rules import RULES, Rule
from .witness import stranded


@dataclass(frozen=True)
class Judged:
    """What a rule says of a candidate."""

    rule: Rule
    judgement: Judgement


@dataclass(frozen=True)
class Checked:
    """What the law indicates."""

    scenario: str
    place: str
    as_of: date
    policies: dict[str, tuple[Judged, ...]]
    """By candidate; rules in force, in the order of `RULES`."""
    stranded: dict[str, tuple[Witness, ...]]
    """By candidate: people without any path, whatever the law says of it."""
    coming: tuple[Rule, ...]
    """Rules of the place that are not in force yet, in order of their day."""

    def answers(self, policy: str) -> set[Answer]:
        return {one.judgement.answer for one in self.policies[policy]}

    @property
    def breached(self) -> bool:
        return any(Answer.BREACH in self.answers(one) for one in self.policies)

    @property
    def open(self) -> bool:
        """Does anything depend on what the file does not say?"""
        return any(Answer.DEPENDS in self.answers(one) for one in self.policies)


def in_force(place: str, as_of: date) -> tuple[tuple[Rule, ...], tuple[Rule, ...]]:
    """Rules that hold at a place on a day, and those that will.

    Raises:
        InputError: an unknown place, or a day before any rule that is known for it.
    """
    where = jurisdictions(place)
    there = [rule for rule in RULES if rule.where in where]
    now = tuple(rule for rule in there if rule.begin <= as_of)
    if not now:
        first = min(there, key=lambda rule: rule.begin)
        raise InputError(
            f"{as_of} lies before any law that is known here for {place}: the first is {first.id}, from {first.begin}; "
            "name a later day by --as-of"
        )
    later = sorted((rule for rule in there if rule.begin > as_of), key=lambda rule: rule.begin)
    return now, tuple(later)


def check(
    scenario: Scenario,
    policies: Sequence[str],
    place: str,
    as_of: date,
    measured: Callable[[str], Measured | None] = lambda policy: None,
) -> Checked:
    """Judge candidates. `measured` is asked for a candidate's figures once, and only if a rule's answer hangs on them.

    Raises:
        InputError: an unknown place, or a day before any rule.
    """
    now, later = in_force(place, as_of)
    found = {id: _judged(Case(scenario, id, as_of), now, partial(measured, id)) for id in policies}
    left_out = {id: stranded(Case(scenario, id, as_of)) for id in policies}
    return Checked(scenario.id, place, as_of, found, left_out, later)


def _judged(case: Case, rules: Sequence[Rule], measured: Callable[[], Measured | None]) -> tuple[Judged, ...]:
    """Simulating takes a while: only where a rule asks for it, and once."""
    found = [Judged(rule, rule.judge(case, None)) for rule in rules]
    if any(one.judgement.unmeasured for one in found):
        figures = measured()
        found = [
            Judged(one.rule, one.rule.judge(case, figures)) if one.judgement.unmeasured else one
            for one in found
        ]
    return tuple(found)
