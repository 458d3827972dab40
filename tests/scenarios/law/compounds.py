"""Small compounds for the law to look at."""

from __future__ import annotations

from datetime import date
from typing import Any

from gatebench.scenarios.checks import problems
from gatebench.scenarios.law import RULES, Case, Judgement, Measured, Rule
from gatebench.scenarios.reading import read_text
from gatebench.scenarios.scenario import Scenario

BASE = """\
scenario: small
place: {place}
start: {start}
duration: 1 d
compound: {{portals: {{gate: {portal}}}}}
people: {{resident: {resident}, refuser: {refuser}}}
traffic:
  all: {{group: resident, at: gate, arrivals: {{every: 1 min}}}}
  others: {{group: refuser, at: gate, arrivals: {{every: 10 min}}}}
law: {law}
policies:
  tried: {policy}
"""


def compound(
    policy: str = "{access: [{accept: [face, card]}]}",
    *,
    law: str = "{}",
    place: str = "Zhengzhou",
    portal: str = "{kind: swing-door, readers: [in, out]}",
    resident: str = "{holds: [face, card], entitled: true}",
    refuser: str = "{holds: [card, registration-card], face: refused, entitled: true}",
    start: str = "2021-10-11T00:00 Asia/Shanghai",
) -> Scenario:
    text = BASE.format(
        policy=policy, law=law, place=place, portal=portal, resident=resident, refuser=refuser, start=start
    )
    return read_text(text, Scenario, check=problems)


def rule(id: str) -> Rule:
    return next(one for one in RULES if one.id == id)


def judge(
    id: str, scenario: Scenario, measured: Measured | None = None, as_of: date | None = None
) -> Judgement:
    one = rule(id)
    return one.judge(Case(scenario, "tried", as_of or one.begin), measured)


def keywords(**given: Any) -> dict[str, Any]:
    return given
