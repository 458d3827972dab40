"""From notice to list: when each person registers at the desk, and from when the readers know them.

All of it is worked out before the world starts: the desk is a queue with so many posts and opening hours, served in order
of arrival (the recursion of Kiefer and Wolfowitz, with those who lack papers coming again). Draws belong to the person and
the visit to the desk, never to a policy: under two candidates that differ in notice or desk the same people have the
same luck.
"""

from __future__ import annotations

import heapq
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..scenarios.distributions import Distribution
from ..scenarios.enrolment import Campaign, Desk, with_changes
from ..scenarios.people import BIOMETRICS, ENROLMENT_STATES
from ..scenarios.policy.document import PolicyDocument
from ..scenarios.scenario import Scenario
from ..scenarios.units import DAY, Start
from .draws import Draws
from .population import Population

Floats = NDArray[np.float64]
NEVER = float("inf")
MOST_VISITS = 20
"""Visits to the desk of one person: whoever then still lacks papers stays away."""

_PENDING, _NOT_OFFERED, _NOT_ELIGIBLE, _FAILED, _ENROLLED = (
    ENROLMENT_STATES.index(name) for name in ("pending", "not-offered", "not-eligible", "failed", "enrolled")
)  # fmt: skip


class AtDesk(NamedTuple):
    """One visit to the desk, from coming to leaving; seconds since the run's start."""

    end: float
    came: float
    person: int
    outcome: str
    """`registered`, `documents` (sent home for want of papers), `not-eligible` or `failed` (no template)."""


@dataclass(frozen=True)
class Course:
    """How one biometric's campaign went."""

    visits: tuple[AtDesk, ...]
    """In order of their ends."""
    registered: Mapping[int, float]
    """Person -> when their template was taken."""
    listed: Mapping[int, float]
    """Person -> from when they stand on the list."""


class Change(NamedTuple):
    """Somebody's state changes within the run."""

    t: float
    person: int
    kind: int
    """Index into BIOMETRICS."""
    state: int
    """Index into ENROLMENT_STATES."""


def campaigns(scenario: Scenario, document: PolicyDocument) -> dict[str, Campaign]:
    """By biometric: the scenario's campaign with what the policy (all that it inherits included) changes."""
    kinds = [kind for kind in BIOMETRICS if kind in scenario.enrolment or kind in document.enrolment]
    merged = {
        kind: with_changes(scenario.enrolment.get(kind), document.enrolment.get(kind)) for kind in kinds
    }
    return {kind: campaign for kind, campaign in merged.items() if campaign is not None}


def hold(
    kind: str, campaign: Campaign, population: Population, start: Start, until: float, draws: Draws
) -> Course:
    """One campaign, as far as it matters until `until` (seconds). ValueError: it says neither when the notice is put up
    nor from when there is a desk."""
    posted, opens = _instants(campaign, start)
    states, n = population.state[kind], len(population)

    def uniforms(what: str, nth: int = 0) -> Floats:
        return draws.uniforms(f"enrolment.{kind}.{what}", n, attempt=nth)

    reached = uniforms("reached") < campaign.notice.reaches
    willing = np.flatnonzero(reached & np.isin(states, (_PENDING, _NOT_ELIGIBLE)))
    comes = posted + times(campaign.notice.within, uniforms("read"), population.ordinal)
    comes += times(campaign.comes, uniforms("comes"), population.ordinal)
    opening = _Opening(campaign.desk, start, opens, until)

    def each(what: str, convert: Callable[[Floats], Floats]) -> Callable[[int, int], float]:
        """A draw by person and visit to the desk, made for all persons when the first of them asks."""
        made: dict[int, Floats] = {}

        def draw(person: int, nth: int) -> float:
            if nth not in made:
                made[nth] = convert(uniforms(what, nth))
            return float(made[nth][person])

        return draw

    ordinal = population.ordinal
    takes = each("takes", lambda u: times(campaign.desk.takes, u, ordinal))
    again = each("again", lambda u: times(campaign.again_after, u, ordinal))
    papers = each("documents", lambda u: u)
    fails = uniforms("failed") < campaign.failure_to_enrol
    queue = [(max(float(comes[person]), opens), int(person), 0) for person in willing]
    heapq.heapify(queue)
    free = [opens] * campaign.desk.posts
    visits: list[AtDesk] = []
    while queue:
        came, person, nth = heapq.heappop(queue)
        begin = opening.next(max(came, free[0]))
        if begin is None:
            break
        end = begin + takes(person, nth)
        heapq.heapreplace(free, end)
        outcome = "registered"
        if states[person] == _NOT_ELIGIBLE:
            outcome = "not-eligible"
        elif papers(person, nth) >= campaign.documents:
            outcome = "documents"
            if nth + 1 < MOST_VISITS:
                heapq.heappush(queue, (end + again(person, nth), person, nth + 1))
        elif fails[person]:
            outcome = "failed"
        visits.append(AtDesk(end, came, person, outcome))
    registered = {one.person: one.end for one in visits if one.outcome == "registered"}
    delay = times(campaign.listing, uniforms("listing"), ordinal)
    listed = {person: t + float(delay[person]) for person, t in registered.items()}
    return Course(tuple(sorted(visits)), registered, listed)


