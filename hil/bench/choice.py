"""Which people of a simulated day are played on the bench: a pairwise covering choice, within a budget of real time.

Two values of different factors that occurred in one visit are a pair, such as (group refuser, state queue). Visit after
visit is taken, together with those on which it hangs, that which covers the most new pairs a second. That order knows
nothing of the budget, which only says where to stop: more budget never covers less.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TypeAlias

import pyarrow as pa

from .visits import FACTORS, Key, Seen, bands, clock_of, factors, mark_faults, visits_at

LEAD = 0.5
"""Real seconds that a group of visits takes beyond its devices' work: walking up, and the cut of idle time before it."""
COMPANY = 12
"""A visit that hangs on more others than this is left out."""
Factor: TypeAlias = tuple[str, str]
"""Name and value."""
Pair: TypeAlias = tuple[Factor, Factor]

NO_DEVICE = "no reader and no lock of a lane takes part"
NO_END = "had not ended when the day did"
RETURNED = "came back to this portal on the same visit"
TOO_MANY = "hangs on more visits than can be played along"
HANGS = "hangs on a visit that cannot be played"
NOT_WIRED = "no wired lane serves the direction"
BUDGET = "beyond the budget"


@dataclass(frozen=True)
class ChosenVisit:
    """A visit that is played."""

    t: float
    """When they arrive, s."""
    person: int
    visit: int
    direction: str
    group: str
    seconds: float
    """Of real time that a device is at work for it, as the model had it."""
    factors: tuple[Factor, ...]
    complete: bool
    """Are all on whom it hangs played as well? Others come along for somebody's sake, and cover nothing themselves."""


@dataclass(frozen=True)
class Left:
    """A pair that is not covered."""

    pair: Pair
    visits: int
    """So many of the day's visits show it."""
    why: str


@dataclass(frozen=True)
class Choice:
    """What is played, and what that leaves out."""

    portal: str
    budget: float
    """s of real time."""
    lanes: int
    seconds: float
    """s of real time that it is expected to take."""
    of: int
    """So many visits there were."""
    visits: tuple[ChosenVisit, ...]
    """In order of arrival."""
    covered: tuple[Pair, ...]
    left: tuple[Left, ...]
    unplayable: tuple[tuple[str, int], ...]
    """Why visits could not be chosen, and how many."""

    @property
    def percent(self) -> float:
        """Share of the day's pairs that are covered, in per cent; 100 if there are none."""
        pairs = len(self.covered) + len(self.left)
        return 100.0 * len(self.covered) / pairs if pairs else 100.0

    def text(self, most: int = 8) -> str:
        """For people; at the most so many of the pairs that are left out, the most frequent first."""
        pairs = len(self.covered) + len(self.left)
        first = f"{len(self.visits)} of {self.of} visits at {self.portal}, about {self.seconds:.0f} s of {self.budget:g} s: "
        first += f"{len(self.covered)} of {pairs} pairs ({self.percent:.0f} %) of {', '.join(FACTORS)}"
        lines = [first]
        for why, count in self.unplayable:
            lines.append(f"  {_many(count, 'visit')} not to be chosen: {why}")
        for why, count in Counter(one.why for one in self.left).most_common():
            lines.append(f"  {_many(count, 'pair')} left out: {why}")
        for one in self.left[:most]:
            (one_factor, a), (other, b) = one.pair
            lines.append(f"    {one_factor} {a}, {other} {b} ({_many(one.visits, 'visit')})")
        if len(self.left) > most:
            lines.append(f"    and {len(self.left) - most} more")
        return "\n".join(lines)


