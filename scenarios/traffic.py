"""Who comes when: residents by occupancy tables, streams by rates over the day, bare processes at one portal."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, TypeAdapter, ValidationInfo, WithJsonSchema, model_validator

from .distributions import ONE, CountDistribution, Distribution
from .model import Model
from .portals import Direction
from .tables import read_columns
from .units import Duration, Hours, Id, Rate


class Occupancy(Model):
    """Residents leave and return by the sleep/home/away tables."""

    tables: Literal["atus"] = "atus"
    """American Time Use Survey, as clustered by obgeneration (MIT)."""
    day: Literal["calendar", "weekday", "weekend"] = "calendar"
    """Kind of day: by the calendar, or the same every day."""
    groups: tuple[Id, ...] | None = None
    """Which residents; all of them unless given."""


class RateFile(Model):
    """Rates from a CSV with the columns `from_hour`, `to_hour` (hours of the local day, 7.5 is 07:30) and
    `persons_per_hour`."""

    file: str
    column: str = "persons_per_hour"
    """Another column of rates in the same file."""


def _rates(value: Any, info: ValidationInfo) -> Any:
    if isinstance(value, dict) and "file" in value:
        source = RateFile.model_validate(value)
        columns = read_columns(
            Path((info.context or {}).get("folder", ".")) / source.file,
            ("from_hour", "to_hour", source.column),
        )
        return [
            (begin * 3600.0, end * 3600.0, rate / 3600.0)
            for begin, end, rate in zip(*(columns[name].tolist() for name in columns), strict=True)
        ]
    if isinstance(value, dict):
        by_hours = _BY_HOURS.validate_python(value)
        return [(begin, end, rate) for hours, rate in by_hours.items() for begin, end in hours.spans]
    return value


_BY_HOURS: TypeAdapter[dict[Hours, Rate]] = TypeAdapter(dict[Hours, Rate])
Rates = Annotated[
    tuple[tuple[float, float, float], ...],
    BeforeValidator(_rates),
    WithJsonSchema(
        {"type": "object", "examples": [{"07:00-09:00": "30 persons/min"}, {"file": "rates.csv"}]}
    ),
]


class Profile(Model):
    """Rates by time of day."""

    rates: Rates | None = None
    """Rate in each interval of the local day (`07:00-09:00: 30 persons/min`), or `{file: rates.csv}`; nobody comes
    outside the intervals."""
    hourly: tuple[float, ...] | None = Field(default=None, min_length=24, max_length=24)
    """Instead of `rates`: 24 weights, which `per_day` scales."""
    per_day: float | None = Field(default=None, gt=0)
    """Expected persons a day, with `hourly`."""
    dispersion: float = Field(default=1.0, ge=1.0)
    """Variance to mean of the counts in an interval: 1 is Poisson, more is Gamma-Poisson."""
    interval: Duration | None = Field(default=None, gt=0)
    """Length of the intervals whose counts vary together; each interval of the profile unless given."""
    kinds_of_day: tuple[Literal["weekday", "weekend"], ...] = ("weekday", "weekend")
    """Days on which the stream runs."""

    @model_validator(mode="after")
    def _one_form(self) -> Profile:
        if (self.rates is None) == (self.hourly is None):
            raise ValueError("give either 'rates' or 'hourly' with 'per_day'")
        if (self.hourly is None) != (self.per_day is None):
            raise ValueError("'hourly' and 'per_day' belong together")
        if self.hourly is not None and (min(self.hourly) < 0 or sum(self.hourly) <= 0):
            raise ValueError("the weights of 'hourly' must not be negative, and not all 0")
        return self

    def intervals(self) -> list[tuple[float, float, float]]:
        """(from, to, persons per second) in seconds of the local day, in order of time."""
        if self.hourly is not None and self.per_day is not None:
            scale = self.per_day / sum(self.hourly) / 3600.0
            return [
                (hour * 3600.0, (hour + 1) * 3600.0, weight * scale)
                for hour, weight in enumerate(self.hourly)
            ]
        return sorted(self.rates or ())


class Process(Model):
    """A bare arrival process."""

    every: Distribution | None = None
    """Time between arrivals, the first one from the start."""
    instants: tuple[Duration, ...] | None = None
    """Instead of `every`: seconds from the start."""
    batch: CountDistribution = ONE
    """How many arrive at the same instant."""
    count: int | None = Field(default=None, ge=1)
    """Stop after so many persons."""

    @model_validator(mode="after")
    def _one_form(self) -> Process:
        if (self.every is None) == (self.instants is None):
            raise ValueError("give either 'every' or 'instants'")
        return self


class Stream(Model):
    """A stream of people. Exactly one of `occupancy`, `profile` and `arrivals` says when they come."""

    occupancy: Occupancy | None = None
    profile: Profile | None = None
    arrivals: Process | None = None
    group: Id | None = None
    """The group to which each of them belongs (not with `occupancy`)."""
    at: Id | None = None
    """The one portal that they want to pass. Without it they visit a flat: in by a route, and out again."""
    direction: Direction = "in"
    """Which way, with `at`."""
    stay: Distribution | None = None
    """How long a visit to a flat lasts; with `at` they do not return."""
    party: CountDistribution = ONE
    """How many come together, each a person of its own."""

    @model_validator(mode="before")
    @classmethod
    def _shorthand(cls, value: Any) -> Any:
        if isinstance(value, str) and value.startswith("occupancy/"):
            return {"occupancy": {"day": value.removeprefix("occupancy/")}}
        return value

    @model_validator(mode="after")
    def _one_source(self) -> Stream:
        given = [name for name in ("occupancy", "profile", "arrivals") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(
                f"give exactly one of 'occupancy', 'profile' and 'arrivals' (got {', '.join(given) or 'none'})"
            )
        if self.occupancy is None and self.group is None:
            raise ValueError("'group' is missing: which group do they belong to?")
        if self.occupancy is not None and (
            self.at is not None or self.group is not None or self.stay is not None
        ):
            raise ValueError(
                "residents of 'occupancy' take the routes: 'at', 'group' and 'stay' do not go with it"
            )
        if self.occupancy is None and self.at is None and self.stay is None:
            raise ValueError("'stay' is missing: how long does a visit last? (or name a portal with 'at')")
        return self
