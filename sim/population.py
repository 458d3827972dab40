"""Who there is in one replication: residents in their households, and the visitors of every stream.

Everything here is drawn before the world starts and is the same for every policy.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..scenarios.compound import Towers
from ..scenarios.people import AGES, BANDS, BIOMETRICS, ENROLMENT_STATES, Group
from .draws import Draws

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
NONE = -1


@dataclass(frozen=True)
class Population:
    """Persons by number, as columns. Residents come first, by household; then each stream's visitors."""

    groups: tuple[str, ...]
    group: Ints
    """Index into `groups`."""
    household: Ints
    """-1: none."""
    tower: Ints
    """From 0; -1: none."""
    floor: Ints
    """Of the home, or of the flat that one visits, from 0; -1: none."""
    ordinal: Ints
    """Place within the stream that brought them; a resident's number."""
    age: Ints
    """Years; -1: not known."""
    state: Mapping[str, Ints]
    """Biometric -> index into ENROLMENT_STATES; -1: nobody spoke of it."""
    residents: int
    households: int

    def __len__(self) -> int:
        return len(self.group)

    def kit(self, key: tuple[int, ...], people: Mapping[str, Group]) -> tuple[frozenset[str], frozenset[str]]:
        """What people of a profile key would present, and what of theirs stands on the list.

        Whoever is pending believes to be enrolled and tries; whoever refused, was not asked, may not or could not
        does not.
        """
        states = {
            kind: ENROLMENT_STATES[state]
            for kind, state in zip(BIOMETRICS, key[1:], strict=True)
            if state >= 0
        }
        others = {name for name in people[self.groups[key[0]]].holds if name not in BIOMETRICS}
        listed = others | {kind for kind, state in states.items() if state == "enrolled"}
        return frozenset(listed | {kind for kind, state in states.items() if state == "pending"}), frozenset(
            listed
        )


def settle(people: Mapping[str, Group], towers: Sequence[Towers] | None, draws: Draws) -> Population:
    """The residents: flats, households, groups, ages, enrolment. Without towers there are none."""
    names = tuple(people)
    if towers is None:
        nobody = np.zeros(0, np.int64)
        return Population(
            names,
            nobody,
            nobody,
            nobody,
            nobody,
            nobody,
            nobody,
            dict.fromkeys(BIOMETRICS, nobody),
            residents=0,
            households=0,
        )
    tower_of, floor_of, lived_in, sizes = _homes(towers, draws)
    flats = len(tower_of)
    household = np.repeat(np.arange(len(lived_in)), sizes)
    flat = np.repeat(lived_in, sizes)
    n = len(household)
    group = _groups(people, household, flat, flats, draws, n)
    number = np.arange(n)
    return Population(
        groups=names,
        group=group,
        household=household,
        tower=tower_of[flat],
        floor=floor_of[flat],
        ordinal=number,
        age=_ages(people, group, draws, number),
        state=_enrolment(people, group, flat, draws, number),
        residents=n,
        households=len(lived_in),
    )


