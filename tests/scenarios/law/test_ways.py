"""Is a face the only way, for whom, where and when; and is the other way convenient?"""

from __future__ import annotations

from datetime import date

import pytest

from gatebench.scenarios.law import Answer, Measured, Way
from gatebench.scenarios.law.check import check
from gatebench.scenarios.library import load

from .compounds import compound, judge

GUARDED = """
    access: [{who: refuser, accept: [face, registration-card at guard]}, {accept: [face, card]}]
    guard: {hours: 07:00-23:00}"""
CONVENIENT = "{convenient: {times: 2, plus: 10 s, failures: 5 %}}"


def test_a_guard_who_goes_home_leaves_somebody_at_night() -> None:
    found = judge("CAC-10", compound(GUARDED))
    assert found.answer is Answer.BREACH
    witness = found.witnesses[0]
    assert (witness.group, witness.portal, witness.direction) == ("refuser", "gate", "in")
    assert witness.hours == ((0.0, 7 * 3600.0), (23 * 3600.0, 86400.0))
    assert "at 23:10" in str(witness)
    assert "no guard is on duty" in witness.why


def test_a_guard_who_never_finds_a_document_in_order_is_no_way() -> None:
    asked = "{access: [{who: refuser, accept: [face, registration-card at guard]}, {accept: [face, card]}], guard: {grants: 0 %}}"
    assert judge("SPC-10.1", compound(asked)).answer is Answer.BREACH
    assert judge("SPC-10.1", compound(asked.replace("0 %", "50 %"))).answer is Answer.COMPLIANT


def test_both_directions_are_told_apart() -> None:
    inwards = "{access: [{direction: out, accept: face}, {accept: [face, card]}]}"
    found = judge("SH-23", compound(inwards, place="Shanghai"))
    assert found.answer is Answer.BREACH
    assert [one.direction for one in found.witnesses] == ["out"]


def test_a_way_out_without_a_reader_is_free() -> None:
    found = judge("SH-23", compound("{access: [{accept: face}]}", portal="{kind: swing-door, readers: [in]}"))
    assert [one.direction for one in found.witnesses] == ["in"]


def test_a_combination_with_a_face_is_no_way_without_one() -> None:
    assert judge("SPC-10.1", compound("{access: [{accept: [face, card + face]}]}")).answer is Answer.BREACH


def test_fingerprints_are_another_way_than_faces_and_none_without_a_biometric() -> None:
    both = "{access: [{accept: [face, fingerprint]}]}"
    people = {
        "resident": "{holds: [face, fingerprint], entitled: true}",
        "refuser": "{holds: [fingerprint, card], face: refused, entitled: true}",
    }
    assert judge("SPC-10.1", compound(both, **people)).answer is Answer.COMPLIANT
    assert judge("HZ-50", compound(both, **people)).answer is Answer.BREACH


def test_an_exception_that_ends_leaves_somebody_afterwards() -> None:
    first_hours = """
    access: [{accept: face}]
    exceptions: [{who: refuser, accept: card, until: 2021-10-11T12:00}]"""
    found = judge("SPC-10.1", compound(first_hours))
    assert found.answer is Answer.BREACH
    assert found.witnesses[0].hours == ((0.0, 86400.0),)  # of the days behind it
    from_noon = found.witnesses[0]
    assert from_noon.group == "refuser"


def test_a_door_held_open_and_a_call_that_opens_are_ways() -> None:
    assert judge("SPC-10.1", compound("{access: [{accept: face}], hold_open: {at: gate, hours: 00:00-24:00}}")).answer in (
        Answer.COMPLIANT, Answer.NOT_APPLICABLE,
    )  # fmt: skip
    called = "{access: [{accept: face}], remote: {by: management, who: refuser}}"
    assert judge("SPC-10.1", compound(called)).answer is Answer.COMPLIANT


def test_where_nobody_refuses_anybody_may() -> None:
    everybody = "{holds: [face, card], entitled: true}"
    found = judge("SPC-10.1", compound("{access: [{accept: face}]}", refuser=everybody))
    assert found.answer is Answer.BREACH
    assert found.witnesses[0].refused
    assert "who refused" in str(found.witnesses[0])


def test_people_who_may_not_enter_are_not_asked_for() -> None:
    couriers = "{holds: [card], entitled: false}"
    all_enrolled = compound(
        "{access: [{who: refuser, accept: face}, {accept: [face, card]}]}", refuser=couriers
    )
    assert judge("SPC-10.1", all_enrolled).answer is Answer.COMPLIANT


def test_the_repair_was_tried() -> None:
    found = judge("SPC-10.1", compound("{access: [{accept: face}]}"))
    assert "{who: refuser, at: gate, accept: [face, card]}" in found.repair
    repaired = "{access: [{who: refuser, at: gate, accept: [face, card]}, {accept: face}]}"
    assert judge("SPC-10.1", compound(repaired)).answer is Answer.COMPLIANT
    bare = compound("{access: [{accept: face}]}", refuser="{holds: [], face: refused, entitled: true}")
    assert "give each refuser a card" in judge("SPC-10.1", bare).repair


