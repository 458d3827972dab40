"""The world: people on their journeys from portal to portal.

It sees a clock, portals and the day's trips; what happens at a portal is the portal's business, and randomness comes
as draws that are keyed by person and visit.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

from .visit import LEGS, Person, Profile, Visit

if TYPE_CHECKING:
    from .clockwork import Clockwork
    from .portal import Portal
    from .trips import Trip


class Leg(NamedTuple):
    """One portal of a journey and the walk that leads to it: seconds by (person, visit number); None: no way to go."""

    portal: Portal
    walk: Callable[[int, int], float] | None


Legs = tuple[Leg, ...]


class Source(Protocol):
    """Where a stream's people come from."""

    def send(self, person: int, journey: int, direction: str) -> None:
        """Somebody sets out now."""


class PassersBy:
    """A stream of people who want to pass one portal once."""

    def __init__(
        self,
        world: World,
        legs: Legs,
        profiles: Sequence[Profile],
        without_tokens: Callable[[int, int], bool],
        first: int,
    ) -> None:
        """`profiles` by person; the stream's people are numbered from `first` on."""
        self._world, self._legs, self._profiles, self._without_tokens = world, legs, profiles, without_tokens
        self._first = first
        self._arrive = legs[0].portal.arrive

    def send(self, person: int, journey: int, direction: str) -> None:
        profile = self._profiles[person]
        if profile.without_tokens is not profile and self._without_tokens(person, journey):
            profile = profile.without_tokens
        self._world.under_way += 1
        self._arrive(Visit(person, person - self._first, profile, direction, self._legs, 0, None))


class Travellers:
    """People who go between street and home: residents, and visitors who stay a while."""

    def __init__(
        self,
        world: World,
        legs: Callable[[Person, int, str], Legs],
        without_tokens: Callable[[int, int], bool],
        person: Callable[[int], Person],
        stay: Callable[[int, int], float] | None,
        routes: Callable[[Person, str], Sequence[Legs]],
    ) -> None:
        """`legs` gives the portals of a journey, `person` somebody not seen before, `stay` the seconds of a visit,
        `routes` every way that somebody could go."""
        self.routes = routes
        self._world, self._legs, self._without_tokens, self._person, self._stay = (
            world,
            legs,
            without_tokens,
            person,
            stay,
        )
        self._people: dict[int, Person] = {}

    def send(self, person: int, journey: int, direction: str) -> None:
        traveller = self._people.get(person)
        if traveller is None:
            traveller = self._people[person] = self._person(person)
            traveller.source = self
        if traveller.under_way:
            traveller.next_trip = (journey, direction)
        elif traveller.at_home == (direction == "out"):
            self._set_out(traveller, journey, direction)

    def _set_out(self, person: Person, journey: int, direction: str) -> None:
        profile = person.profile
        if profile.without_tokens is not profile and self._without_tokens(person.number, journey):
            profile = profile.without_tokens
        person.under_way = True
        self._world.under_way += 1
        legs = self._legs(person, journey, direction)
        self._world.walk_on(
            Visit(person.number, person.ordinal, profile, direction, legs, journey * LEGS, person)
        )

    def ended(self, visit: Visit, arrived: bool) -> None:
        """A journey is over: the person is where it led, or where it began."""
        person, journey = visit.traveller, visit.number // LEGS
        assert person is not None
        person.under_way = False
        if arrived:
            person.at_home = visit.direction == "in"
        if person.next_trip is not None:
            (number, direction), person.next_trip = person.next_trip, None
            if person.at_home == (direction == "out"):
                self._set_out(person, number, direction)
        elif self._stay is not None and arrived and visit.direction == "in":
            clock = self._world.clock
            clock.at(clock._now + self._stay(person.number, journey), self._take_leave, (person, journey + 1))

    def _take_leave(self, who: tuple[Person, int]) -> None:
        self._set_out(who[0], who[1], "out")


class World:
    """Sends people on their trips and leads them on from portal to portal."""

    def __init__(self, clock: Clockwork) -> None:
        self.clock = clock
        self.under_way = 0
        """Journeys that have begun and not ended."""

    def traffic(self, trips: Iterable[Trip], sources: Sequence[Source]) -> Generator[float, None, None]:
        """The process that starts every trip at its time."""
        clock = self.clock
        send = [source.send for source in sources]
        for t, stream, person, journey, direction in trips:
            wait = t - clock._now
            if wait > 0.0:
                yield wait
            send[stream](person, journey, direction)

    def walk_on(self, visit: Visit) -> None:
        """Go to the next portal of the journey."""
        portal, walk = visit.legs[visit.leg]
        seconds = 0.0 if walk is None else walk(visit.person, visit.number)
        if seconds > 0.0:
            at = self.clock._now + seconds
            portal.following.expect(visit, at, self.clock.at(at, portal.arrive, visit))
        else:
            portal.arrive(visit)

    def passed(self, visit: Visit) -> None:
        """A visit has ended well: go on to the next portal, or be there."""
        if visit.leg + 1 < len(visit.legs):
            visit.leg += 1
            visit.number = visit.number // LEGS * LEGS + visit.leg
            visit.chances = 0
            visit.tried = ()
            self.walk_on(visit)
            return
        self.under_way -= 1
        if visit.traveller is not None:
            visit.traveller.source.ended(visit, True)

    def detours(self, visit: Visit) -> Iterator[Legs]:
        """Other routes that go the same way so far and another from here."""
        if visit.traveller is None:
            return
        way, leg = visit.legs, visit.leg
        for legs in visit.traveller.source.routes(visit.traveller, visit.direction):
            same = [one.portal for one in legs[:leg]] == [one.portal for one in way[:leg]]
            if len(legs) > leg and same and legs[leg].portal is not way[leg].portal:
                yield legs

    def left(self, visit: Visit) -> None:
        """A visit has ended without a passage: the person goes back to where the journey began."""
        self.under_way -= 1
        if visit.traveller is not None:
            visit.traveller.source.ended(visit, False)
