"""Light data that the world moves about: persons, their journeys, their visits to portals."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..scenarios.policy.engine import Means
    from .habits import Ways
    from .portal import Portal

LEGS = 16
"""Visits that one journey may have; a visit's number is `journey * LEGS + leg`."""


class Person:
    """Somebody who comes and goes. `ordinal` counts within the stream that brought them (residents: their number)."""

    __slots__ = ("at_home", "group", "journey", "kit", "listed", "next_trip", "number", "ordinal", "tower", "ways")

    def __init__(
        self, number: int, ordinal: int, group: str, ways: Ways, kit: frozenset[str], listed: frozenset[str], tower: int
    ) -> None:
        self.number = number
        self.ordinal = ordinal
        self.group = group
        self.ways = ways
        self.kit = kit
        """Credentials that they would present."""
        self.listed = listed
        """Credentials of theirs that stand on the list."""
        self.tower = tower
        self.at_home = True
        self.journey: Journey | None = None
        self.next_trip: tuple[int, str] | None = None


class Journey:
    """One way between street and home, or to one portal: the legs still to go."""

    __slots__ = ("direction", "kit", "leg", "number", "person", "portals", "stay", "walks")

    def __init__(self, person: Person, number: int, direction: str, portals: tuple[Portal, ...]) -> None:
        self.person = person
        self.number = number
        self.direction = direction
        self.portals = portals
        self.leg = 0
        self.kit = person.kit
        self.walks: tuple[object, ...] = ()
        self.stay: float | None = None


class Visit:
    """One person's wish to pass one portal one way."""

    __slots__ = (
        "arrived", "attempt", "chances", "deadline", "direction", "follows", "joined", "journey", "means", "number",
        "part", "person", "place", "rank", "stay", "tries", "waiting",
    )  # fmt: skip

    def __init__(self, person: Person, journey: Journey, number: int, direction: str, arrived: float) -> None:
        self.person = person
        self.journey = journey
        self.number = number
        self.direction = direction
        self.arrived = arrived
        self.means: tuple[Means, ...] = ()
        """Accepted means that this person could show, in order of fallback; `place` is the one that is next."""
        self.place = 0
        self.part = 0
        """How many credentials of a combination are through."""
        self.tries = 0
        """Failed tries with the present means."""
        self.attempt = -1
        self.chances = 0
        """Openings that one could have followed."""
        self.follows: bool | None = None
        self.waiting = False
        self.stay = 0
        """Stays in the queue so far: tells a stale alarm from a live one."""
        self.joined = 0
        self.rank = 0
        self.deadline = 0.0
