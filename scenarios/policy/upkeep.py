"""What becomes of the doors under a policy: when they are held open, who shuts what people have propped open, who cleans
the readers, when the management has had enough and switches them off, and which ways out need no credential."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from ..model import Model
from ..units import Duration, Hours, Id

Callee = Literal["management", "host", "hotline", "police"]


def _listed(value: Any) -> Any:
    if value in ([], ()):
        raise ValueError("the list is empty; leave the key out, or say what belongs here")
    return value if isinstance(value, list | tuple) else [value]


Ids = Annotated[tuple[Id, ...], BeforeValidator(_listed, json_schema_input_type=Id | tuple[Id, ...])]
SomeHours = Annotated[
    tuple[Hours, ...], BeforeValidator(_listed, json_schema_input_type=Hours | tuple[Hours, ...])
]
Callees = Annotated[
    tuple[Callee, ...], BeforeValidator(_listed, json_schema_input_type=Callee | tuple[Callee, ...])
]


class Egress(Model):
    """Ways out that need no credential."""

    free: Ids
    """Portals whose reader on the way out is off under this policy: whoever goes out just goes."""


class HoldOpen(Model):
    """Hours in which the controller holds doors unlocked, as at rush hour. Nobody needs a credential then."""

    at: Ids
    """Portals."""
    hours: SomeHours
    """Hours of the local day, or a list of them."""


class Patrol(Model):
    """Rounds on which somebody takes away what props a door open, and shuts it."""

    at: Ids | None = None
    """Portals; all that have a reader unless given."""
    every: Duration = Field(gt=0)
    """From round to round, counted from the start of the run; the first is one such time after it."""
    hours: SomeHours | None = None
    """Rounds outside these hours of the local day do not take place; all do unless given."""
    takes: Duration = 0.0
    """The guard's time at each portal, a round."""


class Maintenance(Model):
    """Rounds on which readers are cleaned and set right, so that their wear begins anew."""

    at: Ids | None = None
    """Portals; all that have a reader unless given."""
    every: Duration = Field(gt=0)
    """From round to round, counted from the start of the run."""


class GivesUp(Model):
    """The management switches the readers of a portal off, and its doors stand unlocked."""

    at: Ids
    """Portals, each by its own calls."""
    after: int = Field(ge=1, le=100_000)
    """The call with this number, within the time, brings it about."""
    within: Duration = Field(default=86400.0, gt=0)
    """Within which time calls count together."""
    calls: Callees = ("management", "hotline")
    """Calls to whom count."""
    lasts: Duration | None = Field(default=None, gt=0)
    """How long the readers stay off; then they are switched on, and the count begins anew. For good unless given."""

    @model_validator(mode="after")
    def _each_once(self) -> GivesUp:
        for place, callee in enumerate(self.calls):
            if callee in self.calls[:place]:
                raise ValueError(f"'calls' names {callee!r} twice")
        return self
