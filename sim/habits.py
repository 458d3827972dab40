"""A group's behaviour, made ready for the world: every habit a number or a draw."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from ..scenarios.behaviour import Behaviour
from ..scenarios.conditions import Chance
from .decay import troubles
from .door import Timing
from .luck import Luck
from .visit import Visit

Draw = Callable[[Visit], float]
Odds = float | tuple[float, ...]
"""A probability, or one by situation (scenarios/conditions.py)."""


class Bypassing(NamedTuple):
    """A way around: where, how likely, how long."""

    at: tuple[str, ...] | None
    odds: Odds
    luck: Draw
    takes: Timing


class Calling(NamedTuple):
    """A telephone call: to whom, how likely, how long."""

    callee: str
    odds: Odds
    luck: Draw
    takes: Timing


@dataclass(frozen=True, slots=True)
class Ways:
    """How the people of one group act. Draws are keyed by visit, never by policy."""

    slow: bool
    patience: Timing | None
    patience_over_visit: bool
    retry_limit: int | None
    retries: Callable[[Visit], bool]
    retries_listed: Callable[[Visit], bool]
    """The same with a credential that stands on the list."""
    rejoin: str
    resorts: tuple[str, ...]
    follow_with: Odds
    follow_without: Odds
    reverse: Odds
    chance: Draw
    """Uniform: would one follow this time?"""
    headway: Timing
    hope: Timing
    hurry: float
    hold: Odds
    hold_halves_every: float
    hold_longer_for_two: float
    held: Draw
    """Uniform: does the opener hold for this follower?"""
    lend: Odds
    lent: Draw
    """Uniform: does the opener lend to this one?"""
    guard_opens: Odds
    guard_registers: Odds
    guard_lends: Odds
    guard_luck: Draw
    guard_takes: Timing
    bypasses: Mapping[str, Bypassing]
    """`crawl` and `climb`."""
    elsewhere: Odds
    elsewhere_luck: Draw
    elsewhere_walk: Timing
    calls: tuple[Calling, ...]
    prop: tuple[float, ...]
    """By situation."""
    prop_after: int
    """Troubles (bits, sim/decay.py) after which a door is propped."""
    prop_at: tuple[str, ...] | None
    propping: Draw

    @classmethod
    def of(cls, behaviour: Behaviour, luck: Luck, *, slow: bool) -> Ways:
        """Compile what a group does."""
        patience, retry, follow, hold = (
            behaviour.patience, behaviour.retry, behaviour.follow, behaviour.hold
        )  # fmt: skip
        guards, elsewhere, prop = behaviour.guards, behaviour.elsewhere, behaviour.prop
        bypasses = {
            name: Bypassing(
                one.at, _odds(one.probability), luck.uniform(name), luck.seconds(f"{name}.takes", one.takes)
            )
            for name, one in (("crawl", behaviour.crawl), ("climb", behaviour.climb))
        }
        calls = tuple(
            Calling(
                callee,
                _odds(one.probability),
                luck.uniform(f"call.{callee}"),
                luck.seconds(f"call.{callee}.takes", one.takes),
            )
            for callee, one in behaviour.call.items()
        )
        return cls(
            slow=slow,
            patience=None if patience is None else luck.seconds("patience", patience.time, by="stay"),
            patience_over_visit=patience is not None and patience.over == "visit",
            retry_limit=retry.limit,
            retries=luck.event("retry", retry.probability, by="attempt"),
            retries_listed=luck.event("retry", retry.listed, by="attempt"),
            rejoin=retry.rejoin,
            resorts=behaviour.resorts,
            follow_with=_odds(follow.with_credential),
            follow_without=_odds(follow.without_credential),
            reverse=_odds(follow.reverse),
            chance=luck.uniform("follow", by="chances"),
            headway=luck.seconds("headway", follow.headway, by="chances"),
            hope=luck.seconds("hope", follow.hope, by="stay"),
            hurry=follow.hurry,
            hold=_odds(hold.probability),
            hold_halves_every=hold.halves_every,
            hold_longer_for_two=hold.longer_for_two,
            held=luck.uniform("held", by="chances"),
            lend=_odds(behaviour.lend.probability),
            lent=luck.uniform("lent", by="chances"),
            guard_opens=_odds(guards.opens),
            guard_registers=_odds(guards.registers),
            guard_lends=_odds(guards.lends),
            guard_luck=luck.uniform("guard.helps"),
            guard_takes=luck.seconds("guard.helps.takes", guards.takes),
            bypasses=bypasses,
            elsewhere=_odds(elsewhere.probability),
            elsewhere_luck=luck.uniform("elsewhere"),
            elsewhere_walk=luck.seconds("elsewhere.walk", elsewhere.walk),
            calls=calls,
            prop=prop.probability.table(),
            prop_after=troubles(prop),
            prop_at=prop.at,
            propping=luck.uniform("prop"),
        )


def _odds(chance: Chance) -> Odds:
    constant = chance.constant
    return chance.table() if constant is None else constant
