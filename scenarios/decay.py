"""What wears a door's order down: people who prop it open, and readers that get worse until somebody cares for them.

What is done against it is the policy's (policy/upkeep.py): rounds that shut doors, rounds that clean readers.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from .conditions import Chance
from .model import Model
from .units import Id, Share

Trouble = Literal["denial", "wait", "no-credential"]
TROUBLES: tuple[Trouble, ...] = ("denial", "wait", "no-credential")
PROPPABLE = ("swing-door", "speed-gate", "vehicle-barrier")
"""Kinds of portal whose leaf stays where somebody puts it; a lift's, a turnstile's and a revolving door's do not."""


def _listed(value: Any) -> Any:
    if value in ([], ()):
        raise ValueError("the list is empty; leave the key out, or say what belongs here")
    return value if isinstance(value, list | tuple) else [value]


class Prop(Model):
    """Propping a door open with rope, a cone or a stone, so that it stands open until somebody shuts it."""

    probability: Chance = Chance.of(0.0)
    """That somebody whom the passage cost trouble props the door on passing, each time."""
    after: Annotated[
        tuple[Trouble, ...], BeforeValidator(_listed, json_schema_input_type=Trouble | tuple[Trouble, ...])
    ] = TROUBLES
    """What counts as trouble: `denial`, an attempt here was in vain; `wait`, one stood aside and waited for others;
    `no-credential`, one holds nothing that is accepted here, and next time will be no easier."""
    at: (
        Annotated[tuple[Id, ...], BeforeValidator(_listed, json_schema_input_type=Id | tuple[Id, ...])] | None
    ) = None
    """Portals; all with a leaf that stays where it is put (swing door, speed gate, vehicle barrier) unless given."""

    @model_validator(mode="after")
    def _each_once(self) -> Prop:
        for place, trouble in enumerate(self.after):
            if trouble in self.after[:place]:
                raise ValueError(f"'after' names {trouble!r} twice")
        return self


class Wear(Model):
    """A reader that is not cared for: from the start of the run, or the last maintenance, on more and more attempts have
    no sample."""

    per_day: Share = Field(gt=0)
    """What each day adds to the share of attempts without a sample, of those that would have had one."""
    up_to: Share = 1.0
    """Where it ends."""

    def at(self, seconds: float) -> float:
        """The share that is lost so long after the last maintenance."""
        return min(self.per_day * seconds / 86400.0, self.up_to)
