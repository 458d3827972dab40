"""What differs between model and bench, and what comes from what."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebench.hil.bench.divergence import REST, diverge

from .rows import in_order, judged, log, own


def consequences(found):
    """Who, what, and from which cause or why."""
    return [(one.person, one.event, one.follows or one.why) for one in found.consequences]


DENIED = """
{t} arrive {who} lane=-1
{t} present {who} credential=card attempt=0
{d} decision {who} credential=card outcome=deny reason={reason} attempt=0 value=1
{d} abandon {who} lane=-1 reason=denied attempt=0
"""


def denied(t, who, reason="device"):
    return DENIED.format(t=t, d=t + 1.0, who=who, reason=reason)


def test_the_same_tables_differ_in_nothing():
    table = log(own(10, "1/0", 0) + own(30, "2/0", 1))
    found = diverge(table, table, [judged(10.8, 1, 0), judged(30.8, 2, 0)])
    assert (found.judged, found.agree, found.causes, found.consequences, found.slips) == (2, 2, (), (), ())
    assert found.compared == 16
    assert {one.event: one.largest for one in found.drifts}["pass"] == 0.0


def test_time_alone_makes_no_difference():
    bench = log(own(10.7, "1/0", 0, late=0.4))
    found = diverge(log(own(10, "1/0", 0)), bench, [judged(11, 1, 0)])
    assert found.consequences == ()
    assert {one.event: round(one.p50, 6) for one in found.drifts}["pass"] == 0.4


def test_a_wrong_answer_is_the_cause_and_what_its_person_then_does_follows_from_it():
    model, bench = log(own(10, "1/0", 0)), log(denied(10, "1/0"))
    found = diverge(model, bench, [judged(10.8, 1, 0, observed="deny")])
    (cause,) = found.causes
    assert (cause.number, cause.kind, cause.expected, cause.observed) == (1, "decision", "grant", "deny")
    assert cause.evidence == 41
    assert (1, "abandon", 1) in consequences(found) and (1, "pass", 1) in consequences(found)
    assert {follows for _, _, follows in consequences(found)} == {1}
    assert "decision" not in {event for _, event, _ in consequences(found)}  # the cause itself
    assert "expected grant (granted), observed deny [transcript 41]" in found.text()


def test_no_answer_is_a_cause_of_its_own_kind():
    model, bench = log(own(10, "1/0", 0)), log(denied(10, "1/0", "no-answer"))
    found = diverge(model, bench, [judged(10.8, 1, 0, observed=None)])
    assert [(one.kind, one.observed) for one in found.causes] == [("no-answer", "no answer")]
    assert {one.credential: one.bench[0] for one in found.decision_times} == {"card": 0}


def test_others_at_the_door_follow_from_the_nearest_earlier_cause():
    before = in_order(
        own(10, "1/0", 0), own(20, "2/0", 1), "22 arrive 3/0 lane=-1\n 22.6 pass 3/0 way=tailgate cycle=1"
    )
    after = in_order(
        denied(10, "1/0"), denied(20, "2/0"), "22 arrive 3/0 lane=-1\n 40 abandon 3/0 lane=-1 reason=hope"
    )
    found = diverge(
        log(before), log(after), [judged(10.8, 1, 0, observed="deny"), judged(20.8, 2, 0, observed="deny")]
    )
    by_person = {person: {row[2] for row in consequences(found) if row[0] == person} for person in (1, 2, 3)}
    assert by_person == {1: {1}, 2: {2}, 3: {2}}


def test_after_a_rest_nothing_follows_from_somebody_else_but_from_oneself_it_does():
    late = 10 + 10 * REST
    model = log(own(10, "1/0", 0) + own(late, "2/0", 1) + own(late + 10 * REST, "1/16", 2))
    bench = log(
        denied(10, "1/0") + denied(late, "2/0", "suspended") + denied(late + 10 * REST, "1/16", "suspended")
    )
    found = diverge(model, bench, [judged(10.8, 1, 0, observed="deny")])
    by_visit = {
        (one.person, one.visit): one.follows or one.why
        for one in found.consequences
        if one.event == "decision"
    }
    assert by_visit == {(2, 0): "timing", (1, 16): 1}


def test_somebody_who_waits_all_the_while_keeps_a_cause_alive():
    late = 10 + 2 * REST
    waits = f"12 arrive 3/0 lane=-1\n 12 wait_other 3/0 lane=-1\n {late + 20} abandon 3/0 lane=-1 reason=hope"
    model = log(in_order(own(10, "1/0", 0), waits, own(late, "2/0", 1)))
    bench = log(in_order(denied(10, "1/0"), waits, denied(late, "2/0", "suspended")))
    found = diverge(model, bench, [judged(10.8, 1, 0, observed="deny")])
    assert {row[2] for row in consequences(found) if row[0] == 2} == {1}


@pytest.mark.parametrize(
    ("meanwhile", "whence"),
    [
        ("13 suspend 1/0 reason=reader value=119", 1),
        ("13 suspend 1/0 reason=reader value=9", "timing"),
        (f"{11 + 2 * REST} stage - reason=occupied value=110", 1),
        ("13 decision 4/0 value=119", "timing"),  # of a decision the value does not lie ahead
    ],
)
def test_what_lasts_is_no_rest(meanwhile, whence):
    late = 12 + 2 * REST
    model = log(in_order(own(10, "1/0", 0), meanwhile, own(late, "2/0", 1)))
    bench = log(in_order(denied(10, "1/0"), meanwhile, denied(late, "2/0", "suspended")))
    found = diverge(model, bench, [judged(10.8, 1, 0, observed="deny")])
    assert {row[2] for row in consequences(found) if row[0] == 2} == {whence}


def test_what_the_quicker_model_did_before_the_answer_was_wrong_follows_from_it_too():
    model = log(own(10, "1/0", 0) + own(100, "1/16", 1))
    bench = log(denied(25, "1/0").replace("25 arrive", "10 arrive") + own(100, "1/16", 1, late=0.5))
    found = diverge(model, bench, [judged(25.8, 1, 0, observed="deny"), judged(101, 1, 16)])
    assert {(one.visit, one.follows) for one in found.consequences} == {(0, 1)}
    missing_before = diverge(
        log(own(10, "1/0", 0)),
        log("10 arrive 1/16 lane=-1\n 10 arrive 1/0 lane=-1"),
        [judged(40, 1, 16, observed="deny")],
    )
    assert {row[2] for row in consequences(missing_before) if row[1] == "pass"} == {"unfinished"}


def test_of_ones_own_causes_that_of_the_same_visit_is_the_nearest():
    model = log(own(10, "1/0", 0) + own(40, "1/16", 1))
    bench = log(denied(10, "1/0") + denied(40, "1/16"))
    answers = [judged(10.8, 1, 0, observed="deny"), judged(40.8, 1, 16, observed="deny")]
    found = diverge(model, bench, answers)
    assert {(one.visit, one.follows) for one in found.consequences} == {(0, 1), (16, 2)}


def test_a_lane_that_was_occupied_is_no_cause():
    table = log(own(10, "1/0", 0) + "15 stage 1/0 reason=occupied value=5")
    assert diverge(table, table, [judged(10.8, 1, 0)]).causes == ()


def test_drift_is_counted_from_the_arrival():
    model = log(own(10, "1/0", 0))
    bench = log(own(12, "1/0", 0).replace("12 arrive", "10 arrive"))
    found = diverge(model, bench, [])
    assert {one.event: one.p50 for one in found.drifts}["present"] == 2.0
    assert [(one.arrived_late, one.passed_late) for one in found.slips] == [(0.0, 2.0)]


def test_without_a_cause_another_order_is_timing():
    model = log(own(10, "1/0", 0) + "11 arrive 2/0 lane=-1\n 12.6 pass 2/0 way=tailgate cycle=0 donor=1")
    bench = log(own(10, "1/0", 0) + "11 arrive 2/0 lane=-1\n 12.6 pass 2/0 way=piggyback cycle=0 donor=1")
    found = diverge(model, bench, [judged(10.8, 1, 0)])
    (one,) = found.consequences
    assert (one.why, one.follows) == ("timing", None)
    assert (one.model, one.bench) == ("pass in tailgate donor 1", "pass in piggyback donor 1")


def test_a_cause_never_lies_after_what_follows():
    model = log(own(10, "1/0", 0) + own(20, "2/0", 1))
    bench = log(own(10, "1/0", 0).replace("way=own", "way=shared") + denied(20, "2/0"))
    found = diverge(model, bench, [judged(10.8, 1, 0), judged(20.8, 2, 0, observed="deny")])
    assert {row[2] for row in consequences(found) if row[0] == 1} == {"timing"}


def test_a_lock_that_does_not_let_go_is_a_cause():
    model = log(own(10, "1/0", 0))
    rows = own(10, "1/0", 0).splitlines()[1:4]
    bench = log("\n".join(rows) + "\n13.5 abandon 1/0 reason=locked\n 13.6 stage - reason=stray-answer")
    found = diverge(model, bench, [judged(10.8, 1, 0)])
    assert [(one.kind, one.t) for one in found.causes] == [("not-unlocked", 13.5), ("stray-answer", 13.6)]
    assert {follows for _, _, follows in consequences(found)} == {1}
    assert "abandon" not in {event for _, event, _ in consequences(found)}


def test_a_lock_that_never_falls_is_a_cause():
    model = log(own(10, "1/0", 0))
    story = own(10, "1/0", 0).replace(
        "14.0 relock - lane=0 to=in cycle=0", "20 stage - reason=not-relocked value=9"
    )
    found = diverge(model, log(story), [judged(10.8, 1, 0)])
    assert [one.kind for one in found.causes] == ["not-relocked"]
    assert (1, "relock") in {row[:2] for row in consequences(found)}  # whose cycle it was


def test_what_proves_nothing_is_told_apart():
    model, bench = log(own(10, "1/0", 0)), log(denied(10, "1/0"))
    found = diverge(
        model, bench, [judged(10.8, 1, 0, observed="deny", not_tested="the clock was not confirmed")]
    )
    assert (found.not_tested, len(found.causes), found.proven) == (1, 1, ())
    assert "not tested: the clock was not confirmed" in found.text()


def test_a_bench_that_ended_early_is_no_divergence():
    model = log(own(10, "1/0", 0) + own(30, "2/0", 1))
    bench = log("\n".join(own(10, "1/0", 0).splitlines()[1:3]))
    found = diverge(model, bench, [])
    assert found.not_played == ((2, 0),)
    assert {why for _, _, why in consequences(found)} == {"unfinished"}
    assert diverge(model, pa.table({}), []).not_played == ((1, 0), (2, 0))


def test_decision_times_stand_side_by_side():
    model = log("".join(own(20 * n, f"{n}/0", n) for n in range(1, 9)))
    bench = log("".join(own(20 * n, f"{n}/0", n, late=n / 100) for n in range(1, 9)))
    (times,) = diverge(model, bench, []).decision_times
    assert (times.credential, times.direction, times.model[0], times.bench[0]) == ("card", "in", 8, 8)
    assert (times.model[1].value, round(times.bench[1].value, 6), round(times.bench[2].value, 6)) == (
        1.0,
        1.04,
        1.08,
    )
    assert times.bench[2].high == float("inf")  # eight values have no upper bound of their p95


def test_passages_that_slipped_are_named():
    bench = log(own(10, "1/0", 0) + own(20, "2/0", 1, late=1.5) + own(31.2, "3/0", 2))
    found = diverge(log(own(10, "1/0", 0) + own(20, "2/0", 1) + own(30, "3/0", 2)), bench, [])
    late = [(one.person, round(one.arrived_late, 6), round(one.passed_late, 6)) for one in found.slips]
    assert late == [(2, 0.0, 1.5), (3, 1.2, 1.2)]
    assert "passage more than 1 s late (2):" in found.text()


WORLDS = st.lists(st.sampled_from(["own", "denied", "nothing"]), min_size=1, max_size=6)


@given(WORLDS, st.data())
def test_every_difference_is_told_once_and_the_paper_is_canonical(kinds, data):
    def world(chosen):
        tell = {
            "own": lambda n: own(20.0 * n, f"{n}/0", n),
            "denied": lambda n: denied(20.0 * n, f"{n}/0"),
            "nothing": lambda n: "",
        }
        return log("".join(tell[kind](n) for n, kind in enumerate(chosen)))

    others = [data.draw(st.sampled_from(["own", "denied"])) for _ in kinds]
    answers = [
        judged(20.0 * n + 0.8, n, 0, observed="grant" if kind == "own" else "deny")
        for n, kind in enumerate(others)
    ]
    shuffled = data.draw(st.permutations(answers))
    model, bench = world(kinds), world(others)
    found = diverge(model, bench, answers)
    assert json.dumps(found.to_json()) == json.dumps(diverge(model, bench, shuffled).to_json())
    assert json.loads(json.dumps(found.to_json(), allow_nan=False)) == json.loads(json.dumps(found.to_json()))
    assert [one.number for one in found.causes] == list(range(1, len(found.causes) + 1))
    keys = [(one.person, one.visit, one.event, one.nth) for one in found.consequences]
    assert len(keys) == len(set(keys))
    causes = {one.number: one for one in found.causes}
    for one in found.consequences:
        if one.bench is not None and one.follows is not None:
            assert causes[one.follows].t <= one.t
    differing = {n for n, (a, b) in enumerate(zip(kinds, others, strict=True)) if a != b}
    assert {one.person for one in found.consequences} <= differing
    assert found.text()
