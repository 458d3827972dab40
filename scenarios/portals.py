"""A portal: one controlled opening, with its lanes, its leaf and its lock."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from .distributions import Distribution, constant
from .model import Model
from .units import Duration, Id, Length

Direction = Literal["in", "out"]
Kind = Literal["speed-gate", "turnstile", "swing-door", "revolving-door", "vehicle-barrier", "lift"]

# What a portal of a kind is like unless its file says otherwise. Sources: docs/parameters.md.
KINDS: dict[str, dict[str, Any]] = {
    "speed-gate": {
        "opening": "0.6 s", "passing": "1.4 s", "closing": "0.6 s", "rearm": "0.5 s",
        "relock_on_close": True, "followers": True, "width": "55 cm",
    },
    "turnstile": {
        "opening": "0 s", "passing": "2 s", "closing": "0 s", "rearm": "0.5 s",
        "relock_on_close": True, "followers": False, "width": "55 cm",
    },
    "swing-door": {
        "opening": "1 s", "passing": "1.5 s", "closing": "5 s", "rearm": "0 s",
        "relock_on_close": False, "followers": True, "width": "1 m",
    },
    "revolving-door": {
        "opening": "0 s", "passing": "3 s", "closing": "0 s", "rearm": "1 s",
        "relock_on_close": True, "followers": False, "width": "90 cm",
    },
    "vehicle-barrier": {
        "opening": "2 s", "passing": "4 s", "closing": "2 s", "rearm": "0 s",
        "relock_on_close": True, "followers": True, "width": "3 m",
    },
    "lift": {
        "opening": "2 s", "passing": "1.5 s", "closing": "3 s", "rearm": "0 s",
        "relock_on_close": False, "followers": True, "width": "1.1 m",
    },
}  # fmt: skip


def _unlock(value: Any) -> Any:
    return value if isinstance(value, dict) else {"time": value}


class _Unlock(Model):
    time: Duration = 5.0
    """How long a grant unlocks."""
    extended: Duration = 15.0
    """The same for people who need longer."""
    restart_on_pass: bool = False
    """Does each passage start the time anew?"""
    restart_on_grant: bool = True
    """Does a further grant while unlocked start the time anew?"""


Unlock = Annotated[_Unlock, BeforeValidator(_unlock)]


class Railing(Model):
    """A railing or boom that one could crawl under."""

    height: Length = Field(ge=0.25)
    """Clearance below it. Nobody fits under 25 cm."""


class Wall(Model):
    """A wall, a fence or a balcony that one could climb."""

    height: Length = Field(gt=0, le=5.0)
    """How high. Nobody climbs more than 5 m."""


class Lanes(Model):
    """Lanes by the direction that they serve."""

    inward: int = Field(default=0, ge=0, le=64, alias="in")
    """Lanes for coming in only."""
    outward: int = Field(default=0, ge=0, le=64, alias="out")
    """Lanes for going out only."""
    both: int = Field(default=0, ge=0, le=64)
    """Lanes that serve either direction, whoever comes first."""

    @property
    def total(self) -> int:
        return self.inward + self.outward + self.both

    def directions(self) -> list[tuple[Direction, ...]]:
        """What each lane serves, by lane number."""
        served: list[tuple[Direction, ...]] = [("in",)] * self.inward
        served += [("out",)] * self.outward
        served += [("in", "out")] * self.both
        return served


def _lanes(value: Any) -> Any:
    return {"both": value} if not isinstance(value, dict) else value


SomeLanes = Annotated[Lanes, BeforeValidator(_lanes, json_schema_input_type=int | Lanes)]
"""A number of lanes that all serve both directions, or `{in: 2, out: 2, both: 1}`."""


class Portal(Model):
    """A gate, a door, a lift or a ramp. Times come from its kind where the file is silent."""

    kind: Kind
    """What it is; brings the defaults of its kind."""
    one_for_each: Literal["tower"] | None = None
    """Stands once in every tower instead of once in the compound."""
    lanes: SomeLanes = Lanes(both=1)
    """Lanes side by side: a number (all serve both directions), or `{in: 2, out: 2, both: 1}`."""
    directions: tuple[Direction, ...] = Field(default=("in", "out"), min_length=1)
    """Directions in which one may pass at all."""
    readers: tuple[Direction, ...] = ("in",)
    """Directions with a reader. A direction without one is free egress."""
    room: int | None = Field(default=None, ge=0)
    """Places to wait, a direction; those being served are not counted. Nothing: no limit."""
    priority: tuple[Id, ...] = ()
    """Groups that are served before all others, in this order; never interrupts anybody."""
    width: Length | None = Field(default=None, gt=0)
    """Clear width of a lane."""
    opening: Distribution = constant(0.0)
    """From unlock until one can walk through."""
    passing: Distribution = constant(0.0)
    """A body's way through."""
    closing: Distribution = constant(0.0)
    """From the last body until the leaf is shut. Does not keep the lane from serving."""
    rearm: Distribution = constant(0.0)
    """From a passage until the lane can serve the next person."""
    unlock: Unlock = _Unlock()
    """Unlock time, or `{time, extended, restart_on_pass, restart_on_grant}`."""
    relock_on_close: bool = False
    """Lock as soon as the leaf is shut, though the unlock time still runs."""
    held_open_alarm: Duration = 30.0
    """Alarm when the leaf has stood open for so long."""
    without_power: Literal["open", "locked"] = "open"
    """Fail-safe (open) or fail-secure (locked)."""
    followers: bool = True
    """Can somebody follow through the opening? A turnstile's arms prevent it."""
    own_floor_only: bool = False
    """A lift that takes whoever opened it to their own floor and no other: only people of the same floor can follow."""
    railing: Railing | None = None
    """A railing or boom that one could crawl under."""
    wall: Wall | None = None
    """A wall, a fence or a balcony beside it that one could climb."""
    camera: bool = False
    """Does a camera look at it? People's chances may depend on that."""

    @model_validator(mode="before")
    @classmethod
    def _defaults_of_its_kind(cls, value: Any) -> Any:
        if isinstance(value, dict) and isinstance(value.get("kind"), str):
            return {**KINDS.get(value["kind"], {}), **value}
        return value
