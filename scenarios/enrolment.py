"""A campaign that brings people onto the list: notice, desk, documents, and the delay until they stand there.

Through it go the people whose enrolment is `pending` (willing and let) and, in vain, those who are `not-eligible` (willing,
but not let). A policy may change any part of it: what it leaves unsaid is as the scenario says.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from .distributions import Distribution, constant
from .model import Model
from .units import Hours, Id, Instant, Share

Biometric = Literal["face", "fingerprint"]


def _listed(value: Any) -> Any:
    if value == []:
        raise ValueError("the list is empty; leave the key out for the whole day, or say hours: 09:00-17:00")
    return value if isinstance(value, list | tuple) else [value]


DeskHours = Annotated[
    tuple[Hours, ...], BeforeValidator(_listed, json_schema_input_type=Hours | tuple[Hours, ...])
]


class Notice(Model):
    """How people hear of it."""

    at: Instant | None = None
    """When it is put up; when the desk opens for the first time unless given."""
    reaches: Share = 1.0
    """Share of the people whom it reaches at all."""
    within: Distribution = constant(0.0)
    """From then until somebody has read it."""


class Desk(Model):
    """Where people register."""

    begin: Instant | None = Field(default=None, alias="from")
    """From when there is a desk; from the notice on unless given."""
    until: Instant | None = None
    """When it closes for good: who is not being served by then is not enrolled. Never unless given."""
    hours: DeskHours = (Hours(9 * 3600.0, 17 * 3600.0),)
    """Hours of the local day, or a list of them. Whom it began to serve it serves to the end."""
    posts: int = Field(default=1, ge=1, le=200)
    """How many are served at the same time."""
    takes: Distribution = Distribution.parse("lognormal median 4 min p95 10 min")
    """How long one person takes."""
    portal: Id | None = None
    """Where it stands, for the log; somewhere else unless given."""

    @model_validator(mode="after")
    def _in_order(self) -> Desk:
        if self.begin is not None and self.until is not None and not self.begin.local < self.until.local:
            raise ValueError("'until' must lie behind 'from': as it stands the desk never opens")
        return self


class Campaign(Model):
    """How people who are pending come to stand on the list, for one biometric."""

    notice: Notice = Notice()
    """How they hear of it."""
    comes: Distribution = constant(0.0)
    """From having read the notice until somebody goes to the desk; who comes before it opens waits for that."""
    desk: Desk = Desk()
    """Where they register."""
    documents: Share = 1.0
    """Share of the visits to the desk on which somebody has all the papers; the others are sent home."""
    again_after: Distribution = constant(86400.0)
    """How long after that they come again."""
    failure_to_enrol: Share = 0.0
    """FTE: share of the people with all papers of whom no usable template can be had."""
    listing: Distribution = constant(0.0)
    """From the desk until one stands on the list that the readers ask."""


def with_changes(campaign: Campaign | None, changes: Campaign | None) -> Campaign | None:
    """A campaign with what a policy says otherwise."""
    if campaign is None or changes is None:
        return campaign if changes is None else changes
    merged: Campaign = _over(changes, campaign)
    return merged


def _over(own: Any, parent: Any) -> Any:
    """`own` where it speaks, `parent` where it is silent, part by part."""
    fields: dict[str, Any] = {name: getattr(parent, name) for name in parent.model_fields_set}
    for name in own.model_fields_set:
        value = getattr(own, name)
        inherited = fields.get(name)
        fields[name] = (
            _over(value, inherited) if isinstance(value, Model) and inherited is not None else value
        )
    found = type(own).model_construct(_fields_set=set(fields), **fields)
    return found
