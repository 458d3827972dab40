"""Readers: how long each stage of an attempt takes, and how often it goes wrong, by credential."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from .decay import Wear
from .distributions import Beta, Distribution, constant
from .model import Model
from .people import BANDS, AgeBand
from .scores import Scores, load_scores
from .units import DAY, Duration, Id, Share


def _above_zero(value: float) -> float:
    if value <= 0.0:
        raise ValueError("must be above 0")
    return value


Trait = Literal["biometric", "token", "knowledge", "document"]

# Traits and timings of the known credentials. Sources: docs/parameters.md.
CREDENTIALS: dict[str, dict[str, Any]] = {
    "face": {
        "trait": "biometric", "acquire": "lognormal median 1.2 s p95 4 s", "match": "0.3 s", "decide": "0.3 s",
        "actuate": "0.2 s", "failure_to_acquire": "6 %", "false_non_identification": "1.5 %", "false_match_rate": 1e-6,
    },
    "fingerprint": {
        "trait": "biometric", "acquire": "triangular 0.5 s 1 s 3 s", "match": "0.3 s", "decide": "0.3 s",
        "actuate": "0.2 s", "failure_to_acquire": "2 %", "false_non_identification": "2 %", "false_match_rate": 1e-6,
    },
    "card": {
        "trait": "token", "acquire": "triangular 0.5 s 1 s 4 s", "match": "0.1 s", "decide": "0.2 s", "actuate": "0.2 s",
        "failure_to_acquire": "1 %",
    },
    "phone-code": {
        "trait": "token", "acquire": "triangular 2 s 4 s 10 s", "match": "0.1 s", "decide": "0.2 s", "actuate": "0.2 s",
        "failure_to_acquire": "2 %",
    },
    "pin": {
        "trait": "knowledge", "acquire": "triangular 3 s 4 s 6 s", "match": "0.1 s", "decide": "0.2 s", "actuate": "0.2 s",
        "false_non_identification": "3 %",
    },
    "registration-card": {"trait": "document"},
}  # fmt: skip


TIMES_MASKED = 5.0
"""Times FNIR with a mask: the low end of what later algorithms show (docs/parameters.md)."""
CHILDREN_DOUBLE_EVERY = 576.0 * DAY
"""MagFace on YFA (arXiv 2204.01760): FNMR 1.7 % with templates 6 months old, 5.1 % at 36 months, at FAR 0.1 %: three times as
often in 30 months of 30.4 days, so twice in 30 * 30.4 * ln 2 / ln 3 days."""
Positive = Annotated[Duration, AfterValidator(_above_zero)]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class ScoreFiles(Model):
    """A matcher known by its scores: genuine and impostor, with a threshold or the false match rate that sets it."""

    genuine: str
    """CSV with a column `score` (and `count`, where scores are tallied)."""
    impostor: str | None = None
    """The same for impostors; needed with `false_match_rate`."""
    threshold: float | None = None
    """A score at or above it is a match."""
    false_match_rate: Share | None = None
    """Sets the threshold so that this share of impostors reaches it."""

    @model_validator(mode="after")
    def _one_threshold(self) -> ScoreFiles:
        if (self.threshold is None) == (self.false_match_rate is None):
            raise ValueError("give either 'threshold' or 'false_match_rate'")
        if self.false_match_rate is not None and self.impostor is None:
            raise ValueError("'false_match_rate' needs 'impostor' scores to set the threshold")
        return self


class Masked(Model):
    """People who wear a mask: drawn for each journey, the same at every reader."""

    share: Share
    """Share of the journeys with a mask on."""
    failure_to_acquire: Share = 0.14
    """FTA with a mask."""
    false_non_identification: Share | None = None
    """FNIR of one attempt with a mask, for everybody."""
    times: float | None = Field(default=None, ge=1.0, le=1000.0)
    """Instead of `false_non_identification`: how many times as often somebody with a mask is not recognised (but at the
    most always). 5 if neither is given."""

    @model_validator(mode="after")
    def _one_way(self) -> Masked:
        if self.times is not None and self.false_non_identification is not None:
            raise ValueError("give either 'times' or 'false_non_identification'")
        return self

    def worse(self, fnir: float) -> float:
        """FNIR with a mask of somebody who has `fnir` without."""
        if self.false_non_identification is not None:
            return self.false_non_identification
        return min(fnir * (TIMES_MASKED if self.times is None else self.times), 1.0)


class Ageing(Model):
    """Templates that grow old: FNIR doubles again and again as the face grows away from them."""

    template_age: Distribution
    """How long before the run's start a template was taken; after a campaign it is as old as it is."""
    doubles_every: dict[AgeBand, Positive] = {"0-14": CHILDREN_DOUBLE_EVERY}
    """By age band: the time in which FNIR doubles; templates of others do not age."""

    def worse(self, fnir: Floats, years: Ints, seconds: Floats) -> Floats:
        """FNIR by person from that with a new template, the person's age in years (-1: not known) and the template's age
        in seconds; at the most 1."""
        factor = np.ones(len(fnir))
        for band, time in self.doubles_every.items():
            low, high = BANDS[band]
            own = (years >= low) & (years < high)
            factor[own] = np.exp2(np.minimum(seconds[own] / time, 100.0))
        return np.minimum(fnir * factor, 1.0)