def _many(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


@dataclass
class _Group:
    """A visit with those on whom it hangs."""

    visit: Seen
    members: frozenset[Key]
    pairs: frozenset[Pair]


def choose(
    events: pa.Table,
    portal: str,
    groups: Mapping[int, str],
    *,
    budget: float,
    lanes: int = 1,
    directions: Collection[str] = ("in", "out"),
    edges: Sequence[float] = (),
    clock: Callable[[float], float] | None = None,
    faults: Sequence[tuple[str, float, float]] = (),
) -> Choice:
    """Choose from the model's event log of a day.

    `groups`: by person. `budget`: s of real time; the first group of visits is played even if it takes longer. `lanes`: so
    many are wired, `directions`: those that they serve. `edges`: times of day (s after midnight) at which the policy's
    rules change. `clock`: time of day at scenario times, where the log's own start does not tell (changes of the clock).
    `faults`: what is played here, from when, until when (s); who comes meanwhile, and soon after, is an example of that.
    """
    visits = visits_at(events, portal)
    if faults:
        mark_faults(visits, faults)
    band, clock = bands(events, edges), clock or clock_of(events)
    shown = {
        key: factors(one, groups.get(one.person, "unknown"), band(clock(one.t)))
        for key, one in visits.items()
    }
    pairs = {key: frozenset(combinations(sorted(one.items()), 2)) for key, one in shown.items()}
    members = {key: _members(visits, key) for key in visits}
    closed = {key: found for key, found in members.items() if found is not None}
    why_not = _why_not(visits, members, directions)
    found = _groups(visits, pairs, closed, why_not, lanes)
    played, seconds = _take(found, visits, budget, lanes)

    complete = {key for key in played if key not in why_not and closed[key] <= played}
    covered = frozenset().union(*(pairs[key] for key in complete))
    chosen = sorted(played, key=lambda key: (visits[key].t, key))
    return Choice(
        portal, budget, lanes, seconds, len(visits),
        tuple(
            ChosenVisit(
                visits[key].t, *key, visits[key].direction, shown[key]["group"], visits[key].busy,
                tuple(sorted(shown[key].items())), key in complete,
            )
            for key in chosen
        ),
        tuple(sorted(covered)),
        _left(pairs, covered, why_not),
        tuple(Counter(why_not[key] for key in visits if key in why_not).most_common()),
    )  # fmt: skip


def _members(visits: Mapping[Key, Seen], key: Key) -> frozenset[Key] | None:
    """A visit with those on whom it hangs; None: too many. What those hang on comes along; of a queue only who stands
    before this visit, or a whole rush hour would."""
    found, new = {key}, [key]
    while new:
        for one in visits[new.pop()].needs:
            if one not in found and one in visits:
                found.add(one)
                new.append(one)
        if len(found) > COMPANY:
            return None
    found.update(one for one in visits[key].ahead if one in visits)
    return frozenset(found) if len(found) <= COMPANY else None


def _why_not(
    visits: Mapping[Key, Seen], members: Mapping[Key, frozenset[Key] | None], directions: Collection[str]
) -> dict[Key, str]:
    """Visits that are not to be chosen for their own sake."""
    cannot: dict[Key, str] = {}
    for key, one in visits.items():
        if one.direction not in directions:
            cannot[key] = NOT_WIRED
        elif one.again:
            cannot[key] = RETURNED
        elif not one.end:
            cannot[key] = NO_END
    found = dict(cannot)
    for key, one in visits.items():
        group = members[key]
        if key in cannot:
            continue
        if not one.at_device:
            found[key] = NO_DEVICE
        elif group is None:
            found[key] = TOO_MANY
        elif not group.isdisjoint(cannot):
            found[key] = HANGS
    return found


def _groups(
    visits: Mapping[Key, Seen], pairs: Mapping[Key, frozenset[Pair]], closed: Mapping[Key, frozenset[Key]],
    why_not: Collection[Key], lanes: int,
) -> list[_Group]:  # fmt: skip
    """What there is to choose from: of those that cover the same, the one that takes the least time, the earliest."""
    best: dict[frozenset[Pair], tuple[tuple[float, float, Key], _Group]] = {}
    for key, one in visits.items():
        if key in why_not:
            continue
        group = closed[key]
        shown = frozenset().union(
            *(pairs[other] for other in group if other not in why_not and closed[other] <= group)
        )
        rank = _seconds((visits[other] for other in group), lanes), one.t, key
        if shown not in best or rank < best[shown][0]:
            best[shown] = rank, _Group(one, group, shown)
    return [group for _, group in best.values()]


def _seconds(visits: Iterable[Seen], lanes: int) -> float:
    """Real seconds for visits that are played together: lanes work side by side, and nobody is in two."""
    busy = [one.busy for one in visits]
    return max(sum(busy) / lanes, max(busy)) + LEAD if busy else 0.0


def _take(
    found: Sequence[_Group], visits: Mapping[Key, Seen], budget: float, lanes: int
) -> tuple[set[Key], float]:
    played: set[Key] = set()
    covered: set[Pair] = set()
    seconds = 0.0
    rest = list(found)
    while rest:
        ranked = []
        for one in rest:
            new = len(one.pairs - covered)
            if new:
                takes = _seconds((visits[key] for key in one.members - played), lanes)
                ranked.append((-new / max(takes, LEAD), one.visit.t, one.visit.key, takes, one))
        if not ranked:
            break
        *_, takes, best = min(ranked, key=lambda entry: entry[:3])
        if played and seconds + takes > budget:
            break
        played |= best.members
        covered |= best.pairs
        seconds += takes
        rest = [entry[-1] for entry in ranked if entry[-1] is not best]
    return played, seconds


def _left(
    pairs: Mapping[Key, frozenset[Pair]], covered: Collection[Pair], why_not: Mapping[Key, str]
) -> tuple[Left, ...]:
    """The pairs of the day that are not covered, the most frequent first."""
    count: Counter[Pair] = Counter()
    reasons: dict[Pair, Counter[str]] = {}
    for key, own in pairs.items():
        for pair in own:
            if pair not in covered:
                count[pair] += 1
                reasons.setdefault(pair, Counter())[why_not.get(key, BUDGET)] += 1
    found = [
        Left(pair, visits, BUDGET if BUDGET in reasons[pair] else reasons[pair].most_common(1)[0][0])
        for pair, visits in count.items()
    ]
    return tuple(sorted(found, key=lambda one: (-one.visits, one.pair)))
