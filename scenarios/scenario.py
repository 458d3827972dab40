"""A scenario: one file that says what is to be run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationInfo

from .behaviour import Behaviour, BehaviourOrDefaults
from .compound import Compound
from .declarations import Declarations
from .enrolment import Biometric, Campaign
from .expectations import ExpectationText
from .faults import TimedFault
from .headline import Headline
from .model import Model
from .people import Group
from .policy.document import PolicyDocument, PolicyFile, resolved
from .prices import Prices
from .readers import Reader, with_known_defaults
from .reading import read
from .traffic import Stream
from .units import Duration, Hours, Id, Start


def _from_file(value: Any, info: ValidationInfo) -> Any:
    """`{file: policies/mine.yaml}` -> the policy that stands there."""
    if not isinstance(value, dict) or set(value) != {"file"}:
        return value
    if not isinstance(value["file"], str):
        raise ValueError("'file' names a policy file, such as 'policies/mine.yaml'")
    found = read(Path((info.context or {}).get("folder", ".")) / value["file"], PolicyFile)
    return PolicyDocument.model_construct(
        found.model_fields_set - {"policy"},
        **{name: getattr(found, name) for name in PolicyDocument.model_fields},
    )


Candidate = Annotated[
    PolicyDocument,
    BeforeValidator(_from_file, json_schema_input_type=PolicyDocument | dict[Literal["file"], str]),
]


class Bench(Model):
    """What is replayed on devices."""

    portal: Id
    policy: Id


class Walked(Model):
    """Steps at a door under test, such as a sequence at which a device once failed (docs/faults.md)."""

    portal: str
    """As it stands: `tower-door-3`."""
    policy: Id
    steps: tuple[dict[str, Any], ...] = Field(min_length=1)
    """`{do: present, person: 1, credential: card}` and so on."""


class Scenario(Model):
    """What is to be run: a compound, its people, their traffic, and the candidate policies."""

    scenario: Id
    """The scenario's id: lower-case letters, digits and dashes."""
    title: str = ""
    """One line for lists and reports."""
    description: str = ""
    """What it is about, and where its figures come from."""
    place: str = ""
    """City or country; law depends on it."""
    start: Start
    """Local start with its IANA zone: `2021-10-11T00:00+08:00 Asia/Shanghai`."""
    duration: Duration = Field(gt=0)
    """How long people come. Whoever is under way then is followed to the end."""
    drain: Duration = 3600.0
    """How long to follow them at the most."""
    warm_up: Duration = 0.0
    """Visits that begin before this are not measured."""
    night: Hours = Hours.parse("22:00-06:00")
    """The hours that count as night."""
    lockout_after: Duration = 300.0
    """An entitled person who was denied and is not through by then is locked out."""
    replications: int = Field(default=10, ge=1)
    """How many days to compare unless the command says otherwise."""
    compound: Compound
    """What stands where."""
    people: dict[Id, Group] = Field(min_length=1)
    """Groups of people."""
    enrolment: dict[Biometric, Campaign] = {}
    """Campaigns that bring `pending` people onto the list, by biometric; a policy's own `enrolment` changes them."""
    traffic: dict[Id, Stream] = Field(min_length=1)
    """Who comes when."""
    readers: Annotated[dict[Id, Reader], BeforeValidator(with_known_defaults)] = Field(
        default_factory=dict, validate_default=True
    )
    """Timings and errors by credential; known credentials have defaults."""
    behaviour: BehaviourOrDefaults = Behaviour()
    """What people do."""
    policies: dict[Id, Candidate] = Field(min_length=1, max_length=100)
    """Candidate access policies, here or in files of their own (`{file: policies/mine.yaml}`); the first is the
    baseline."""
    faults: tuple[TimedFault, ...] = ()
    """What goes wrong when: words of the catalogue, each with its time and place."""
    walk: Walked | None = None
    """Steps for `gatebench bench faults --regression`; the simulation leaves them aside."""
    bench: Bench | None = None
    """What is replayed on devices."""
    prices: Prices | None = None
    """What things cost; without it there are no costs."""
    law: Declarations = Declarations()
    """What the law asks for and no simulation can know; `gatebench check` leaves open what is not declared."""
    headline: Headline = Headline("lockout.persons")
    """The figure that the scenario is about. How it depends on how readily people follow is told with every comparison."""
    expect: dict[Id, tuple[ExpectationText, ...]] = {}
    """Assertions by policy; `every` for all of them."""

    @property
    def id(self) -> str:
        return self.scenario

    def expectations(self, policy: str) -> tuple[Any, ...]:
        """What is expected of a policy."""
        return (*self.expect.get("every", ()), *self.expect.get(policy, ()))

    def policy(self, id: str) -> PolicyDocument:
        """A candidate with all that it inherits. ValueError: it extends itself, or what is not there."""
        return resolved(id, self.policies)
