"""The policy file: who may pass where, when and with what, and what happens otherwise."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from ..distributions import Distribution, constant
from ..model import Model
from ..units import Duration, Hours, Id, Instant, Share

FaultName = Literal[
    "network-down", "server-down", "reader-unplugged", "camera-covered", "power-cut", "store-corrupt"
]
FaultRule = Literal["last-list", "deny", "release", "ignore"]
_MEANS = re.compile(r"\s*(?P<credentials>[a-z][a-z0-9-]*(?:\s*\+\s*[a-z][a-z0-9-]*)*)(?:\s+at\s+(?P<where>guard))?\s*")


class Means(NamedTuple):
    """What one shows to pass: one credential, or a combination of several."""

    credentials: tuple[str, ...]
    shown_at: str = "reader"

    def __str__(self) -> str:
        text = " + ".join(self.credentials)
        return text if self.shown_at == "reader" or self.credentials == ("guard",) else f"{text} at guard"


def parse_means(value: Any) -> Means:
    """Read `card`, `card + pin`, `registration-card at guard`, `guard`."""
    if isinstance(value, Means):
        return value
    match = _MEANS.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"cannot read {value!r}; write it like 'card', 'card + pin', 'registration-card at guard' or 'guard'")
    credentials = tuple(re.split(r"\s*\+\s*", match["credentials"]))
    if len(set(credentials)) < len(credentials):
        raise ValueError(f"{value!r} names a credential twice")
    if "guard" in credentials and len(credentials) > 1:
        raise ValueError(f"in {value!r} 'guard' (the guard's own judgement) stands beside others; write 'card at guard' instead")
    return Means(credentials, "guard" if match["where"] or credentials == ("guard",) else "reader")


MeansText = Annotated[
    Any, BeforeValidator(parse_means), WithJsonSchema({"type": "string", "examples": ["face", "card + pin", "registration-card at guard", "guard"]})
]


def _listed(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else [value]


_OneOrMore = BeforeValidator(_listed)
Ids = Annotated[tuple[Id, ...], _OneOrMore, Field(min_length=1)]


def _portals(value: Any) -> Any:
    return None if value == "all" else value


PortalsOrAll = Annotated[Ids | None, BeforeValidator(_portals)]


class AccessRule(Model):
    """Who may pass where and when with what. The first rule that fits a request decides."""

    who: Ids | None = None
    """Groups; everybody unless given."""
    at: Ids | None = None
    """Portals; all of them unless given."""
    direction: Literal["in", "out"] | None = None
    """Both unless given."""
    hours: Hours | None = None
    """Hours of the local day; always unless given."""
    accept: Annotated[tuple[MeansText, ...], _OneOrMore] = ()
    """What is accepted, in the order in which people fall back: `face`, `card + pin` (both), `registration-card at
    guard` (shown to a guard), `guard` (the guard's own judgement). Empty: nobody passes."""


class Suspension(Model):
    """Too many wrong tries."""

    after: int = Field(default=3, ge=1, le=1000)
    """Wrong tries in a row; the one with this number suspends."""
    lasts: Duration = Field(default=60.0, gt=0)
    """How long."""
    of: Literal["person", "reader"] = "person"
    """Whose tries are counted and who is suspended. A try that names nobody always counts for the reader."""


class AntiPassback(Model):
    """Who went in must go out before going in again."""

    kind: Literal["soft", "hard", "timed"] = "hard"
    """`soft` grants with an alarm, `hard` denies, `timed` denies for a while."""
    at: Ids
    """The portals that bound one area."""
    lasts: Duration | None = None
    """`timed`: how long the same direction is denied."""
    update: Literal["pass", "grant"] = "pass"
    """What counts: the passage (contact), or the grant."""

    @model_validator(mode="after")
    def _time_for_timed(self) -> AntiPassback:
        if (self.kind == "timed") != (self.lasts is not None):
            raise ValueError("'lasts' belongs to 'kind: timed', and is needed there")
        return self


class GuardDuty(Model):
    """Guards on duty."""

    at: Ids | None = None
    """Portals; all that have a reader unless given."""
    hours: Hours | None = None
    """When; always unless given."""
    posts: int = Field(default=1, ge=1, le=64)
    """How many check people at the same time, a portal."""
    takes: Distribution = constant(20.0)
    """How long one check takes."""
    occupies_lane: bool = False
    """Does the check take place in the lane, or at a post beside it?"""
    grants: Share = 1.0
    """How often the guard's own judgement lets somebody in (means `guard`), and a document is found in order."""


class FaultAt(Model):
    """A fault rule for single portals."""

    rule: FaultRule
    at: Ids | None = None


def _fault(value: Any) -> Any:
    return {"rule": value} if isinstance(value, str) else value


class Cutover(Model):
    """One credential takes another's place."""

    at: Instant
    """From when the new one counts."""
    old: Id
    """The credential that goes."""
    new: Id
    """The credential that comes."""
    until: Instant | None = None
    """How long the old one goes on; it stops at `at` unless given."""

    @model_validator(mode="after")
    def _in_order(self) -> Cutover:
        if self.until is not None and self.until.local < self.at.local:
            raise ValueError("'until' lies before 'at'")
        if self.old == self.new:
            raise ValueError("'old' and 'new' are the same credential")
        return self


class Fire(Model):
    """What the fire alarm does."""

    releases: PortalsOrAll = None
    """Portals that open; `all` unless given."""


class PolicyDocument(Model):
    """A candidate access policy."""

    title: str = ""
    """One line for tables and reports."""
    extends: Id | None = None
    """Another policy of the same scenario: its rules stand behind these, and its other keys hold where this one is silent."""
    access: tuple[AccessRule, ...] = ()
    """Rules in order: the first that fits decides."""
    suspension: Suspension | None = None
    """After wrong tries. None: nobody is suspended."""
    wrong_try_alarm: int | None = Field(default=None, ge=1)
    """Alarm at every try of this number in a row, of one person or at one reader."""
    anti_passback: Annotated[tuple[AntiPassback, ...], _OneOrMore] = ()
    """Areas with anti-passback."""
    interlock: tuple[Ids, ...] = ()
    """Sets of portals of which only one may stand open."""
    combination_within: Duration = 10.0
    """The parts of a combination must follow one another within this time."""
    guard: Annotated[tuple[GuardDuty, ...], _OneOrMore] = ()
    """Guards."""
    faults: dict[FaultName, Annotated[FaultAt, BeforeValidator(_fault)]] = {}
    """What each fault does: `last-list` (decide by the list as last synchronised), `deny`, `release`, `ignore`."""
    fire: Fire = Fire()
    """Fire release; always latched until reset by hand."""
    cutover: Cutover | None = None
    """One credential takes another's place at an instant."""

    def over(self, parent: PolicyDocument) -> PolicyDocument:
        """This policy with everything that it inherits."""
        own = {name: getattr(self, name) for name in self.model_fields_set if name != "extends"}
        inherited = {name: getattr(parent, name) for name in parent.model_fields_set if name not in ("extends", "title")}
        return PolicyDocument.model_construct(
            _fields_set=set(own) | set(inherited), **{**inherited, **own, "access": (*self.access, *parent.access)}
        )
