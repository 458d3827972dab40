"""The policy file: who may pass where, when and with what, and what happens otherwise. docs/policy.md explains it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainValidator,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import CoreSchema, core_schema

from ..distributions import Distribution, constant
from ..enrolment import Biometric, Campaign
from ..model import Model
from ..portals import Lanes, Portal, SomeLanes
from ..units import Duration, Hours, Id, Instant, Share
from .means import Means, parse_means
from .upkeep import Egress, GivesUp, HoldOpen, Maintenance, Patrol

FaultName: TypeAlias = Literal[
    "network-down",
    "server-down",
    "reader-unplugged",
    "reader-tampered",
    "camera-covered",
    "power-cut",
    "store-corrupt",
]
FaultAnswer: TypeAlias = Literal["last-list", "deny", "release", "ignore"]

MeansText = Annotated[
    Means,
    PlainValidator(parse_means),
    WithJsonSchema(
        {"type": "string", "examples": ["face", "card + pin", "registration-card at guard", "guard"]}
    ),
]


def _listed(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else [value]


def _all_is_none(value: Any) -> Any:
    return None if value == "all" else _listed(value)


@dataclass(frozen=True)
class _List:
    """Annotates a tuple: in files a list, or one entry by itself, and no empty list unless `least` is 0.

    Pydantic's own `min_length` counts only entries that are right, and so would report a wrong one twice.
    """

    least: int = 0

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self._read, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        several = handler(schema)
        return {"anyOf": [several["items"], several | ({"minItems": self.least} if self.least else {})]}

    def _read(self, value: Any) -> Any:
        entries = _listed(value)
        if len(entries) < self.least:
            raise ValueError("the list is empty; leave the key out, or say what belongs here")
        return entries


def _at_least_two(value: tuple[str, ...]) -> tuple[str, ...]:
    if len(value) < 2:
        raise ValueError("an interlock needs two portals or more, e.g. '- [outer-door, inner-door]'")
    return value


Ids = Annotated[tuple[Id, ...], _List(1)]
SomeHours = Annotated[tuple[Hours, ...], _List(1)]
PortalsOrAll = Annotated[
    tuple[Id, ...] | None,
    BeforeValidator(_all_is_none, json_schema_input_type=Literal["all"] | Id | tuple[Id, ...] | None),
]


class AccessRule(Model):
    """Who may pass where and when with what. The first rule that fits a request decides; no other is asked."""

    who: Ids | None = None
    """Groups. Not given: everybody, also people whom the credential does not name."""
    at: Ids | None = None
    """Portals; all unless given."""
    direction: Literal["in", "out"] | None = None
    """Both unless given."""
    hours: SomeHours | None = None
    """Hours of the local day, or a list of them; always unless given."""
    accept: Annotated[tuple[MeansText, ...], _List()]
    """What is accepted, in the order in which people fall back: `face`, `card + pin` (both, in either order),
    `registration-card at guard` (shown to a guard), `guard` (the guard's own judgement). `[]`: nobody passes."""


class AccessException(AccessRule):
    """A rule of `access` that holds for a while and is asked before all others."""

    begin: Instant | None = Field(default=None, alias="from")
    """From when it holds; all along unless given."""
    until: Instant | None = None
    """Until when it holds, that instant not included; for good unless given."""

    @model_validator(mode="after")
    def _in_order(self) -> AccessException:
        if self.begin is not None and self.until is not None and not self.begin.local < self.until.local:
            raise ValueError("'until' must lie behind 'from': as it stands the exception never holds")
        return self


class Suspension(Model):
    """What too many wrong tries bring."""

    after: int = Field(default=3, ge=1, le=1000)
    """The wrong try with this number suspends; the count then begins anew."""
    lasts: Duration = Field(default=60.0, gt=0)
    """How long. It ends exactly then."""
    of: Literal["person", "reader"] = "person"
    """`person`: a wrong try counts for the person whom the credential names, or for the reader when it names nobody, and
    suspends that one. `reader`: every wrong try counts for the reader and suspends it."""


class AntiPassback(Model):
    """Who went in must come out before going in again, and the other way round."""

    kind: Literal["soft", "hard", "timed"] = "hard"
    """`soft` grants with an alarm, `hard` denies, `timed` denies for a while."""
    at: Ids
    """The portals that bound one area. Portals of which every tower has its own bound an area for each tower."""
    lasts: Duration | None = Field(default=None, gt=0)
    """With `timed`: how long the same direction is denied."""
    update: Literal["pass", "grant"] = "pass"
    """What counts: the passage, or already the grant."""

    @model_validator(mode="after")
    def _time_for_timed(self) -> AntiPassback:
        if self.kind == "timed" and self.lasts is None:
            raise ValueError("'kind: timed' needs 'lasts', e.g. 'lasts: 5 min'")
        if self.kind != "timed" and self.lasts is not None:
            raise ValueError(f"'lasts' belongs to 'kind: timed' (this is {self.kind!r})")
        return self


class GuardDuty(Model):
    """Guards on duty."""

    at: Ids | None = None
    """Portals; all that have a reader unless given."""
    hours: SomeHours | None = None
    """When; always unless given."""
    posts: int = Field(default=1, ge=1, le=64)
    """How many check people at the same time, a portal."""
    takes: Distribution = constant(20.0)
    """How long one check takes."""
    occupies_lane: bool = False
    """Does the check take place in the lane, or at a post beside it?"""
    grants: Share = 1.0
    """How often the guard's own judgement lets somebody in (means `guard`), and a document is found in order."""


class RemoteRelease(Model):
    """Who lets people in from afar when they call."""

    by: Literal["management", "host", "hotline", "police"]
    """Who is called: the management, the household that one visits (or one's own), a public hotline, the police."""
    who: Ids | None = None
    """Groups that are let in; everybody unless given."""
    at: Ids | None = None
    """Portals; all that have a reader unless given."""
    hours: SomeHours | None = None
    """When somebody answers; always unless given."""
    takes: Distribution = constant(0.0)
    """From the end of the call until the door opens."""
    grants: Share = 1.0
    """How often the caller is let in."""


class FaultRule(Model):
    """What a fault does."""

    rule: FaultAnswer
    """`last-list`: decide by the list as last synchronised; `deny`; `release`; `ignore`: decide as if all were well."""
    at: Ids | None = None
    """Portals; all unless given."""


def _fault_rules(value: Any) -> Any:
    if value == []:
        raise ValueError("the list is empty; leave the fault out, or say what it does")
    return [{"rule": one} if isinstance(one, str) else one for one in _listed(value)]


FaultRules = Annotated[
    tuple[FaultRule, ...],
    BeforeValidator(
        _fault_rules, json_schema_input_type=FaultAnswer | FaultRule | tuple[FaultAnswer | FaultRule, ...]
    ),
]


class Cutover(Model):
    """One credential takes another's place, for everybody."""

    at: Instant
    """From when the new one counts."""
    old: Id
    """The credential that goes."""
    new: Id
    """The credential that comes. Before `at` it is refused."""
    until: Instant | None = None
    """How long the old one goes on beside the new. Not given: it stops at `at`."""

    @model_validator(mode="after")
    def _in_order(self) -> Cutover:
        if self.until is not None and self.until.local < self.at.local:
            raise ValueError("'until' lies before 'at': between them nothing would be accepted")
        if self.old == self.new:
            raise ValueError("'old' and 'new' are the same credential")
        return self


class Fire(Model):
    """What the fire alarm does."""

    releases: PortalsOrAll = None
    """Portals that open; `all` unless given. `[]`: none, whatever the law says."""


class PolicyDocument(Model):
    """A candidate access policy."""

    title: str = ""
    """One line for tables and reports."""
    extends: Id | None = None
    """Another policy: its rules of `access` stand behind these, and its other keys hold where this one is silent."""
    access: tuple[AccessRule, ...] = ()
    """Rules in order: the first that fits decides."""
    exceptions: Annotated[tuple[AccessException, ...], _List()] = ()
    """Rules that hold for a while, asked before those of `access`; none unless given."""
    suspension: Suspension | None = None
    """After wrong tries. Not given: nobody is suspended."""
    wrong_try_alarm: int | None = Field(default=None, ge=1, le=1000)
    """Alarm at the wrong try with this number in a row, of one person or at one reader, and at each multiple of it."""
    anti_passback: Annotated[tuple[AntiPassback, ...], _List()] = ()
    """Areas with anti-passback; none unless given."""
    interlock: tuple[Annotated[tuple[Id, ...], AfterValidator(_at_least_two)], ...] = ()
    """Sets of portals of which at most one may stand open."""
    combination_within: Duration = Field(default=10.0, gt=0)
    """How soon the next part of a combination must follow at the same reader."""
    guard: Annotated[tuple[GuardDuty, ...], _List()] = ()
    """Guards; at a portal and hour the first that fits."""
    remote: Annotated[tuple[RemoteRelease, ...], _List()] = ()
    """Who lets people in from afar on a call; for a caller the first that fits. Not given: nobody does."""
    faults: dict[FaultName, FaultRules] = {}
    """What each fault does; docs/policy.md says what holds where nothing is said."""
    fire: Fire = Fire()
    """Fire release, always latched until reset by hand."""
    cutover: Annotated[tuple[Cutover, ...], _List()] = ()
    """Credentials that take others' places at an instant."""
    enrolment: dict[Biometric, Campaign] = {}
    """What differs from the scenario's campaign under this policy: notice, desk, papers, listing."""
    lanes: dict[Id, SomeLanes] = {}
    """How many lanes portals have under this policy, where it differs from the compound: a number, or `{in: 2, out: 1}`."""
    egress: Egress | None = None
    """Ways out without a credential where the portal has a reader for them. Not given: its readers are all on."""
    hold_open: Annotated[tuple[HoldOpen, ...], _List()] = ()
    """Hours in which doors are held unlocked; none unless given."""
    patrol: Annotated[tuple[Patrol, ...], _List()] = ()
    """Rounds on which propped doors are shut. Not given: what is propped open stays open."""
    maintenance: Annotated[tuple[Maintenance, ...], _List()] = ()
    """Rounds on which readers are cleaned. Not given: readers that wear get worse and worse."""
    gives_up: Annotated[tuple[GivesUp, ...], _List()] = ()
    """After how many calls the management switches readers off. Not given: it never does."""

    def lanes_of(self, name: str, portal: Portal) -> Lanes:
        """The lanes that a portal has under this policy."""
        return self.lanes.get(name, portal.lanes)

    def read(self, name: str, portal: Portal) -> tuple[str, ...]:
        """Directions in which a portal's readers are on."""
        free = self.egress is not None and name in self.egress.free
        return tuple(direction for direction in portal.readers if direction != "out" or not free)

    def over(self, parent: PolicyDocument) -> PolicyDocument:
        """This policy with what it inherits of `parent`; `extends` is then the parent's."""
        own = {name: getattr(self, name) for name in self.model_fields_set if name != "extends"}
        inherited = {
            name: getattr(parent, name)
            for name in parent.model_fields_set
            if name not in ("extends", "title")
        }
        fields = {**inherited, **own, "access": (*self.access, *parent.access), "extends": parent.extends}
        return PolicyDocument.model_construct(_fields_set=set(fields), **fields)


class PolicyFile(PolicyDocument):
    """A policy in a file of its own."""

    policy: Id
    """The policy's id."""


def ancestors(id: str, documents: Mapping[str, PolicyDocument]) -> tuple[str, ...]:
    """The ids of a policy, of the one that it extends, of the one that this extends ... ValueError: a circle, or a policy
    that is not there."""
    chain = [id]
    while (parent := documents[chain[-1]].extends) is not None:
        if parent in chain:
            raise ValueError(f"extends itself: {' -> '.join([*chain, parent])}")
        if parent not in documents:
            raise ValueError(f"{chain[-1]!r} extends {parent!r}, which is not there")
        chain.append(parent)
    return tuple(chain)


def resolved(id: str, documents: Mapping[str, PolicyDocument]) -> PolicyDocument:
    """A policy with everything that it inherits, near and far. ValueError as `ancestors`."""
    first, *rest = ancestors(id, documents)
    document = documents[first]
    for parent in rest:
        document = document.over(documents[parent])
    return document
