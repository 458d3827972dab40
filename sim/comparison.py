"""Candidates side by side: means over replications, paired differences to a baseline, expectations judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ..scenarios.expectations import Expectation
from ..scenarios.library import Loaded
from .metrics import METRICS, OVERALL, Figure, Missing, Where
from .replication import Figures, replicate, where_of
from .runner import Interrupted, run_replications
from .statistics import Difference, Estimate, adjust, difference, estimate

HEADLINES = (
    "wait.mean", "wait.p95", "journey_time.mean", "abandon.share", "first_try.share", "lockout.persons", "lockout.minutes",
    "lockout.share", "tailgating.share", "piggybacking.share", "unbadged.share", "intrusion", "deadlock.episodes",
    "guard.minutes", "captures", "captures.without_consent",
)  # fmt: skip
"""Figures whose differences are told, overall and by group; p is adjusted (Holm) for all of them together."""

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
    """An expectation and what became of it."""

    policy: str
    expectation: Expectation
    value: float | None
    why: str = ""
    """Why there is no value."""

    @property
    def holds(self) -> bool:
        return self.value is not None and self.expectation.holds(self.value)


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
    cut_short: bool = False

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
    figures = {policy: [result[policy] for result in results.values()] for policy in policies}
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
        cut_short=cut_short,
    )


def _one(
    loaded: Loaded, policies: Sequence[str], seed: int, trace: Path | None, number: int
) -> dict[str, Figures]:
    return replicate(loaded, policies, seed, number, trace)


def _column(figures: Sequence[Figures], where: Where, metric: str) -> list[Figure]:
    return [one[where][metric] for one in figures]


def _estimates(figures: Sequence[Figures]) -> Estimates:
    return {
        where: {metric: estimate(_column(figures, where, metric)) for metric in METRICS}
        for where in figures[0]
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
    found: list[Judgement] = []
    for policy in policies:
        for expectation in loaded.scenario.expectations(policy):
            where = where_of(expectation.group, expectation.portal)
            figure = (
                estimates[policy]
                .get(where, {})
                .get(expectation.metric, Missing("this slice is not measured"))
            )
            if isinstance(figure, Missing):
                found.append(Judgement(policy, expectation, None, figure.why))
            else:
                found.append(Judgement(policy, expectation, figure.mean))
    return found
