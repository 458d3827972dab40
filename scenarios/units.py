"""Quantities with units, as they stand in files: text with a unit outside, floats in SI units inside."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, StringConstraints, WithJsonSchema

from .clock import DAY, Hours, Instant, Start, parse_clock
from .spelling import closest, quoted

TIME = {"ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
RATE = {
    f"{who}/{unit}": 1.0 / TIME[unit]
    for who in ("persons", "person", "people", "vehicles", "vehicle", "visits", "")
    for unit in ("s", "min", "h", "d")
}
LENGTH = {"mm": 1e-3, "cm": 1e-2, "m": 1.0}
SPEED = {"m/s": 1.0, "km/h": 1.0 / 3.6}
LARGEST = 1e10
"""Seconds (three hundred years), metres and the like; more is a mistake."""

_NUMBER = r"(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,3})?"
_QUANTITY = re.compile(rf"\s*(?P<number>[+-]?{_NUMBER})\s*(?P<unit>[^\s0-9].*?)?\s*")
# How people write what stands here with another name.
_MEANT = {
    "sec": "s", "secs": "s", "sek": "s", "second": "s", "seconds": "s", "msec": "ms", "milliseconds": "ms",
    "mins": "min", "minute": "min", "minutes": "min", "hr": "h", "hrs": "h", "std": "h", "hour": "h", "hours": "h",
    "day": "d", "days": "d", "meter": "m", "meters": "m", "metre": "m", "metres": "m", "centimetres": "cm",
    "centimeters": "cm", "mps": "m/s", "kmh": "km/h", "kph": "km/h",
}  # fmt: skip


def quantity(value: Any, units: Mapping[str, float], dimension: str, example: str) -> float:
    """Read `2.5 s` as a number of the units' base. ValueError: what is wrong, and how to write it."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(f"must be a {dimension} such as {example!r} (got {quoted(value)})")
    unit_shown = example.split(maxsplit=1)[1]
    if not isinstance(value, str):
        raise ValueError(f"a {dimension} needs a unit, e.g. '{quoted(value)} {unit_shown}'")
    match = _QUANTITY.fullmatch(value) if len(value) <= 200 else None
    if match is None:
        raise ValueError(f"cannot read {quoted(value)} as a {dimension}; write it like {example!r}")
    if match["unit"] is None:
        raise ValueError(f"a {dimension} needs a unit, e.g. '{value.strip()} {unit_shown}'")
    unit = re.sub(r"\s*(?:/|\bper\b)\s*", "/", match["unit"])
    if unit not in units:
        raise ValueError(_unknown_unit(unit, units, dimension, example))
    number = float(match["number"])
    if number < 0.0:
        raise ValueError(f"a {dimension} cannot be negative (got {value!r})")
    result = abs(number * units[unit])
    if not result <= LARGEST:
        raise ValueError(f"{value!r} is too large")
    return result


def _unknown_unit(unit: str, units: Mapping[str, float], dimension: str, example: str) -> str:
    if unit.startswith(","):
        return f"decimals stand behind a point, as in '2.5' (got {quoted(unit)} after the first number)"
    if re.search(r"[0-9]", unit):
        return (
            f"there is one number and one unit, like {example!r} (got {quoted(unit)} after the first number)"
        )
    ways = (
        unit.lower(),
        _MEANT.get(unit.lower()),
        "/".join(_MEANT.get(one, one) for one in unit.lower().split("/")),
    )
    near = next((way for way in ways if way in units), None)
    if near is None and unit == "m" and "min" in units:
        near = "min"
    if near is None and "/" not in unit and all("/" in name for name in units):
        return f"{quoted(unit)} alone is no {dimension}: say in which time, like {example!r}"
    near = near or closest(unit, units, cutoff=0.5)
    hint = f"did you mean {near!r}?" if near else f"there are: {', '.join([*units][:8])}"
    return f"unknown unit {quoted(unit)}; {hint}"