def test_a_call_is_no_way_while_the_line_is_down_and_the_face_goes_on() -> None:
    called = "{access: [{accept: face}], remote: {by: management, who: refuser}, faults: {network-down: last-list}}"
    figures = Measured(
        {("resident", "gate"): Way(1000, 8.0, 0.0), ("refuser", "gate"): Way(100, 9.0, 0.0)}, 2, 1
    )
    found = judge("CAC-10", compound(called, law=CONVENIENT), figures)
    assert found.answer is Answer.DEPENDS
    assert found.witnesses[0].fault == "network-down"


@pytest.mark.parametrize(
    ("way", "answer"),
    [
        (Way(100, 26.0, 0.05), Answer.COMPLIANT),  # 2 x 8 s + 10 s
        (Way(100, 26.1, 0.0), Answer.BREACH),
        (Way(100, 9.0, 0.06), Answer.BREACH),
        (Way(100, None, 1.0), Answer.BREACH),
        (Way(19, 90.0, 0.5), Answer.DEPENDS),  # too few
    ],
)
def test_convenient_is_what_the_file_calls_so_and_the_simulation_measured(way: Way, answer: Answer) -> None:
    figures = Measured({("resident", "gate"): Way(1000, 8.0, 0.0), ("refuser", "gate"): way}, 2, 1)
    assert judge("CAC-10", compound(law=CONVENIENT), figures).answer is answer


def test_without_figures_or_tolerances_it_stays_open() -> None:
    assert judge("CAC-10", compound()).needs == ("convenient",)
    assert judge("CAC-10", compound(law=CONVENIENT)).unmeasured


def test_figures_are_asked_for_only_where_an_answer_hangs_on_them() -> None:
    asked: list[str] = []

    def measured(policy: str) -> None:
        asked.append(policy)

    for policy, law, day in (
        ("{access: [{accept: face}]}", CONVENIENT, date(2025, 7, 1)),  # a breach without them
        ("{access: [{accept: [face, card]}]}", CONVENIENT, date(2025, 5, 31)),  # not in force
        ("{access: [{accept: [face, card]}]}", "{}", date(2025, 7, 1)),  # no measure
    ):
        check(compound(policy, law=law), ["tried"], "Zhengzhou", day, measured)
    assert not asked
    check(compound(law=CONVENIENT), ["tried"], "Zhengzhou", date(2025, 7, 1), measured)
    assert asked == ["tried"]


def test_another_route_is_a_detour_or_none_where_each_part_counts() -> None:
    scenario = load("nanjiao-huadu-lifts").scenario
    found = check(scenario, ["face-only-lifts"], "Hangzhou", date(2022, 3, 1))
    answers = {one.rule.id: one.judgement for one in found.policies["face-only-lifts"]}
    assert answers["SPC-10.1"].answer is Answer.DEPENDS
    assert "lift" in answers["SPC-10.1"].why
    assert answers["HZ-50"].answer is Answer.BREACH
    assert answers["HZ-50"].witnesses[0].portal == "lift"


def test_people_without_any_way_are_named_whatever_the_law() -> None:
    locked = "{access: [{accept: [face, card]}], faults: {server-down: deny}}"
    found = check(compound(locked), ["tried"], "Zhengzhou", date(2021, 7, 1)).stranded["tried"]
    assert [(one.group, one.fault, one.lacks) for one in found] == [
        ("resident", "server-down", "no path at all")
    ]
    face_only = check(compound("{access: [{accept: face}]}"), ["tried"], "Zhengzhou", date(2021, 7, 1))
    assert not face_only.breached
    assert [(one.group, one.fault) for one in face_only.stranded["tried"]] == [("refuser", None)]
    everybody = check(compound(), ["tried"], "Zhengzhou", date(2021, 7, 1))
    assert not everybody.stranded["tried"]


def test_a_portal_that_people_leave_for_another_route_is_judged_by_the_detour_alone() -> None:
    scenario = load("zhengzhou-2021").scenario
    asked = scenario.law.convenient
    assert asked is not None
    figures = Measured(
        {
            ("resident", "main-gate"): Way(1000, 8.0, 0.0),
            ("resident", "garage-ramp"): Way(1000, 8.0, 0.0),
            ("refuser", "main-gate"): Way(100, 30.0, 0.0),
            ("refuser", "garage-ramp"): Way(100, None, 1.0),
        },
        2,
        1,
    )

    def answer(detour: float) -> Answer:
        law = scenario.law.model_copy(update={"convenient": asked.model_copy(update={"detour": detour})})
        changed = scenario.model_copy(update={"law": law})
        found = check(changed, ["face-and-guard"], "Zhengzhou", date(2025, 7, 1), lambda policy: figures)
        return next(
            one.judgement.answer for one in found.policies["face-and-guard"] if one.rule.id == "CAC-10"
        )

    assert answer(180.0) is Answer.COMPLIANT
