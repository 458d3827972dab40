"""Expectations: text, or a mapping that names candidates for which the same sentence must be wrong."""

from __future__ import annotations

import pytest

from gatebench.scenarios.checks import problems
from gatebench.scenarios.errors import InputError
from gatebench.scenarios.reading import read_text
from gatebench.scenarios.scenario import Scenario

PLACE = """
scenario: small
start: 2024-01-01T07:00 UTC
duration: 10 min
compound: {portals: {gate: {kind: swing-door}}}
people: {person: {holds: [face, card]}}
traffic: {rush: {group: person, at: gate, arrivals: {every: 10 s}}}
policies:
  face-only: {access: [{accept: face}]}
  both: {access: [{accept: [face, card]}]}
  card-only: {access: [{accept: card}]}
expect:
"""


def expect(text: str) -> Scenario:
    return read_text(f"{PLACE}{text}\n", Scenario, name="small.yaml", check=problems)


def mistake(text: str) -> tuple[str, str]:
    with pytest.raises(InputError) as caught:
        expect(text)
    (one,) = caught.value.findings
    return one.path, one.message


def test_text_and_mapping_say_the_same():
    plain = expect("  both: [wait.p95 <= 30 s]").expect["both"][0]
    more = expect("  both: [{expect: wait.p95 <= 30 s, fails_for: face-only}]").expect["both"][0]
    assert plain.expect == more.expect
    assert (plain.fails_for, more.fails_for) == ((), ("face-only",))


def test_several_candidates_may_be_named():
    one = expect("  both: [{expect: visits > 0, fails_for: [face-only, card-only]}]").expect["both"][0]
    assert one.fails_for == ("face-only", "card-only")


@pytest.mark.parametrize(
    ("text", "path", "said"),
    [
        ("  both: [{expect: visits > 0, fails_for: face-olny}]", "expect.both[0].fails_for", "did you mean 'face-only'?"),
        ("  both: [{expect: visits > 0, fails_for: [card-only, xyz]}]", "expect.both[0].fails_for[1]", "unknown policy 'xyz'; there are"),
        ("  both: [{expect: visits > 0, fails_for: [card-only, card-only]}]", "expect.both[0].fails_for[1]", "stands twice"),
        ("  both: [{expect: visits > 0, fails_for: both}]", "expect.both[0].fails_for", "is expected of 'both' itself"),
        ("  every: [{expect: visits > 0, fails_for: both}]", "expect.every[0].fails_for", "under 'every'"),
        ("  every: [visits > 0]\n  both: [{expect: visits  > 0, fails_for: face-only}]", "expect.both[0].fails_for", "under 'every'"),
        ("  both: [{expect: visits > 0, fails_for: face-only}]\n  face-only: [visits > 0]", "expect.both[0].fails_for", "under 'face-only'"),
        ("  both: [{expect: visit > 0, fails_for: face-only}]", "expect.both[0].expect", "did you mean 'visits'?"),
        ("  both: [{expect: visits > 0, fail_for: face-only}]", "expect.both[0].fail_for", "did you mean 'fails_for'?"),
        ("  both: [{fails_for: face-only}]", "expect.both[0].expect", "missing"),
        ("  both: [{expect: visits > 0, fails_for: []}]", "expect.both[0].fails_for", "the list is empty"),
        ("  both: [17]", "expect.both[0]", ""),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_place_and_the_way_out(text, path, said):
    where, message = mistake(text)
    assert where == path
    assert said in message