def parse_duration(value: Any) -> float:
    """`2.5 s`, `90 min`, `1 d` -> seconds. ValueError."""
    return quantity(value, TIME, "duration", "5 s")


def parse_share(value: Any) -> float:
    """`4 %` or 0.04 -> 0.04. ValueError, also outside 0-1."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(f"must be a share such as '4 %' or 0.04 (got {quoted(value)})")
    percent = False
    if isinstance(value, str):
        match = re.fullmatch(rf"\s*([+-]?{_NUMBER})\s*(%?)\s*", value) if len(value) <= 200 else None
        if match is None:
            raise ValueError(f"cannot read {quoted(value)} as a share; write it like '4 %' or 0.04")
        percent = match[2] == "%"
        share: float = float(match[1]) / (100.0 if percent else 1.0)
    else:
        share = value
    if not 0.0 <= share <= 1.0:
        hint = f"; did you mean '{share:g} %'?" if not percent and 1.0 < share <= 100.0 else ""
        raise ValueError(f"a share lies between 0 and 1, that is 0 % and 100 % (got {quoted(value)}){hint}")
    return abs(float(share))


def _reader(units: Mapping[str, float], dimension: str, example: str) -> BeforeValidator:
    return BeforeValidator(lambda value: quantity(value, units, dimension, example))


def _written(units: Iterable[str], base: str, examples: list[str], description: str) -> WithJsonSchema:
    spelled = "|".join(re.escape(unit).replace("/", r"\s*(/|\bper\b)\s*") for unit in units)
    pattern = rf"^\s*\+?{_NUMBER}\s*({spelled})\s*$"
    return WithJsonSchema(
        {"type": "string", "pattern": pattern, "unit": base, "examples": examples, "description": description}
    )


Duration = Annotated[
    float,
    BeforeValidator(parse_duration),
    _written(TIME, "s", ["2.5 s", "90 min", "1 d"], "a time with its unit: ms, s, min, h, d"),
]
"""Seconds."""
Rate = Annotated[
    float,
    _reader(RATE, "rate", "30 persons/min"),
    _written(
        RATE,
        "/s",
        ["30 persons/min", "0.25 /s"],
        "a rate with its unit: persons or vehicles /s, /min, /h, /d",
    ),
]
"""Per second."""
Length = Annotated[
    float,
    _reader(LENGTH, "length", "1.2 m"),
    _written(LENGTH, "m", ["1.2 m", "55 cm"], "a length with its unit: mm, cm, m"),
]
"""Metres."""
Speed = Annotated[
    float,
    _reader(SPEED, "speed", "1.3 m/s"),
    _written(SPEED, "m/s", ["1.3 m/s", "5 km/h"], "a speed with its unit: m/s, km/h"),
]
"""Metres a second."""
Share = Annotated[
    float,
    BeforeValidator(parse_share),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": 0, "maximum": 1},
                {"type": "string", "pattern": rf"^\s*\+?{_NUMBER}\s*%?\s*$"},
            ],
            "examples": ["4 %", 0.04],
            "description": "a share of 0-1: 4 % or 0.04",
        }
    ),
]
"""Within 0-1."""
ClockTime = Annotated[
    float,
    BeforeValidator(parse_clock),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^\s*([01]?[0-9]|2[0-4]):[0-5][0-9](:[0-5][0-9])?\s*$",
            "examples": ["07:30", "24:00"],
            "description": "a local time of day",
        }
    ),
]
"""Seconds after local midnight."""
Id = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*$", max_length=80)]
"""What things are called: small letters, digits and dashes."""

__all__ = [
    "DAY",
    "LENGTH",
    "RATE",
    "SPEED",
    "TIME",
    "ClockTime",
    "Duration",
    "Hours",
    "Id",
    "Instant",
    "Length",
    "Rate",
    "Share",
    "Speed",
    "Start",
    "parse_clock",
    "parse_duration",
    "parse_share",
    "quantity",
]
