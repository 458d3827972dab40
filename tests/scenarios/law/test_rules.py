"""Every rule: a case that complies and one that breaches, on the day on which it begins and on the day before."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from gatebench.scenarios.errors import InputError
from gatebench.scenarios.law import RULES, Answer, Measured, Rule, Way, check, in_force
from gatebench.scenarios.law.declared import working_days_after
from gatebench.scenarios.law.places import PLACES

from .compounds import compound, judge, keywords

FACE_ONLY = "{access: [{accept: face}]}"
LOCKED = "{access: [{accept: [face, card]}], fire: {releases: []}}"
TURNSTILE = "{kind: turnstile, readers: [in, out]}"
CONVENIENT = "{convenient: {times: 2, plus: 10 s, failures: 5 %}}"


def _says(good: str, bad: str) -> tuple[dict[str, Any], dict[str, Any]]:
    return keywords(law=good), keywords(law=bad)


def _way(law: str = "{}") -> tuple[dict[str, Any], dict[str, Any]]:
    return keywords(law=law), keywords(law=law, policy=FACE_ONLY)


_FIRE = (keywords(), keywords(policy=LOCKED))
_MINORS = _says("{minors: {guardian: true, rules: true}}", "{minors: {guardian: false, rules: true}}")
CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "GB50396-9.0.1": _FIRE,
    "GB50116-4.10.3": (keywords(portal="{kind: vehicle-barrier}"), keywords(portal="{kind: vehicle-barrier, readers: [in, out]}", policy=LOCKED)),
    "GB50016-6.4.11": _FIRE,
    "GB51348-14.4.3": _FIRE,
    "GB55037-7.1.6": _FIRE,
    "SPC-10.1": _way(),
    "SPC-2.3": _says("{consent: {separate: true}}", "{consent: {separate: false}}"),
    "SPC-4": _way("{consent: {bundled: false}}"),
    "PIPL-29": _says(
        "{consent: {separate: true, informed: true, renewed: true}}", "{consent: {separate: true, informed: true, renewed: false}}"
    ),
    "PIPL-16": _way("{consent: {withdrawable: true}}"),
    "PIPL-30": _says("{notice: {given: true, effects: true}}", "{notice: {given: true, effects: false}}"),
    "PIPL-19": _says("{storage: {shortest: true}}", "{storage: {shortest: false}}"),
    "PIPL-28": _says("{necessity: true, protection: true}", "{necessity: true, protection: false}"),
    "PIPL-31": _MINORS,
    "PIPL-47": _says("{storage: {deleted: true}}", "{storage: {deleted: false}}"),
    "PIPL-55": _says("{assessment: {done: 2021-10-01, kept: 1100 d}}", "{assessment: {done: 2021-12-01, kept: 1100 d}}"),
    "SH-23": _way(),
    "SH-23-signs": _says(
        "{public: {security_only: true, signs: true}}", "{public: {security_only: true, signs: false}}"
    ),
    "SZ-19": _says("{consent: {alternative_offered: true}}", "{consent: {alternative_offered: false}}"),
    "HZ-50": _way(),
    "NDR-22": _says("{consent: {separate: true, asks_again: false}}", "{consent: {separate: true, asks_again: true}}"),
    "CAC-5": _says("{notice: {given: true, accessible: true}}", "{notice: {given: true, accessible: false}}"),
    "CAC-6": _says("{consent: {separate: true, withdrawable: true}}", "{consent: {separate: true, withdrawable: false}}"),
    "CAC-7": _MINORS,
    "CAC-8": _says(
        "{storage: {where: device, sent_out: false, shortest: true}}", "{storage: {where: cloud, sending_agreed: false}}"
    ),
    "CAC-10": _way(CONVENIENT),
    "CAC-13": _says(
        "{public: {security_only: true, signs: true, private_spaces: false}}",
        "{public: {security_only: true, signs: true, private_spaces: true}}",
    ),
    "CAC-15": _says(
        "{handler: {persons: 120000, reached: 2025-01-01}}", "{handler: {persons: 120000, filed: 2025-09-01, reached: 2025-01-01}}"
    ),
    "GDPR-9": _way("{consent: {separate: true, informed: true}}"),
}  # fmt: skip
"""By rule: what complies, and what breaches."""
DEFINITIONS = {"CAC-19"}
"""They can be left open, and not broken."""
FIGURES = Measured(
    {("resident", "gate"): Way(1000, 8.0, 0.0), ("refuser", "gate"): Way(100, 9.0, 0.01)},
    replications=2,
    seed=1,
)


def test_every_rule_has_its_cases() -> None:
    assert set(CASES) | DEFINITIONS == {rule.id for rule in RULES}


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.id in CASES], ids=lambda rule: rule.id)
def test_one_case_complies_and_one_breaches_from_its_first_day_on(rule: Rule) -> None:
    good, bad = CASES[rule.id]
    # A filing is late only when its time is over.
    day = rule.begin if rule.id != "CAC-15" else date(2025, 6, 2)
    late = rule.begin if rule.id != "CAC-15" else date(2025, 8, 1)
    place = rule.where
    for given, on, want in ((good, day, Answer.COMPLIANT), (bad, late, Answer.BREACH)):
        found = check(compound(**given), ["tried"], place, on, lambda policy: FIGURES)
        answers = {one.rule.id: one.judgement for one in found.policies["tried"]}
        assert answers[rule.id].answer is want, answers[rule.id]
        if want is Answer.BREACH:
            assert answers[rule.id].repair


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_the_day_before_it_says_nothing_and_is_told_as_coming(rule: Rule) -> None:
    before = rule.begin - timedelta(days=1)
    try:
        now, coming = in_force(rule.where, before)
    except InputError as error:
        assert rule.id in str(error)  # the first of all
        return
    assert rule not in now
    assert rule in coming
    assert rule in in_force(rule.where, rule.begin)[0]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_holds_at_a_known_place_and_says_what_was_not_seen(rule: Rule) -> None:
    assert rule.where in PLACES
    assert rule.sources
    assert rule.verified == (not rule.doubts)


def test_ids_are_unique() -> None:
    assert len({rule.id for rule in RULES}) == len(RULES)


@pytest.mark.parametrize("id", [rule.id for rule in RULES if not rule.id.startswith("GB")])
def test_where_nothing_opens_by_a_biometric_no_rule_on_them_applies(id: str) -> None:
    cards = compound("{access: [{accept: card}]}")
    assert judge(id, cards).answer is Answer.NOT_APPLICABLE


@pytest.mark.parametrize("id", [id for id in CASES if not id.startswith("GB")])
def test_what_is_not_declared_is_no_breach(id: str) -> None:
    assert judge(id, compound()).answer in (Answer.DEPENDS, Answer.COMPLIANT)


def test_undeclared_fields_are_named() -> None:
    assert judge("PIPL-28", compound()).needs == ("necessity", "protection")


def test_a_definition_is_only_open_or_answered() -> None:
    assert judge("CAC-19", compound()).answer is Answer.DEPENDS
    assert judge("CAC-19", compound(law='{mode: "1:N"}')).answer is Answer.COMPLIANT


def test_turnstiles_leave_the_rule_on_escape_doors_open() -> None:
    assert judge("GB55037-7.1.6", compound(portal=TURNSTILE)).answer is Answer.DEPENDS


def test_filing_is_due_thirty_working_days_after_the_rule_began() -> None:
    # 1 June 2025 is a Sunday: 30 working days without holidays end on Friday, 11 July.
    assert working_days_after(date(2025, 6, 1), 30) == date(2025, 7, 11)
    stored = compound(law="{handler: {persons: 120000, reached: 2024-01-01}}")
    assert judge("CAC-15", stored, as_of=date(2025, 7, 11)).answer is Answer.COMPLIANT
    assert judge("CAC-15", stored, as_of=date(2025, 7, 12)).answer is Answer.BREACH
    fewer = compound(law="{handler: {persons: 99999}}")
    assert judge("CAC-15", fewer, as_of=date(2025, 7, 12)).answer is Answer.NOT_APPLICABLE


def test_children_count_only_where_some_are_on_the_list() -> None:
    adults = "{holds: [face, card], entitled: true, ages: {25-54: 1}}"
    assert judge("PIPL-31", compound(resident=adults)).answer is Answer.NOT_APPLICABLE
