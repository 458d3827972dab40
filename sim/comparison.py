"""Candidates side by side: means over replications, paired differences to a baseline, expectations judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from ..scenarios.expectations import Expectation
from ..scenarios.library import Loaded
from ..scenarios.metrics import COSTS
from .metrics import METRICS, OVERALL, Figure, Missing, Where
from .replication import Figures, Told, replicate_all, where_of
from .runner import Interrupted, run_replications
from .sensitivity import Sensitivity
from .statistics import Difference, Estimate, adjust, difference, estimate
from .ways import WayIn, ways_in

HEADLINES = (
    "wait.mean", "wait.p95", "journey_time.mean", "abandon.share", "first_try.share", "lockout.persons", "lockout.minutes",
    "lockout.share", "tailgating.share", "piggybacking.share", "unbadged.share", "bypasses", "intrusion", "deadlock.episodes", "calls",
    "guard.minutes", "captures", "captures.without_consent", *COSTS,
)  # fmt: skip
"""Figures whose differences are told, overall and by group; p is adjusted (Holm) for all of them together."""

Verdict = Literal["PASS", "FAIL", "NOT_TESTED"]
Estimates = dict[Where, dict[str, Estimate | Missing]]


@dataclass(frozen=True)
class Contrast:
    """One figure of a candidate against the baseline."""

    policy: str
    metric: str
    where: Where
    difference: Difference


@dataclass(frozen=True)
class Judgement:
    """An expectation and what became of it for one candidate."""

    policy: str
    """Of whom it is judged."""
    expectation: Expectation
    value: float | None
    why: str = ""
    """Why there is no value."""
    expected_of: str | None = None
    """Given where it must be wrong for `policy`: the policy of which it is expected."""
    verdict: Verdict = "PASS"

    @property
    def holds(self) -> bool:
        """Is the sentence true of `policy`?"""
        return self.value is not None and self.expectation.holds(self.value)

    @property
    def must_fail(self) -> bool:
        return self.expected_of is not None

    @property
    def failed(self) -> bool:
        return self.verdict == "FAIL"


@dataclass(frozen=True)
class Comparison:
    """What a comparison found. `figures` has, by policy, one entry a replication."""

    loaded: Loaded
    seed: int
    n: int
    baseline: str
    figures: Mapping[str, Sequence[Figures]]
    estimates: Mapping[str, Estimates]
    contrasts: Sequence[Contrast]
    judgements: Sequence[Judgement]
    ways: Mapping[str, Sequence[WayIn]]
    """By policy: how people came in."""
    cut_short: bool = False
    sensitivity: Sensitivity | None = None
    """None: nobody can follow, or it was left out."""

    @property
    def told(self) -> tuple[str, ...]:
        """The metrics that there are, in the order of `METRICS`: costs only where they are priced."""
        return tuple(self.estimates[self.baseline][OVERALL])

    @property
    def currency(self) -> str | None:
        """Of costs; None: there are no prices."""
        prices = self.loaded.scenario.prices
        return None if prices is None else prices.currency

    def contrast(self, policy: str, metric: str, where: Where = OVERALL) -> Difference | None:
        """The difference of a candidate to the baseline, where it is told."""
        for one in self.contrasts:
            if (one.policy, one.metric, one.where) == (policy, metric, where):
                return one.difference
        return None


def compare(
    loaded: Loaded,
    policies: Sequence[str],
    baseline: str,
    *,
    n: int,
    seed: int,
    workers: int = 1,
    trace: Path | None = None,
    on_done: Callable[[int], None] = lambda done: None,
) -> Comparison:
    """Run `n` replications of the candidates and compare them.

    After Ctrl-C the finished replications are compared, and `cut_short` is true. KeyboardInterrupt: none was finished.
    EngineError: a replication failed.
    """
    task = partial(_one, loaded, tuple(policies), seed, trace)
    cut_short = False
    try:
        results = run_replications(task, range(n), workers, on_done)
    except Interrupted as interrupted:
        if not interrupted.results:
            raise KeyboardInterrupt from None
        results, cut_short = dict(sorted(interrupted.results.items())), True
    figures = {policy: [result[policy].figures for result in results.values()] for policy in policies}
    ways = {policy: [result[policy].ways for result in results.values()] for policy in policies}
    estimates = {policy: _estimates(figures[policy]) for policy in policies}
    return Comparison(
        loaded=loaded,
        seed=seed,
        n=len(results),
        baseline=baseline,
        figures=figures,
        estimates=estimates,
        contrasts=_contrasts(figures, baseline),
        judgements=_judged(loaded, policies, estimates),
        ways=ways_in(ways, list(loaded.scenario.people)),
        cut_short=cut_short,
    )


def _one(
    loaded: Loaded, policies: Sequence[str], seed: int, trace: Path | None, number: int
) -> dict[str, Told]:
    return replicate_all(loaded, policies, seed, number, trace)


def _column(figures: Sequence[Figures], where: Where, metric: str) -> list[Figure]:
    return [one[where][metric] for one in figures]


def _estimates(figures: Sequence[Figures]) -> Estimates:
    return {
        where: {metric: estimate(_column(figures, where, metric)) for metric in METRICS if metric in told}
        for where, told in figures[0].items()
    }


def _contrasts(figures: Mapping[str, Sequence[Figures]], baseline: str) -> list[Contrast]:
    base = figures[baseline]
    places = [where for where in base[0] if where.kind in ("overall", "group")]
    asked = [
        (policy, metric, where)
        for policy in figures
        if policy != baseline
        for metric in HEADLINES
        for where in places
        if metric in base[0][where]
    ]
    found = adjust(
        [
            difference(_column(figures[policy], where, metric), _column(base, where, metric))
            for policy, metric, where in asked
        ]
    )
    return [
        Contrast(policy, metric, where, each)
        for (policy, metric, where), each in zip(asked, found, strict=True)
        if isinstance(each, Difference)
    ]


def _judged(loaded: Loaded, policies: Sequence[str], estimates: Mapping[str, Estimates]) -> list[Judgement]:
    """Expectations of every candidate that was run, and then those that must be wrong for one.

    What must be wrong for a candidate that was not run is not tested, and told if the policy of which it is expected was.
    """
    scenario = loaded.scenario
    found = [
        _judge(policy, expectation, estimates[policy])
        for policy in policies
        for expectation in scenario.expectations(policy)
    ]
    for expecting, expectations in scenario.expect.items():
        for one in expectations:
            for policy in one.fails_for:
                if policy in estimates:
                    found.append(_judge(policy, one, estimates[policy], expecting))
                elif expecting in estimates:
                    why = f"{policy} is not among the candidates compared"
                    found.append(Judgement(policy, one, None, why, expecting, "NOT_TESTED"))
    return found


def _judge(
    policy: str, expectation: Expectation, estimates: Estimates, expected_of: str | None = None
) -> Judgement:
    """PASS where the sentence is true, or, if it must be wrong, where it is not; without a figure neither passes."""
    where = where_of(expectation.group, expectation.portal)
    figure = estimates.get(where, {}).get(expectation.metric, Missing("this slice is not measured"))
    if isinstance(figure, Missing):
        return Judgement(policy, expectation, None, figure.why, expected_of, "FAIL")
    passed = expectation.holds(figure.mean) == (expected_of is None)
    return Judgement(policy, expectation, figure.mean, "", expected_of, "PASS" if passed else "FAIL")
