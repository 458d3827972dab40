"""A group's behaviour, made ready for the world: every habit a number or a draw."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..scenarios.behaviour import Behaviour
from .door import Timing
from .luck import Luck
from .visit import Visit

Draw = Callable[[Visit], float]


@dataclass(frozen=True, slots=True)
class Ways:
    """How the people of one group act. Draws are keyed by visit, never by policy."""

    slow: bool
    patience: Timing | None
    patience_over_visit: bool
    retry_limit: int | None
    retries: Callable[[Visit], bool]
    rejoin: str
    resorts: tuple[str, ...]
    follow_with: float
    follow_without: float
    chance: Draw
    """Uniform: would one follow this time?"""
    headway: Timing
    hope: Timing
    hold: float
    held: Draw
    """Uniform: does the opener hold for this follower?"""

    @classmethod
    def of(cls, behaviour: Behaviour, luck: Luck, *, slow: bool) -> Ways:
        """Compile what a group does."""
        patience, retry, follow = behaviour.patience, behaviour.retry, behaviour.follow
        return cls(
            slow=slow,
            patience=None if patience is None else luck.seconds("patience", patience.time, by="stay"),
            patience_over_visit=patience is not None and patience.over == "visit",
            retry_limit=retry.limit,
            retries=luck.event("retry", retry.probability, by="attempt"),
            rejoin=retry.rejoin,
            resorts=behaviour.resorts,
            follow_with=follow.with_credential,
            follow_without=follow.without_credential,
            chance=luck.uniform("follow", by="chances"),
            headway=luck.seconds("headway", follow.headway, by="chances"),
            hope=luck.seconds("hope", follow.hope, by="stay"),
            hold=behaviour.hold.probability,
            held=luck.uniform("held", by="chances"),
        )
