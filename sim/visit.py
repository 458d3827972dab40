"""Light data that the world moves about: who people are, where they go, and the visit that they are on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..scenarios.policy.engine import Means
    from .door import ModelDoor
    from .habits import Ways
    from .portal import Portal
    from .world import Legs, Travellers

LEGS = 16
"""Visits that one journey may have; a visit's number is `journey * LEGS + leg`."""


class Profile:
    """What people of one group and enrolment have in common. Compared by identity: one object a kind of people."""

    __slots__ = ("group", "kit", "listed", "ways", "without_tokens")

    def __init__(self, group: str, ways: Ways, kit: frozenset[str], listed: frozenset[str]) -> None:
        self.group = group
        self.ways = ways
        self.kit = kit
        """Credentials that they would present."""
        self.listed = listed
        """Credentials of theirs that stand on the list."""
        self.without_tokens: Profile = self
        """The same people on a day on which cards and phones stayed at home."""


class Person:
    """Somebody who comes and goes by routes."""

    __slots__ = ("at_home", "next_trip", "number", "ordinal", "profile", "source", "tower", "under_way")

    def __init__(self, number: int, ordinal: int, profile: Profile, tower: int, at_home: bool) -> None:
        self.number = number
        self.ordinal = ordinal
        """Counts within the stream that brought them (residents: their number)."""
        self.profile = profile
        self.source: Travellers
        """Whom they tell when a journey is over."""
        self.tower = tower
        self.at_home = at_home
        self.under_way = False
        self.next_trip: tuple[int, str] | None = None
        """A trip that fell due while another was under way."""


class Visit:
    """One person's wish to pass one portal one way; the same object goes on to the journey's next portal."""

    __slots__ = (
        "arrived", "attempt", "chances", "deadline", "direction", "follows", "held_by", "joined", "leg", "legs", "means",
        "number", "ordinal", "part", "person", "place", "profile", "rank", "resort", "stay", "traveller", "tried", "tries",
        "trouble", "waiting",
    )  # fmt: skip

    def __init__(
        self,
        person: int,
        ordinal: int,
        profile: Profile,
        direction: str,
        legs: Legs,
        number: int,
        traveller: Person | None,
    ) -> None:
        self.person = person
        self.ordinal = ordinal
        self.profile = profile
        self.direction = direction
        self.legs = legs
        """The portals of the journey in order; `leg` is the one that comes next."""
        self.leg = 0
        self.number = number
        self.traveller = traveller
        """None: has come for this one portal only."""
        self.stay = 0
        """Waits so far, over the whole journey: tells a stale alarm from a live one."""
        self.chances = 0
        """Openings that one could have followed, on this visit."""
        self.held_by: ModelDoor | None = None
        """The door that somebody holds until one arrives."""
        self.tried: tuple[Portal, ...] = ()
        """Portals that one has gone on from to another, on this leg."""

    # What belongs to one portal is set by it when somebody arrives there.
    arrived: float
    means: tuple[Means, ...]
    """Accepted means that this person can show, in order of fallback."""
    place: int
    """Which of them is next."""
    part: int
    """How many credentials of a combination are through."""
    tries: int
    """Failed tries with the present means."""
    attempt: int
    """Number of the attempt, from 0; -1 before the first."""
    resort: int
    """Which resort is next."""
    trouble: int
    """What the passage has cost so far: bits of sim/decay.py."""
    follows: bool | None
    """Would somebody with a credential walk in behind another? Drawn once a visit."""
    waiting: bool
    joined: int
    rank: int
    deadline: float
