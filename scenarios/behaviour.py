"""What people do at a portal: how long they wait, how often they try, whom they ask, whom they follow, what they do when
nothing helps."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from .conditions import Chance
from .decay import Prop
from .distributions import Distribution, constant
from .model import Model
from .units import Duration, Id, Share

# What is left when every accepted credential has failed or none is held: tried in this order, each at most once a visit.
Resort = Literal["guard", "crawl", "climb", "elsewhere", "follow", "call", "leave"]
Callee = Literal["management", "host", "hotline", "police"]


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _in_order(value: tuple[Resort, ...]) -> tuple[Resort, ...]:
    for place, resort in enumerate(value):
        if resort in value[:place]:
            raise ValueError(f"{resort!r} stands twice; each resort is tried once a visit")
    if "leave" in value[:-1]:
        raise ValueError(
            f"nothing comes after 'leave', but {value[value.index('leave') + 1]!r} does; put 'leave' last"
        )
    return value


Resorts = Annotated[tuple[Resort, ...], AfterValidator(_in_order)]


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

    probability: Share = 0.41
    """Try the same credential once more."""
    when_listed: Share | None = None
    """The same for people whose credential stands on the list, so that it opens as a rule. Not given: as `probability`,
    and 70 % where neither is given."""
    limit: int | None = Field(default=None, ge=1)
    """Attempts with one credential at the most, before falling back on the next that is accepted. null: no limit."""
    rejoin: Literal["stay", "front", "back"] = "stay"
    """Where the next attempt is made: at once, or after rejoining the queue at its front or back."""

    @property
    def listed(self) -> float:
        """Probability of another try of people whose credential stands on the list."""
        if self.when_listed is not None:
            return self.when_listed
        return self.probability if "probability" in self.model_fields_set else 0.7


class Follow(Model):
    """Walking through a door that somebody else opened."""

    with_credential: Chance = Chance.of(0.1)
    """Of people who hold a credential that is accepted here: they need not present it."""
    without_credential: Chance = Chance.of(0.8)
    """Of people who have none, each time a door opens beside them."""
    reverse: Chance = Chance.of(0.3)
    """Of people who have none: slip through as somebody comes out of the door the other way, each time."""
    headway: Distribution = Distribution.parse("gamma mean 0.871 s sd 0.44 s")
    """From the body in front to one's own."""
    hope: Distribution = constant(300.0)
    """How long one waits for somebody to follow."""
    hurry: float = Field(default=1.3, ge=1.0, le=5.0)
    """How many times as fast people walk who see that the door is held for them."""


class Hold(Model):
    """Opening for those behind, who then follow with consent."""

    probability: Chance = Chance.of(0.5)
    """That somebody who opened holds the door for one who stands at it."""
    halves_every: Duration = Field(default=3.0, gt=0)
    """For people who are still on their way the probability halves with each so much time that they need."""
    longer_for_two: float = Field(default=1.5, ge=1.0, le=10.0)
    """How many times as long one holds when two or more are on their way."""


class Lend(Model):
    """Presenting one's own credential once more, for somebody who waits."""

    probability: Chance = Chance.of(0.0)
    """Of people who have opened with a credential of their own, for each who still waits beside them."""


class GuardsHelp(Model):
    """What guards do for people whom the rules do not let in. They are asked as a resort of their own (`guard`)."""

    opens: Chance = Chance.of(0.0)
    """Opens against the rules."""
    registers: Chance = Chance.of(0.0)
    """Puts somebody on the list there and then, who is willing and may be: pending, or not offered so far."""
    lends: Chance = Chance.of(0.0)
    """Presents his own credential."""
    takes: Distribution = constant(30.0)
    """How long it takes, refusals included."""

    @model_validator(mode="after")
    def _adds_up(self) -> GuardsHelp:
        for opens, registers, lends in zip(
            self.opens.table(), self.registers.table(), self.lends.table(), strict=True
        ):
            if opens + registers + lends > 1.0 + 1e-9:
                raise ValueError(
                    f"'opens', 'registers' and 'lends' add up to {opens + registers + lends:.4g}, which is above 1; "
                    "a guard does one of them, or none"
                )
        return self


class Bypass(Model):
    """A way around the lock."""

    at: Annotated[tuple[Id, ...] | None, BeforeValidator(_listed)] = None
    """Portals; all that have a railing (or, to climb, a wall) unless given."""
    probability: Chance
    """That somebody for whom nothing else opens goes this way."""
    takes: Distribution
    """How long it takes."""


class Crawl(Bypass):
    """Crawling under a railing."""

    probability: Chance = Chance.parse({"guard": 0.01, "night": 0.6, "otherwise": 0.05})
    """That somebody for whom nothing else opens crawls under it."""
    takes: Distribution = constant(20.0)
    """How long it takes."""


class Climb(Bypass):
    """Climbing over a wall, or up to a balcony."""

    probability: Chance = Chance.parse({"guard": 0.0, "night": 0.1, "otherwise": 0.02})
    """That somebody for whom nothing else opens climbs."""
    takes: Distribution = constant(60.0)
    """How long it takes."""


class Elsewhere(Model):
    """Going to another portal, on another route to the same place, where one has something to hope for."""

    probability: Chance = Chance.of(0.5)
    """That one goes where a credential of one's own opens; where one could only crawl or climb, times the probability of
    that."""
    walk: Distribution = constant(180.0)
    """How long one walks."""


class Call(Model):
    """A telephone call. Who answers lets people in as the policy's `remote` says; otherwise it is only a complaint."""

    probability: Chance = Chance.of(0.3)
    """That somebody for whom nothing else opens calls."""
    takes: Distribution = constant(120.0)
    """How long the call takes."""


Calls = dict[Callee, Call]


class Habits(Model):
    """A group's own ways; what is not said is as in `behaviour`."""

    patience: Patience | None = None
    retry: Retry | None = None
    resorts: Resorts | None = None
    follow: Follow | None = None
    hold: Hold | None = None
    lend: Lend | None = None
    crawl: Crawl | None = None
    climb: Climb | None = None
    elsewhere: Elsewhere | None = None
    call: Calls | None = None
    prop: Prop | None = None


class Behaviour(Model):
    """How people act. Every default and its source: docs/parameters.md."""

    patience: Patience | None = None
    """How long one waits in the queue before giving up. Nothing: for ever."""
    retry: Retry = Retry()
    """After a failed attempt."""
    resorts: Resorts = ("guard", "follow", "leave")
    """What is tried, in order, when no accepted credential is left: `guard` asks one, `crawl` and `climb` go around,
    `elsewhere` goes to another portal, `follow` waits for somebody who opens, `call` telephones, `leave` gives up."""
    follow: Follow = Follow()
    """Following somebody in."""
    hold: Hold = Hold()
    """Holding the door."""
    lend: Lend = Lend()
    """Lending a credential."""
    guards: GuardsHelp = GuardsHelp()
    """What guards do beyond their orders."""
    crawl: Crawl = Crawl()
    """Crawling under a railing."""
    climb: Climb = Climb()
    """Climbing a wall or a balcony."""
    elsewhere: Elsewhere = Elsewhere()
    """Going to another portal."""
    call: Calls = {"management": Call()}
    """Whom one telephones, in order."""
    prop: Prop = Prop()
    """Propping a door open; nobody does unless a probability is given."""

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
