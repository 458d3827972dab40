"""The library's cases keep what their files promise: every expectation holds, and fails for the candidates that it names.

A promise is made for as many replications as its file asks for, and must hold whatever the seed. All of them over three seeds
take minutes (`long`); those that are quick are tried with one seed on every change.
"""

from __future__ import annotations

import pytest

from gatebench.scenarios.library import load, names
from gatebench.sim.comparison import Judgement, compare

CASES = (
    "chongwai-two-sided",
    "nanjiao-huadu-lifts",
    "safari-park",
    "tiantong-decay",
    "xietu-road-2019",
    "zhengzhou-2021",
)
"""Taken from reports; a failure is named in each."""
PROMISING = [name for name in names() if load(name).scenario.expect]
QUICK = ("lobby-peak", "one-gate", "safari-park", "xietu-road-2019")
"""A few seconds for all replications."""


def judged(name: str, seed: int) -> list[Judgement]:
    loaded = load(name)
    policies = list(loaded.scenario.policies)
    found = compare(
        loaded, policies, policies[0], n=loaded.scenario.replications, seed=seed, workers=2 if name not in QUICK else 1
    )  # fmt: skip
    return list(found.judgements)


def wrong(judgements: list[Judgement]) -> list[str]:
    return [
        f"{one.policy}: {one.expectation.text!r}{' holds, and must not' if one.must_fail else ''} ({one.value}) {one.why}"
        for one in judgements
        if one.verdict != "PASS"
    ]


@pytest.mark.parametrize("name", QUICK)
def test_quick_cases_keep_their_promises(name: str) -> None:
    judgements = judged(name, 1)
    assert judgements
    assert not wrong(judgements)


@pytest.mark.long
@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("name", PROMISING)
def test_promises_hold_whatever_the_seed(name: str, seed: int) -> None:
    assert not wrong(judged(name, seed))


@pytest.mark.parametrize("name", CASES)
def test_every_case_names_candidates_for_which_its_expectation_fails(name: str) -> None:
    expectations = [one for each in load(name).scenario.expect.values() for one in each]
    assert any(one.fails_for for one in expectations)


def test_every_case_is_in_the_library() -> None:
    assert set(CASES) <= set(PROMISING)


def test_the_lifts_case_has_as_many_households_as_the_report_says() -> None:
    towers = load("nanjiao-huadu-lifts").scenario.compound.towers or ()
    assert sum(kind.occupied.households or 0 for kind in towers) == 2882
    assert sum(kind.count for kind in towers) == 7