class Reader(Model):
    """An attempt with one credential, stage by stage."""

    trait: Trait
    """What kind of credential it is: only tokens are forgotten at home, only biometrics are enrolled."""
    approach: Distribution = constant(0.0)
    """From the lane's being free until the credential is before the reader."""
    acquire: Distribution = constant(0.0)
    """Until the sample is complete."""
    match: Distribution = constant(0.0)
    """Until the sample is recognised or not."""
    decide: Distribution = constant(0.0)
    """The controller's answer, with the line to it."""
    actuate: Distribution = constant(0.0)
    """From the grant until the lock has let go."""
    failure_to_acquire: Share = 0.0
    """FTA: attempts in which no sample is had. They end after `acquire`, without a decision."""
    false_non_identification: Beta = Beta(0.0, 0.0)
    """FNIR of one attempt of an enrolled person: a share, or `beta mean 1.5 % sd 4 %` where it differs from person
    to person."""
    false_match_rate: Share = 0.0
    """FMR of one comparison: a person who is not enrolled is taken for one of N with 1 - (1 - FMR)^N."""
    masked: Masked | None = None
    """Masks; nobody wears one unless given. With `scores`, FNIR is worse in the same way."""
    ageing: Ageing | None = None
    """Templates that grow old; they do not unless given."""
    wear: Wear | None = None
    """Gets worse between the rounds of the policy's `maintenance`; does not unless given."""
    scores: Scores | None = None
    """Score files in place of `false_non_identification` and `false_match_rate`."""
    at: dict[Id, Reader] = {}
    """Values that differ at single portals: only what differs need be said."""

    @model_validator(mode="after")
    def _only_bodies(self) -> Reader:
        for name in ("masked", "ageing"):
            if getattr(self, name) is not None and self.trait != "biometric":
                raise ValueError(f"{name!r} belongs to biometrics (this is a {self.trait})")
        return self

    @model_validator(mode="before")
    @classmethod
    def _portals_start_from_the_common_values(cls, value: Any) -> Any:
        if isinstance(value, dict) and isinstance(value.get("at"), dict):
            common = {key: entry for key, entry in value.items() if key != "at"}
            differing = {
                portal: {**common, **own} if isinstance(own, dict) else own
                for portal, own in value["at"].items()
            }
            return {**value, "at": differing}
        return value

    @field_validator("scores", mode="before")
    @classmethod
    def _from_files(cls, value: Any, info: ValidationInfo) -> Any:
        if isinstance(value, dict):
            return load_scores(ScoreFiles.model_validate(value), (info.context or {}).get("folder"))
        return value


def with_known_defaults(readers: Any) -> Any:
    """Fill what a file leaves unsaid about the known credentials, and add those it does not mention."""
    if not isinstance(readers, dict):
        return readers
    filled = {
        name: {**CREDENTIALS.get(name, {}), **own} if isinstance(own, dict) else own
        for name, own in readers.items()
    }
    return {**{name: known for name, known in CREDENTIALS.items() if name not in filled}, **filled}
