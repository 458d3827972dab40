"""What people do at a portal: how long they wait, how often they try, whom they ask, whom they follow."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from .distributions import Distribution, constant
from .model import Model
from .units import Share

# What is left when every accepted credential has failed or none is held: in order of preference.
Resort = Literal["guard", "follow", "leave"]


class _Patience(Model):
    time: Distribution
    """How long."""
    over: Literal["queue", "visit"] = "queue"
    """What wears it: `queue`, each stay in the queue anew; `visit`, everything from the arrival on. A person at the
    reader always finishes the attempt."""


def _patience(value: Any) -> Any:
    return value if isinstance(value, dict) and not set(value) - {"time", "over"} else {"time": value}


Patience = Annotated[_Patience, BeforeValidator(_patience)]


class Retry(Model):
    """After an attempt that failed."""

    probability: Share = 1.0
    """Try the same credential once more."""
    limit: int | None = Field(default=3, ge=1)
    """Attempts with one credential at the most, before falling back on the next that is accepted. null: no limit."""
    rejoin: Literal["stay", "front", "back"] = "stay"
    """Where the next attempt is made: at once, or after rejoining the queue at its front or back."""


class Follow(Model):
    """Walking through a door that somebody else opened."""

    with_credential: Share = 0.1
    """Of people who hold a credential that is accepted here: they need not present it."""
    without_credential: Share = 0.8
    """Of people who have none, each time a door opens beside them."""
    headway: Distribution = constant(0.871)
    """From the body in front to one's own."""
    hope: Distribution = constant(300.0)
    """How long one waits for somebody to follow."""


class Hold(Model):
    """Opening for those behind."""

    probability: Share = 0.5
    """That somebody who opened holds the door for those who wait: they follow with consent, however long it takes."""


class Habits(Model):
    """A group's own ways; what is not said is as in `behaviour`."""

    patience: Patience | None = None
    retry: Retry | None = None
    resorts: tuple[Resort, ...] | None = None
    follow: Follow | None = None
    hold: Hold | None = None


class Behaviour(Model):
    """How people act. Every default and its source: docs/parameters.md."""

    patience: Patience | None = None
    """How long one waits in the queue before giving up. Nothing: for ever."""
    retry: Retry = Retry()
    """After a failed attempt."""
    resorts: tuple[Resort, ...] = ("guard", "follow", "leave")
    """What is tried, in order, when no accepted credential is left."""
    follow: Follow = Follow()
    """Following somebody in."""
    hold: Hold = Hold()
    """Holding the door."""

    def of(self, habits: Habits | None) -> Behaviour:
        """With a group's own habits in place of the common ones."""
        if habits is None:
            return self
        own = {
            name: getattr(habits, name) for name in Habits.model_fields if getattr(habits, name) is not None
        }
        return self.model_copy(update=own)


def _defaults(value: Any) -> Any:
    return {} if value == "defaults" else value


BehaviourOrDefaults = Annotated[Behaviour, BeforeValidator(_defaults)]
