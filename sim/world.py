"""The world: people on their journeys from portal to portal.

It sees a clock, portals and the day's trips; what happens at a portal is the portal's business, and randomness comes
as draws that are keyed by person and visit.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from .visit import LEGS, Journey, Person, Visit

if TYPE_CHECKING:
    from .clockwork import Clockwork
    from .portal import Portal


class Leg(NamedTuple):
    """One portal of a journey and the walk that leads to it. `walk` takes (person, visit number) and gives seconds."""

    portal: Portal
    walk: Callable[[Person, int], float]


class Trip(NamedTuple):
    """A wish to go somewhere."""

    t: float
    person: int
    journey: int
    """The person's nth journey, from 0."""
    direction: str


Legs = tuple[Leg, ...]


class World:
    """Sends people on their trips and leads them on from portal to portal."""

    def __init__(
        self,
        clock: Clockwork,
        find: Callable[[int], Person],
        legs: Callable[[Person, int, str], Legs],
        kit: Callable[[Person, int], frozenset[str]],
        stay: Callable[[Person, int], float | None],
    ) -> None:
        """`find` gives the person of a number; `legs`, `kit` and `stay` say how a person's nth journey goes: through
        which portals, with which credentials in the pocket, and how many seconds a visitor stays (None: for good)."""
        self.clock = clock
        self.under_way = 0
        self._find, self._legs, self._kit, self._stay = find, legs, kit, stay

    def traffic(self, trips: Iterable[Trip]) -> Generator[float, None, None]:
        """The process that starts every trip at its time."""
        clock = self.clock
        for t, number, journey, direction in trips:
            wait = t - clock._now
            if wait > 0.0:
                yield wait
            person = self._find(number)
            if person.journey is not None:
                person.next_trip = (journey, direction)
            elif person.at_home == (direction == "out"):
                self._set_out(person, journey, direction)

    def _set_out(self, person: Person, number: int, direction: str) -> None:
        journey = Journey(person, number, direction, self._legs(person, number, direction), self._kit(person, number))
        person.journey = journey
        self.under_way += 1
        self._walk_on(journey)

    def _walk_on(self, journey: Journey) -> None:
        portal, walk = journey.legs[journey.leg]
        seconds = walk(journey.person, journey.number * LEGS + journey.leg)
        if seconds > 0.0:
            self.clock.at(self.clock._now + seconds, self._arrive, journey)
        else:
            self._arrive(journey)

    def _arrive(self, journey: Journey) -> None:
        visit = Visit(journey, journey.number * LEGS + journey.leg, self.clock._now)
        journey.legs[journey.leg].portal.arrive(visit)

    def passed(self, visit: Visit) -> None:
        """A visit has ended well: go on to the next portal, or be there."""
        journey = visit.journey
        journey.leg += 1
        if journey.leg < len(journey.legs):
            self._walk_on(journey)
            return
        person = journey.person
        person.at_home = journey.direction == "in"
        self._end(person)
        if person.at_home and person.journey is None:
            stay = self._stay(person, journey.number)
            if stay is not None:
                self.clock.at(self.clock._now + stay, self._take_leave, (person, journey.number + 1))

    def _take_leave(self, who: tuple[Person, int]) -> None:
        self._set_out(who[0], who[1], "out")

    def left(self, visit: Visit) -> None:
        """A visit has ended without a passage: the person goes back to where the journey began."""
        self._end(visit.person)

    def _end(self, person: Person) -> None:
        person.journey = None
        self.under_way -= 1
        if person.next_trip is not None:
            (number, direction), person.next_trip = person.next_trip, None
            if person.at_home == (direction == "out"):
                self._set_out(person, number, direction)


def merged(streams: Sequence[Sequence[Trip]]) -> list[Trip]:
    """The trips of all streams in order of time; among equals the stream that stands first in the file."""
    trips = [trip for stream in streams for trip in stream]
    trips.sort(key=lambda trip: trip.t)
    return trips


