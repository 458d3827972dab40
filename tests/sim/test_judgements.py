"""What becomes of expectations: those that must hold, those that must fail, and where each is shown."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

SMALL = Path(__file__).parents[1].joinpath("small.yaml").read_text("utf-8")
PLACE = SMALL + "  card-only: {access: [{accept: card}]}\nexpect:\n"
TRUE = "  both: [{expect: 'lockout.persons[refuser] == 0', fails_for: face-only}]\n"
EMPTY = "  both: [{expect: 'lockout.persons[refuser] == 0', fails_for: card-only}]\n"


def test_what_fails_as_it_must_passes_and_is_shown_everywhere(compare):
    code, out, result, junit, page = compare(PLACE + TRUE)
    assert code == 0
    assert "expectations: 1 of 1 hold, 1 of 1 that must fail do" in out
    assert "face-only: lockout.persons[refuser] == 0 fails, as it must" in out
    expected, must_fail = result["expectations"]
    assert (expected["policy"], expected["verdict"], expected["holds"]) == ("both", "PASS", True)
    assert (must_fail["policy"], must_fail["verdict"], must_fail["holds"]) == ("face-only", "PASS", False)
    assert (must_fail["must_fail"], must_fail["expected_of"]) == (True, "both")
    assert "must_fail" not in expected
    assert [(case.get("classname"), case.get("name"), len(case)) for case in junit.iter("testcase")] == [
        ("small.face-only", "must fail: lockout.persons[refuser] == 0 (expected of both)", 0),
        ("small.both", "lockout.persons[refuser] == 0", 0),
    ]
    assert "fails, as it must" in page


def test_what_holds_and_must_not_is_a_failed_expectation(compare):
    code, out, result, junit, page = compare(PLACE + EMPTY)
    assert code == 1
    assert "0 of 1 that must fail do" in out
    assert (
        "card-only: lockout.persons[refuser] == 0 must fail (expected of both), but lockout.persons is 0"
        in out
    )
    assert result["expectations"][1]["verdict"] == "FAIL"
    (failure,) = junit.iter("failure")
    assert failure.get("message") == "lockout.persons is 0, expected not to be == 0"
    assert "holds, and must not" in page


def test_a_candidate_that_was_not_run_is_not_tested_and_no_failure(compare):
    code, out, result, junit, page = compare(PLACE + EMPTY, "--policies", "both,face-only")
    assert code == 0
    assert "card-only: lockout.persons[refuser] == 0 must fail; not tested: card-only is not among" in out
    told = result["expectations"][1]
    assert (told["verdict"], told["holds"], told["value"]) == ("NOT_TESTED", None, None)
    (skipped,) = junit.iter("skipped")
    assert "not among the candidates compared" in skipped.get("message")
    assert sum(int(suite.get("skipped")) for suite in junit) == 1
    assert "not tested" in page


def test_it_is_judged_although_the_policy_of_which_it_is_expected_was_not_run(compare):
    code, _, result, _, _ = compare(PLACE + TRUE, "--policies", "face-only")
    assert code == 0
    assert [one["policy"] for one in result["expectations"]] == ["face-only"]


def test_without_a_figure_neither_direction_passes(compare):
    # Nobody belongs to this group, and so nobody of it waits: there is no mean.
    text = PLACE.replace("refuser: {", "nobody: {holds: [card]}\n  refuser: {")
    code, out, result, junit, _ = compare(
        text + TRUE.replace("lockout.persons[refuser] == 0", "wait.mean[nobody] <= 1 s")
    )
    assert code == 1
    assert [one["verdict"] for one in result["expectations"]] == ["FAIL", "FAIL"]
    assert all(one["why"] for one in result["expectations"])
    assert len(list(junit.iter("failure"))) == 2
    assert out.count("has no figure") == 2


def test_without_prices_nothing_speaks_of_costs(compare):
    _, out, result, junit, page = compare(PLACE + TRUE)
    assert "costs" not in json.dumps(result)
    assert "costs" not in ET.tostring(junit, encoding="unicode")
    assert "costs" not in page
    assert "household" not in out


HOMES = """
scenario: homes
start: 2024-01-01T06:00 UTC
duration: 3 h
replications: 3
compound:
  towers: {count: 1, floors: 6, flats: 4, occupied: 90 %}
  portals: {gate: {kind: speed-gate}}
  routes: [[gate]]
people: {resident: {share: 100 %, holds: [face, card]}}
traffic: {residents: occupancy/weekday}
policies:
  face-only: {access: [{accept: face}]}
  guarded: {extends: face-only, guard: {hours: 07:00-23:00}}
prices:
  currency: CNY
  guard: 45 CNY/h
  capital: {readers: {face: 8000 CNY over 8 years}}
expect:
  face-only: [{expect: costs.total <= 100 CNY, fails_for: guarded}]
"""


def test_costs_stand_in_every_result_with_paired_differences(compare):
    code, out, result, _, page = compare(HOMES)
    assert code == 0
    overall = {policy: found["overall"] for policy, found in result["policies"].items()}
    assert set(overall["guarded"]) & {"costs.guard", "costs.cards", "costs.calls", "costs.capital", "costs.total"} == {
        "costs.guard", "costs.capital", "costs.total",
    }  # fmt: skip
    assert overall["guarded"]["costs.total"]["unit"] == "CNY/household/month"
    assert overall["face-only"]["costs.guard"]["mean"] == 0.0
    (paired,) = [
        one for one in result["differences"] if (one["metric"], one["where"]) == ("costs.total", "overall")
    ]
    assert paired["mean"] == pytest.approx(overall["guarded"]["costs.guard"]["mean"])
    assert paired["ci95"][0] < paired["mean"] < paired["ci95"][1]
    assert "costs, CNY a household and month" in out
    assert "costs, CNY a household and month" in page


def test_guards_cost_the_same_a_month_however_long_the_run(compare):
    means = [
        compare(text)[2]["policies"]["guarded"]["overall"]["costs.guard"]["mean"]
        for text in (HOMES, HOMES.replace("duration: 3 h", "duration: 6 h"))
    ]
    assert means[0] == means[1] > 0.0
