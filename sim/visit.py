"""Light data that the world moves about: persons, their journeys, their visits to portals."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..scenarios.policy.engine import Means
    from .habits import Ways
    from .world import Legs

LEGS = 16
"""Visits that one journey may have; a visit's number is `journey * LEGS + leg`."""


class Person:
    """Somebody who comes and goes."""

    __slots__ = (
        "at_home", "group", "journey", "kit", "listed", "next_trip", "number", "ordinal", "tower", "ways",
    )  # fmt: skip

    def __init__(
        self, number: int, ordinal: int, group: str, ways: Ways, kit: frozenset[str], listed: frozenset[str], tower: int,
        at_home: bool,
    ) -> None:  # fmt: skip
        self.number = number
        self.ordinal = ordinal
        """Counts within the stream that brought them (residents: their number)."""
        self.group = group
        self.ways = ways
        self.kit = kit
        """Credentials that they would present."""
        self.listed = listed
        """Credentials of theirs that stand on the list."""
        self.tower = tower
        self.at_home = at_home
        self.journey: Journey | None = None
        self.next_trip: tuple[int, str] | None = None
        """A trip that fell due while another was under way."""


class Journey:
    """One way between street and home, or through one portal."""

    __slots__ = ("direction", "kit", "leg", "legs", "number", "person")

    def __init__(self, person: Person, number: int, direction: str, legs: Legs, kit: frozenset[str]) -> None:
        self.person = person
        self.number = number
        self.direction = direction
        self.legs = legs
        self.leg = 0
        """The portal that comes next."""
        self.kit = kit
        """Credentials that are in the pocket this time."""


class Visit:
    """One person's wish to pass one portal one way."""

    __slots__ = (
        "arrived", "attempt", "chances", "deadline", "direction", "follows", "joined", "journey", "means", "number",
        "part", "person", "place", "rank", "stay", "tries", "waiting",
    )  # fmt: skip

    def __init__(self, journey: Journey, number: int, arrived: float) -> None:
        self.journey = journey
        self.person = journey.person
        self.direction = journey.direction
        self.number = number
        self.arrived = arrived
        self.means: tuple[Means, ...] = ()
        """Accepted means that this person can show, in order of fallback."""
        self.place = 0
        """Which of them is next."""
        self.part = 0
        """How many credentials of a combination are through."""
        self.tries = 0
        """Failed tries with the present means."""
        self.attempt = -1
        self.chances = 0
        """Openings that one could have followed."""
        self.follows: bool | None = None
        """Would somebody with a credential walk in behind another? Drawn once a visit."""
        self.waiting = False
        self.stay = 0
        """Waits so far: tells a stale alarm from a live one."""
        self.joined = 0
        self.rank = 0
        self.deadline = 0.0
