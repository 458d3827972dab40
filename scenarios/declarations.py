"""What no simulation can know and the law asks for: consent forms, notices, assessments, storage. Declared, not derived.

Whatever is not declared stays open: a rule that needs it answers `depends`.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from .model import Model
from .units import Duration, Share


def _day(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return date.fromisoformat(value.strip())
        except ValueError:
            pass
    if isinstance(value, date):
        return value
    raise ValueError(f"must be a date such as '2025-06-01' (got {value!r})")


Day = Annotated[date, BeforeValidator(_day, json_schema_input_type=str)]


class Consent(Model):
    """How consent to biometrics is had."""

    separate: bool | None = None
    """Is it given for the biometric alone, not within other terms?"""
    informed: bool | None = None
    """Voluntary, explicit, and with the facts at hand?"""
    bundled: bool | None = None
    """Is it tied to a fee, a contract or a registration form?"""
    withdrawable: bool | None = None
    """Can it be withdrawn as easily as it was given?"""
    renewed: bool | None = None
    """Is it asked for anew when purpose, method or kind of data change?"""
    alternative_offered: bool | None = None
    """Is another way offered in the moment of asking?"""
    asks_again: bool | None = None
    """Are people who clearly refused asked again and again?"""


class Minors(Model):
    """Children below 14."""

    guardian: bool | None = None
    """Does a guardian consent?"""
    rules: bool | None = None
    """Are there rules of their own for their data?"""


class Notice(Model):
    """What people are told before."""

    given: bool | None = None
    """Who, purpose, method, kinds of data, how long, which rights?"""
    effects: bool | None = None
    """Also why it is necessary, and what it does to them?"""
    accessible: bool | None = None
    """In a form that old and disabled people can use?"""


class Assessment(Model):
    """The impact assessment."""

    done: Day | None = None
    """The day on which it was finished."""
    kept: Duration | None = None
    """How long it is kept."""


class Storage(Model):
    """Where biometric data lie, and for how long."""

    where: Literal["device", "server", "cloud"] | None = None
    """`device`: in the terminal; `server`: at the compound; `cloud`: with somebody else."""
    sent_out: bool | None = None
    """Do they leave over the Internet?"""
    sending_agreed: bool | None = None
    """If they do: with a separate consent, or because a law says so?"""
    shortest: bool | None = None
    """Are they kept no longer than the purpose needs?"""
    deleted: bool | None = None
    """Are they deleted from every store when consent is withdrawn, somebody moves out, or the purpose is gone?"""


class Handler(Model):
    """Who handles the data, across all compounds."""

    persons: int | None = Field(default=None, ge=0)
    """People whose faces are stored, in all compounds together."""
    reached: Day | None = None
    """The day on which they became 100,000."""
    filed: Day | None = None
    """The day on which this was filed with the authority."""


class PublicPlaces(Model):
    """Devices that look at a public place."""

    security_only: bool | None = None
    """For public security, and their data for nothing else?"""
    signs: bool | None = None
    """With conspicuous signs?"""
    private_spaces: bool | None = None
    """Do they look into rooms, baths or toilets?"""


class Convenient(Model):
    """What 'reasonable and convenient' means here. The texts give no figures: these are the project's own."""

    times: float = Field(default=2.0, ge=1.0, le=100.0)
    """The other way may take so many times as long as the face ..."""
    plus: Duration = 30.0
    """... and so much longer."""
    detour: Duration = 0.0
    """How much longer a walk to another portal may be."""
    failures: Share = 0.05
    """How many who come may leave without having passed."""


class Declarations(Model):
    """What the law asks for and no simulation can know."""

    consent: Consent = Consent()
    """How consent to biometrics is had."""
    minors: Minors = Minors()
    """Children below 14."""
    notice: Notice = Notice()
    """What people are told before."""
    necessity: bool | None = None
    """Is there a record of the specific purpose and of why the biometric is necessary for it?"""
    protection: bool | None = None
    """Are data and entry logs protected strictly: encryption, access control, audit?"""
    assessment: Assessment = Assessment()
    """The impact assessment."""
    storage: Storage = Storage()
    """Where biometric data lie, and for how long."""
    handler: Handler = Handler()
    """Who handles the data, across all compounds."""
    public: PublicPlaces = PublicPlaces()
    """Devices that look at a public place."""
    mode: Literal["1:1", "1:N"] | None = None
    """Does a terminal verify one identity (1:1), or look for a face in a list (1:N)?"""
    convenient: Convenient | None = None
    """What is convenient enough; not given: the question stays open."""


__all__ = ["Convenient", "Declarations"]
