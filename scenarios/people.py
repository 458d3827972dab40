"""Groups of people: who they are, what they hold, and how their enrolment stands."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from .behaviour import Habits
from .model import Model
from .units import Duration, Id, Share

# Refusing, not being offered and failing are three different things (ISO/IEC 2382-37; FACTS 1.6).
EnrolmentState = Literal["enrolled", "refused", "not-offered", "not-eligible", "failed", "pending"]
ENROLMENT_STATES: tuple[EnrolmentState, ...] = (
    "enrolled", "refused", "not-offered", "not-eligible", "failed", "pending",
)  # fmt: skip

# Ages that the occupancy tables know; children below 15 live by the youngest band.
AgeBand = Literal["0-14", "15-24", "25-54", "55-64", "65-74", "75+"]
# NBS census 2020: 0-14 17.95 %, 15-59 63.35 %, 60+ 18.70 %; split within by assumption (docs/parameters.md).
AGES: dict[AgeBand, float] = {
    "0-14": 0.18,
    "15-24": 0.11,
    "25-54": 0.44,
    "55-64": 0.13,
    "65-74": 0.09,
    "75+": 0.05,
}

# Bounds of the age bands in years; the last is open, and 90 stands for its end.
BANDS: dict[AgeBand, tuple[int, int]] = {
    "0-14": (0, 15),
    "15-24": (15, 25),
    "25-54": (25, 55),
    "55-64": (55, 65),
    "65-74": (65, 75),
    "75+": (75, 90),
}


class _Enrolment(Model):
    enrolled: Share = 0.0
    """On the list, with a template."""
    refused: Share = 0.0
    """Was asked and said no."""
    not_offered: Share = 0.0
    """Was never asked."""
    not_eligible: Share = 0.0
    """Willing, but not let: a sub-tenant without a contract."""
    failed: Share = 0.0
    """Tried, and no template came of it (FTE)."""
    pending: Share = 0.0
    """Willing and let, but not on the list yet. Without a campaign (`enrolment`) they have handed in and wait all along;
    with one they go through it."""
    together: Literal["person", "household"] = "person"
    """Who shares the same lot: each person for itself, or whole households."""

    @model_validator(mode="after")
    def _adds_up(self) -> _Enrolment:
        total = math.fsum(self.shares())
        if not math.isclose(total, 1.0, abs_tol=1e-9):
            raise ValueError(
                f"the shares add up to {total:.6g}, not to 1; say what the other {1 - total:.6g} are"
            )
        return self

    def shares(self) -> tuple[float, ...]:
        """In the order of ENROLMENT_STATES."""
        return (self.enrolled, self.refused, self.not_offered, self.not_eligible, self.failed, self.pending)


def _state(value: Any) -> Any:
    return {value.replace("-", "_"): 1.0} if value in ENROLMENT_STATES else value


Enrolment = Annotated[_Enrolment, BeforeValidator(_state)]


class Group(Model):
    """People who are alike in what they hold and how they act."""

    share: Share | None = None
    """Share of the residents. Groups without one do not live here: they come by a stream of `traffic`."""
    together: Literal["person", "household"] = "person"
    """Do whole households belong to the group, or single persons?"""
    holds: tuple[Id, ...] = ()
    """Credentials that each of them has: face, fingerprint, card, pin, phone-code, registration-card."""
    face: Enrolment | None = None
    """How their face stands with the system: `enrolled`, `refused`, `not-offered`, `not-eligible`, `failed`, `pending`,
    or shares of these. `enrolled` if they hold a face and nothing else is said."""
    fingerprint: Enrolment | None = None
    """The same for the fingerprint."""
    forgets: Share = 0.0
    """Journeys on which the tokens (card, phone) stayed at home."""
    revoked: dict[Id, Annotated[Duration, Field(ge=0)]] = {}
    """Credentials that are taken off the list within the run, and when: `{card: 40 min}`. They go on showing them."""
    entitled: bool | None = None
    """May they enter at all? Residents are, others are not, unless the file says otherwise."""
    ages: dict[AgeBand, Share] | None = None
    """Shares of age bands. Census 2020 unless given."""
    slow: bool = False
    """Do they need the extended unlock time?"""
    habits: Habits | None = None
    """What they do differently from `behaviour`."""

    @model_validator(mode="after")
    def _ages_add_up(self) -> Group:
        if self.ages is not None and not math.isclose(math.fsum(self.ages.values()), 1.0, abs_tol=1e-9):
            raise ValueError(f"the shares of 'ages' add up to {math.fsum(self.ages.values()):.6g}, not to 1")
        return self

    @model_validator(mode="after")
    def _revokes_what_is_held(self) -> Group:
        for name in self.revoked:
            if name in BIOMETRICS or name not in self.holds:
                known = ", ".join(one for one in self.holds if one not in BIOMETRICS) or "none of them"
                raise ValueError(f"'revoked' names {name!r}; what they hold and can lose is: {known}")
        return self

    def lives_here(self) -> bool:
        return self.share is not None

    def is_entitled(self) -> bool:
        return self.lives_here() if self.entitled is None else self.entitled

    def enrolment_of(self, credential: str) -> _Enrolment | None:
        """How a biometric stands; None for what needs no enrolment or is not held."""
        own: _Enrolment | None = getattr(self, credential, None) if credential in BIOMETRICS else None
        if own is None and credential in BIOMETRICS and credential in self.holds:
            return _Enrolment(enrolled=1.0)
        return own


BIOMETRICS = ("face", "fingerprint")
