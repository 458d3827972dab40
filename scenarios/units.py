"""Quantities with units, as they stand in files: text with a unit outside, floats in SI units inside."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    BeforeValidator,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, core_schema

TIME = {"ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_PER = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
RATE = {
    f"{who}/{unit}": 1.0 / seconds
    for who in ("persons", "person", "vehicles", "vehicle", "visits", "1", "")
    for unit, seconds in _PER.items()
}
LENGTH = {"mm": 1e-3, "cm": 1e-2, "m": 1.0}
SPEED = {"m/s": 1.0, "km/h": 1.0 / 3.6}

_NUMBER = r"[+-]?(?:\d{1,40}(?:\.\d{0,40})?|\.\d{1,40})(?:[eE][+-]?\d{1,3})?"
_QUANTITY = re.compile(rf"\s*(?P<number>{_NUMBER})\s*(?P<unit>\S.*?)?\s*")
DAY = 86400.0


def _shown(value: Any) -> str:
    text = repr(str(value) if isinstance(value, str) else value)
    return text if len(text) <= 60 else text[:57] + "..."


def quantity(value: Any, units: Mapping[str, float], dimension: str, example: str) -> float:
    """Read `2.5 s`. ValueError: what is wrong, and how to write it."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(f"expected a {dimension} such as {example!r} (got {_shown(value)})")
    if not isinstance(value, str):
        raise ValueError(f"a {dimension} needs a unit, e.g. '{_plain(value)} {example.split(maxsplit=1)[1]}'")
    match = _QUANTITY.fullmatch(value) if len(value) <= 200 else None
    if match is None:
        raise ValueError(f"cannot read {_shown(value)} as a {dimension}; write it like {example!r}")
    if match["unit"] is None:
        raise ValueError(f"a {dimension} needs a unit, e.g. '{value.strip()} {example.split(maxsplit=1)[1]}'")
    unit = re.sub(r"\s*/\s*", "/", match["unit"])
    if unit not in units:
        near = difflib.get_close_matches(unit, [name for name in units if name], 1, cutoff=0.5)
        hint = (
            f"did you mean {near[0]!r}?"
            if near
            else f"use one of: {', '.join(name for name in units if len(name) < 10)}"
        )
        raise ValueError(f"unknown unit {unit!r}; {hint}")
    number = float(match["number"])
    if number < 0:
        raise ValueError(f"a {dimension} cannot be negative (got {value!r})")
    result = number * units[unit]
    if not math.isfinite(result):
        raise ValueError(f"{value!r} is too large")
    return result


def _plain(value: float) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)[:20]


def parse_duration(value: Any) -> float:
    """`2.5 s`, `90 min`, `1 d` -> seconds."""
    return quantity(value, TIME, "duration", "5 s")


