"""How a scenario's headline depends on how readily people follow, which nobody has measured in a residential compound.

The replications are run again with other probabilities of following, on the same seeds: the same people on the same days
with the same luck.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from ..scenarios.behaviour import Behaviour, Follow
from ..scenarios.conditions import Chance
from ..scenarios.headline import Headline
from ..scenarios.library import Loaded
from ..scenarios.people import Group
from ..scenarios.scenario import Scenario
from .metrics import Figure, Missing
from .replication import Figures, replicate, where_of
from .runner import Interrupted, run_replications
from .statistics import Estimate, estimate

PROBABILITIES = (0.1, 0.4, 0.8)
"""From the low to the high end of what is plausible (docs/parameters.md)."""
REPLICATIONS = 5
"""At the most, unless the user says otherwise."""


@dataclass(frozen=True)
class Sensitivity:
    """The headline of every candidate at each probability of following."""

    headline: Headline
    n: int
    """Replications at each probability."""
    assumed: float
    """The probability that the scenario itself assumes: the largest of any of its people in any situation."""
    probabilities: tuple[float, ...]
    estimates: Mapping[str, Sequence[Estimate | Missing]]
    """By policy, one for each of `probabilities`."""
    cut_short: bool = False


def can_follow(scenario: Scenario) -> bool:
    """Is there anybody who may follow, and a portal that does not prevent it, so that the probability matters?"""
    if not any(portal.followers for portal in scenario.compound.portals.values()):
        return False
    return any(
        behaviour.follow.without_credential.highest > 0.0
        and ("follow" in behaviour.resorts or behaviour.follow.with_credential.highest > 0.0)
        for behaviour in _behaviours(scenario)
    )


def assumed_probability(scenario: Scenario) -> float:
    """The largest probability with which somebody without a usable credential follows, in any situation."""
    return max(behaviour.follow.without_credential.highest for behaviour in _behaviours(scenario))


def with_follow_probability(scenario: Scenario, probability: float) -> Scenario:
    """The same scenario with another probability that somebody without a usable credential follows when a door opens beside
    them (`follow.without_credential`), in `behaviour` and in every group's own habits.

    Where it depends on the situation, `probability` is the largest of its shares and the others keep their ratio to it. The
    other two willingnesses of the same people, `with_credential` and `reverse`, change in the same ratio, at most to 1. Who
    never follows without a credential (0 in every situation) goes on as before. Where nothing changes, it is the same object.
    """
    if not 0.0 <= probability <= 1.0:
        raise ValueError(f"a probability lies within 0-1 (got {probability!r})")
    behaviour = scenario.behaviour
    follow = _follow(behaviour.follow, probability)
    people = {name: _group(group, probability) for name, group in scenario.people.items()}
    if follow is behaviour.follow and all(people[name] is group for name, group in scenario.people.items()):
        return scenario
    return scenario.model_copy(
        update={"behaviour": behaviour.model_copy(update={"follow": follow}), "people": people}
    )


def replications_of(n: int, asked: int | None) -> int:
    """How many replications each probability gets where the comparison has `n`."""
    return min(n, REPLICATIONS if asked is None else asked)


def runs(scenario: Scenario, n: int) -> int:
    """How many replications `measure_sensitivity` runs: those of the scenario's own probability are there already."""
    return n * sum(with_follow_probability(scenario, one) is not scenario for one in PROBABILITIES)


def measure_sensitivity(
    loaded: Loaded,
    figures: Mapping[str, Sequence[Figures]],
    *,
    n: int,
    seed: int,
    workers: int = 1,
    on_done: Callable[[int], None] = lambda done: None,
) -> Sensitivity:
    """Run `n` replications for each of `PROBABILITIES`. `figures`: what the comparison found by policy, at least `n` each; they are
    taken where a probability changes nothing.

    After Ctrl-C what is finished is told, and `cut_short` is true. EngineError: a replication failed.
    """
    scenario = loaded.scenario
    varied = [with_follow_probability(scenario, one) for one in PROBABILITIES]
    new = [one for one in varied if one is not scenario]
    task = partial(_one, tuple(replace(loaded, scenario=one) for one in new), tuple(figures), seed, n)
    cut_short = False
    try:
        results = run_replications(task, range(n * len(new)), workers, on_done)
    except Interrupted as interrupted:
        results, cut_short = dict(sorted(interrupted.results.items())), True
    where = where_of(scenario.headline.group, scenario.headline.portal)

    def told(policy: str) -> Iterator[list[Figure]]:
        ran = 0
        for one in varied:
            if one is scenario:
                yield [each[where][scenario.headline.metric] for each in figures[policy][:n]]
            else:
                yield [each[policy] for number, each in results.items() if number // n == ran]
                ran += 1

    return Sensitivity(
        headline=scenario.headline,
        n=n,
        assumed=assumed_probability(scenario),
        probabilities=PROBABILITIES,
        estimates={policy: [estimate(values) for values in told(policy)] for policy in figures},
        cut_short=cut_short,
    )


def _one(
    varied: Sequence[Loaded], policies: Sequence[str], seed: int, n: int, number: int
) -> dict[str, Figure]:
    """The headline by policy, of one replication of one of the varied scenarios."""
    loaded = varied[number // n]
    headline = loaded.scenario.headline
    where = where_of(headline.group, headline.portal)
    found = replicate(loaded, policies, seed, number % n)
    return {policy: figures[where][headline.metric] for policy, figures in found.items()}


def _behaviours(scenario: Scenario) -> Iterator[Behaviour]:
    """How the people of each group behave."""
    for group in scenario.people.values():
        yield scenario.behaviour.of(group.habits)


def _group(group: Group, probability: float) -> Group:
    if group.habits is None or group.habits.follow is None:
        return group
    follow = _follow(group.habits.follow, probability)
    if follow is group.habits.follow:
        return group
    habits = group.habits.model_copy(update={"follow": follow})
    return group.model_copy(update={"habits": habits})


def _follow(follow: Follow, probability: float) -> Follow:
    largest = follow.without_credential.highest
    if largest in (0.0, probability):
        return follow
    ratio = probability / largest
    return follow.model_copy(
        update={
            name: _times(getattr(follow, name), ratio)
            for name in ("with_credential", "without_credential", "reverse")
        }
    )


def _times(chance: Chance, ratio: float) -> Chance:
    rules = tuple((condition, min(1.0, share * ratio)) for condition, share in chance.rules)
    return Chance(rules, min(1.0, chance.otherwise * ratio), f"{ratio:.4g} times {chance.text}")