def _homes(towers: Sequence[Towers], draws: Draws) -> tuple[Ints, Ints, Ints, Ints]:
    """The tower and the floor of every flat; the flats in which somebody lives; how many live in each of these."""
    flats = sum(kind.all_flats for kind in towers)
    lots, by_size = draws.uniforms("occupied", flats), draws.uniforms("household.size", flats)
    tower_of, floor_of, lived_in, sizes = [], [], [], []
    first_flat = first_tower = 0
    for kind in towers:
        own = slice(first_flat, first_flat + kind.all_flats)
        if kind.occupied.households is None:
            chosen = np.flatnonzero(lots[own] < kind.occupied.of(kind.all_flats))
        else:
            chosen = np.sort(np.argsort(lots[own], kind="stable")[: kind.occupied.households])
        number = np.arange(kind.all_flats)
        tower_of.append(first_tower + number // (kind.floors * kind.flats))
        floor_of.append(number // kind.flats % kind.floors)
        lived_in.append(first_flat + chosen)
        sizes.append(kind.households.ppf(by_size[own])[chosen].astype(np.int64))
        first_flat, first_tower = own.stop, first_tower + kind.count
    tower, floor, home, size = (np.concatenate(one) for one in (tower_of, floor_of, lived_in, sizes))
    return tower, floor, home, size


def with_visitors(
    population: Population,
    people: Mapping[str, Group],
    group: str,
    count: int,
    tower: Ints | None,
    floor: Ints | None,
    draws: Draws,
) -> Population:
    """The same people and `count` visitors more, numbered behind them."""
    number = np.arange(len(population), len(population) + count)
    index = population.groups.index(group)
    own = np.full(count, index)
    none = np.full(count, NONE)
    return Population(
        groups=population.groups,
        group=np.concatenate([population.group, own]),
        household=np.concatenate([population.household, none]),
        tower=np.concatenate([population.tower, none if tower is None else tower]),
        floor=np.concatenate([population.floor, none if floor is None else floor]),
        ordinal=np.concatenate([population.ordinal, np.arange(count)]),
        age=np.concatenate([population.age, none]),
        state={
            kind: np.concatenate([known, new])
            for (kind, known), new in zip(
                population.state.items(),
                _enrolment(people, own, none, draws, number, whole=population.groups).values(),
                strict=True,
            )
        },
        residents=population.residents,
        households=population.households,
    )


def _groups(
    people: Mapping[str, Group], household: Ints, flat: Ints, flats: int, draws: Draws, n: int
) -> Ints:
    """Whole households first; those that are left are shared out person by person."""
    names = list(people)
    by_flat = draws.uniforms("group.household", flats)[flat]
    by_person = draws.uniforms("group.person", n)
    group = np.full(n, NONE)
    low = 0.0
    for index, name in enumerate(names):
        share = people[name].share
        if share is not None and people[name].together == "household":
            group[(by_flat >= low) & (by_flat < low + share)] = index
            low += share
    single = [(index, people[name].share or 0.0) for index, name in enumerate(names)
              if people[name].share is not None and people[name].together == "person"]  # fmt: skip
    rest = group == NONE
    total = sum(share for _, share in single)
    if not single or total <= 0.0:
        # The shares of the households add up to 1; what rounding left over goes to the last of them.
        group[rest] = max(index for index, name in enumerate(names) if people[name].share is not None)
        return group
    edges = np.cumsum([share / total for _, share in single])[:-1]
    chosen = np.searchsorted(edges, by_person, side="right")
    group[rest] = np.array([index for index, _ in single])[chosen][rest]
    return group


def _ages(people: Mapping[str, Group], group: Ints, draws: Draws, number: Ints) -> Ints:
    n = len(number)
    if n == 0:
        return number
    u, within = draws.uniforms("age.band", n), draws.uniforms("age.year", n)
    age = np.empty(n, np.int64)
    for index, facts in enumerate(people.values()):
        own = group == index
        shares = facts.ages or AGES
        edges = np.cumsum(list(shares.values()))[:-1]
        low, high = np.array([BANDS[band] for band in shares]).T
        band = np.searchsorted(edges, u[own], side="right")
        age[own] = (low[band] + within[own] * (high - low)[band]).astype(np.int64)
    return age


def _enrolment(
    people: Mapping[str, Group],
    group: Ints,
    flat: Ints,
    draws: Draws,
    number: Ints,
    whole: tuple[str, ...] | None = None,
) -> dict[str, Ints]:
    names = whole or tuple(people)
    states: dict[str, Ints] = {}
    for kind in BIOMETRICS:
        state = np.full(len(number), NONE)
        for index in np.unique(group):
            enrolment = people[names[index]].enrolment_of(kind)
            if enrolment is None:
                continue
            own = group == index
            edges = np.cumsum(enrolment.shares())[:-1]
            if enrolment.together == "household" and (flat[own] >= 0).all():
                u = draws.uniforms(f"enrolment.{kind}.household", int(flat.max()) + 1)[flat]
            else:
                u = draws.uniforms(f"enrolment.{kind}", int(number[-1]) + 1)[number]
            state[own] = np.searchsorted(edges, u[own], side="right")
        states[kind] = state
    return states


def profile_keys(
    population: Population, state: Mapping[str, Ints] | None = None
) -> Iterator[tuple[int, ...]]:
    """By person: the group's index and the enrolment states, which decide what one holds. `state`: other states than
    those that were drawn."""
    states = population.state if state is None else state
    return zip(population.group.tolist(), *(states[kind].tolist() for kind in BIOMETRICS), strict=True)