def parse_share(value: Any) -> float:
    """`4 %` or 0.04 -> 0.04. ValueError outside 0-1."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(f"expected a share such as '4 %' or 0.04 (got {_shown(value)})")
    if isinstance(value, str):
        text = value.strip()
        number = text.removesuffix("%")
        if len(text) > 60 or not re.fullmatch(rf"{_NUMBER}\s*", number):
            raise ValueError(f"cannot read {_shown(value)} as a share; write it like '4 %' or 0.04")
        share = float(number) / (100.0 if text.endswith("%") else 1.0)
    else:
        share = float(value)
    if not 0.0 <= share <= 1.0:
        raise ValueError(f"a share lies between 0 and 1, or 0 % and 100 % (got {_shown(value)})")
    return share


def parse_clock(value: Any) -> float:
    """`07:30` -> 27000.0 seconds after midnight; `24:00` is the end of the day."""
    match = re.fullmatch(r"\s*(\d{1,2}):(\d{2})(?::(\d{2}))?\s*", value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"expected a time of day such as '07:30' (got {_shown(value)})")
    hour, minute, second = int(match[1]), int(match[2]), int(match[3] or 0)
    seconds = hour * 3600.0 + minute * 60.0 + second
    if minute > 59 or second > 59 or seconds > DAY:
        raise ValueError(f"{value!r} is no time of day")
    return seconds


def _quantity(units: Mapping[str, float], dimension: str, example: str) -> Callable[[Any], float]:
    return lambda value: quantity(value, units, dimension, example)


def _text(pattern: str, examples: list[str], description: str) -> WithJsonSchema:
    return WithJsonSchema(
        {"type": "string", "pattern": pattern, "examples": examples, "description": description}
    )


_ANY = r"^\s*[0-9.]+([eE][+-]?[0-9]+)?\s*\S+\s*$"
Duration = Annotated[
    float,
    BeforeValidator(parse_duration),
    _text(_ANY, ["2.5 s", "90 min"], "a time with its unit: ms, s, min, h, d"),
]
Rate = Annotated[
    float, BeforeValidator(_quantity(RATE, "rate", "30 persons/min")),
    _text(_ANY, ["30 persons/min", "0.25 /s"], "a rate with its unit: persons/s, persons/min, persons/h, persons/d"),
]  # fmt: skip
Length = Annotated[
    float,
    BeforeValidator(_quantity(LENGTH, "length", "1.2 m")),
    _text(_ANY, ["55 cm", "1.2 m"], "a length: mm, cm, m"),
]
Speed = Annotated[
    float,
    BeforeValidator(_quantity(SPEED, "speed", "1.3 m/s")),
    _text(_ANY, ["1.3 m/s"], "a speed: m/s, km/h"),
]
Share = Annotated[
    float, BeforeValidator(parse_share),
    WithJsonSchema({
        "anyOf": [{"type": "number", "minimum": 0, "maximum": 1}, {"type": "string", "pattern": r"^\s*[0-9.]+\s*%?\s*$"}],
        "examples": ["4 %", 0.04], "description": "a share: 4 % or 0.04",
    }),
]  # fmt: skip
ClockTime = Annotated[
    float, BeforeValidator(parse_clock), _text(r"^\d{1,2}:\d{2}(:\d{2})?$", ["07:30"], "local time of day")
]
Id = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z][a-z0-9-]*$", max_length=80),
]


class _Parsed:
    """A value object that reads itself from text: `parse` gives the object or raises ValueError."""

    _schema: dict[str, Any] = {"type": "string"}

    @classmethod
    def parse(cls, value: Any) -> Any:
        raise NotImplementedError

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            lambda value: value if isinstance(value, cls) else cls.parse(value),
            serialization=core_schema.to_string_ser_schema(),
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return dict(cls._schema)


@dataclass(frozen=True)
class Hours(_Parsed):
    """Hours of the local day, half-open: `22:00-06:00` wraps midnight, `00:00-24:00` is the whole day."""

    begin: float
    end: float
    _schema = {
        "type": "string",
        "pattern": r"^\d{1,2}:\d{2}\s*-\s*\d{1,2}:\d{2}$",
        "examples": ["07:00-23:00"],
    }

    @classmethod
    def parse(cls, value: Any) -> Hours:
        parts = re.split(r"\s*[-–]\s*", value.strip()) if isinstance(value, str) else []
        if len(parts) != 2:
            raise ValueError(f"expected hours such as '07:00-23:00' (got {_shown(value)})")
        begin, end = parse_clock(parts[0]), parse_clock(parts[1])
        if begin == end or begin == DAY:
            raise ValueError(f"the hours {value!r} are empty; write '00:00-24:00' for the whole day")
        return cls(begin, end)

    @property
    def spans(self) -> tuple[tuple[float, float], ...]:
        """Half-open intervals within one day, in seconds after midnight."""
        if self.begin < self.end:
            return ((self.begin, self.end),)
        return tuple(span for span in ((0.0, self.end), (self.begin, DAY)) if span[0] < span[1])

    def contains(self, clock: float) -> bool:
        """Is this time of day (seconds after midnight) within them?"""
        if self.begin < self.end:
            return self.begin <= clock < self.end
        return clock >= self.begin or clock < self.end

    def __str__(self) -> str:
        return f"{_clock_text(self.begin)}-{_clock_text(self.end)}"


def _clock_text(seconds: float) -> str:
    text = f"{int(seconds) // 3600:02}:{int(seconds) % 3600 // 60:02}"
    return text if seconds % 60 == 0 else f"{text}:{int(seconds) % 60:02}"


@dataclass(frozen=True)
class Start(_Parsed):
    """The instant t = 0: ISO 8601 with an IANA zone, `2021-10-11T00:00+08:00 Asia/Shanghai`."""

    local: datetime
    """Aware, in its zone."""
    zone: str
    _schema = {"type": "string", "examples": ["2021-10-11T00:00+08:00 Asia/Shanghai"]}

    @classmethod
    def parse(cls, value: Any) -> Start:
        form = "write it like '2021-10-11T00:00+08:00 Asia/Shanghai'"
        words = value.split() if isinstance(value, str) else []
        if len(words) != 2:
            raise ValueError(f"expected an instant with its zone (got {_shown(value)}); {form}")
        stamp, zone = words
        try:
            instant = datetime.fromisoformat(stamp)
        except ValueError:
            raise ValueError(f"cannot read {_shown(stamp)} as an instant; {form}") from None
        try:
            info = ZoneInfo(zone)
        except (OSError, ValueError, KeyError):
            near = difflib.get_close_matches(zone, available_timezones(), 1)
            raise ValueError(
                f"unknown time zone {zone!r}" + (f"; did you mean {near[0]!r}?" if near else "")
            ) from None
        local = instant.replace(tzinfo=info)
        if instant.tzinfo is not None and instant.utcoffset() != local.utcoffset():
            offset = local.strftime("%z")
            raise ValueError(f"{zone} is at {offset[:3]}:{offset[3:]} then, not at {stamp[-6:]}")
        return cls(local, zone)

    @property
    def clock(self) -> float:
        """Seconds after local midnight."""
        return (
            self.local.hour * 3600.0
            + self.local.minute * 60.0
            + self.local.second
            + self.local.microsecond / 1e6
        )

    def seconds_until(self, instant: datetime) -> float:
        """From t = 0 to a local instant (naive: of the same zone)."""
        return instant.replace(tzinfo=ZoneInfo(self.zone)).timestamp() - self.local.timestamp()

    def __str__(self) -> str:
        return f"{self.local.isoformat(timespec='minutes')} {self.zone}"


@dataclass(frozen=True)
class Instant(_Parsed):
    """A local instant, read in the scenario's zone: `2021-10-11T08:00`."""

    local: datetime
    _schema = {"type": "string", "examples": ["2021-10-11T08:00"]}

    @classmethod
    def parse(cls, value: Any) -> Instant:
        try:
            instant = datetime.fromisoformat(value.strip()) if isinstance(value, str) else None
        except ValueError:
            instant = None
        if instant is None:
            raise ValueError(f"expected a local instant such as '2021-10-11T08:00' (got {_shown(value)})")
        if instant.tzinfo is not None:
            raise ValueError(
                f"{value!r} names a zone; instants are read in the scenario's own zone, without one"
            )
        return cls(instant)

    def __str__(self) -> str:
        return self.local.isoformat(timespec="minutes")