def at_start(population: Population, courses: Mapping[str, Course]) -> dict[str, NDArray[np.int64]]:
    """How enrolment stands at t = 0: whoever has not been at the desk yet is as if it had not been offered, whoever has
    is pending until listed."""
    states = dict(population.state)
    for kind, course in courses.items():
        state = states[kind] = states[kind].copy()
        state[state == _PENDING] = _NOT_OFFERED
        for one in course.visits:
            if one.end <= 0.0 and one.outcome == "failed":
                state[one.person] = _FAILED
        for person, t in course.registered.items():
            if t <= 0.0:
                state[person] = _ENROLLED if course.listed[person] <= 0.0 else _PENDING
    return states


def changes(courses: Mapping[str, Course], until: float) -> Iterator[Change]:
    """What changes after t = 0 and before `until`, biometric by biometric, in no order of time."""
    for kind, course in courses.items():
        index = BIOMETRICS.index(kind)
        for one in course.visits:
            if 0.0 < one.end < until and one.outcome == "failed":
                yield Change(one.end, one.person, index, _FAILED)
        for person, t in course.registered.items():
            listed = course.listed[person]
            if 0.0 < t < until and t < listed:
                yield Change(t, person, index, _PENDING)
            if 0.0 < listed < until:
                yield Change(listed, person, index, _ENROLLED)


def _instants(campaign: Campaign, start: Start) -> tuple[float, float]:
    """When the notice is put up, and from when there is a desk."""
    posted, opens = campaign.notice.at or campaign.desk.begin, campaign.desk.begin or campaign.notice.at
    if posted is None or opens is None:
        raise ValueError("the campaign says neither 'notice.at' nor 'desk.from'")
    return start.seconds_until(posted.local), start.seconds_until(opens.local)


def times(distribution: Distribution, u: Floats, ordinal: NDArray[np.int64]) -> Floats:
    """A time for everybody from uniform numbers; sequences by their place in the stream."""
    values = distribution.sequence
    if values is not None:
        return np.asarray(values)[ordinal % len(values)]
    return distribution.ppf(u)


class _Opening:
    """When the desk is open, as intervals of seconds since the start."""

    def __init__(self, desk: Desk, start: Start, opens: float, until: float) -> None:
        closes = until if desk.until is None else min(until, start.seconds_until(desk.until.local))
        day = datetime.combine(_local(start, opens).date(), datetime.min.time())
        found: list[tuple[float, float]] = []
        while start.seconds_until(day) < closes:
            tomorrow = day + timedelta(days=1)
            for span in sorted(span for hours in desk.hours for span in hours.spans):
                begin, end = (
                    start.seconds_until(tomorrow if at == DAY else day + timedelta(seconds=at)) for at in span
                )
                begin, end = max(begin, opens), min(end, closes)
                if found and begin <= found[-1][1]:
                    found[-1] = (found[-1][0], max(end, found[-1][1]))
                elif begin < end:
                    found.append((begin, end))
            day = tomorrow
        self._begins, self._ends = [begin for begin, _ in found], [end for _, end in found]

    def next(self, t: float) -> float | None:
        """The first instant from `t` on at which it is open; None: it is not any more."""
        index = bisect_right(self._begins, t) - 1
        if index >= 0 and t < self._ends[index]:
            return t
        return self._begins[index + 1] if index + 1 < len(self._begins) else None


def _local(start: Start, t: float) -> datetime:
    return datetime.fromtimestamp(start.local.timestamp() + t, start.local.tzinfo)
