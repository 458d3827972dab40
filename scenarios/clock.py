"""Times of the local day and instants, as they stand in files. What a zone's clocks do is the zone's: summer time counts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self
from zoneinfo import ZoneInfo, available_timezones

from .model import Parsed
from .spelling import closest, quoted

DAY = 86400.0
_CLOCK = r"([01]?[0-9]|2[0-4]):[0-5][0-9](:[0-5][0-9])?"
_INSTANT = r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?)?"


def parse_clock(value: Any) -> float:
    """`07:30` -> 27000.0 seconds after midnight; `24:00` is the end of the day. ValueError."""
    match = (
        re.fullmatch(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?", value.strip())
        if isinstance(value, str)
        else None
    )
    if match is None:
        raise ValueError(f"must be a time of day such as '07:30' (got {quoted(value)})")
    hour, minute, second = int(match[1]), int(match[2]), int(match[3] or 0)
    seconds = hour * 3600.0 + minute * 60.0 + second
    if minute > 59 or second > 59 or seconds > DAY:
        raise ValueError(f"{value!r} is no time of day")
    return seconds


def _clock_text(seconds: float) -> str:
    text = f"{int(seconds) // 3600:02}:{int(seconds) % 3600 // 60:02}"
    return text if seconds % 60 == 0 else f"{text}:{int(seconds) % 60:02}"


@dataclass(frozen=True)
class Hours(Parsed):
    """Hours of the local day, half-open: `22:00-06:00` wraps midnight, `00:00-24:00` is the whole day."""

    begin: float
    """Seconds after midnight."""
    end: float
    """Seconds after midnight; before `begin` if they wrap."""

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        return {
            "type": "string",
            "pattern": rf"^\s*{_CLOCK}\s*[-–]\s*{_CLOCK}\s*$",
            "examples": ["07:00-23:00", "22:00-06:00"],
            "description": "hours of the local day, the end not included; they may wrap midnight",
        }

    @classmethod
    def parse(cls, value: Any, folder: Path | None = None) -> Self:
        parts = re.split(r"[-–]", value) if isinstance(value, str) and len(value) <= 100 else []
        if len(parts) != 2:
            raise ValueError(f"must be hours such as '07:00-23:00' (got {quoted(value)})")
        begin, end = parse_clock(parts[0]), parse_clock(parts[1])
        if begin == DAY:
            raise ValueError(
                f"hours begin before 24:00; write '00:00-{_clock_text(end)}' (got {quoted(value)})"
            )
        if begin == end:
            raise ValueError(f"the hours {value!r} are empty; write '00:00-24:00' for the whole day")
        return cls(begin, end)

    @property
    def spans(self) -> tuple[tuple[float, float], ...]:
        """Half-open intervals within one day, in order, in seconds after midnight."""
        if self.begin < self.end:
            return ((self.begin, self.end),)
        return tuple(span for span in ((0.0, self.end), (self.begin, DAY)) if span[0] < span[1])

    def contains(self, clock: float) -> bool:
        """Is this time of day (seconds after midnight, below 86400) within them?"""
        if self.begin < self.end:
            return self.begin <= clock < self.end
        return clock >= self.begin or clock < self.end

    def __str__(self) -> str:
        return f"{_clock_text(self.begin)}-{_clock_text(self.end)}"


@dataclass(frozen=True)
class Start(Parsed):
    """The instant t = 0: ISO 8601 with an IANA zone, `2021-10-11T00:00+08:00 Asia/Shanghai`. The offset may be left out
    where the zone alone says which instant it is."""

    local: datetime
    """Aware, in its zone."""
    zone: str
    """The zone's IANA name."""

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        return {
            "type": "string",
            "pattern": rf"^\s*{_INSTANT}(Z|[+-][0-9]{{2}}:[0-9]{{2}})?\s+[A-Za-z0-9_+/-]+\s*$",
            "examples": ["2021-10-11T00:00+08:00 Asia/Shanghai"],
            "description": "a local instant with its IANA time zone",
        }

    @classmethod
    def parse(cls, value: Any, folder: Path | None = None) -> Self:
        form = "write it like '2021-10-11T00:00+08:00 Asia/Shanghai'"
        words = value.split() if isinstance(value, str) and len(value) <= 200 else []
        if len(words) != 2:
            raise ValueError(f"must be an instant with its time zone; {form} (got {quoted(value)})")
        instant, zone = _instant(words[0]), _zone(words[1])
        if instant is None:
            raise ValueError(f"cannot read {words[0]!r} as an instant; {form}")
        return cls(_localised(instant, zone, words[1]), words[1])

    @property
    def clock(self) -> float:
        """Seconds after local midnight, as the clock shows them."""
        at = self.local
        return at.hour * 3600.0 + at.minute * 60.0 + at.second + at.microsecond / 1e6

    def seconds_until(self, instant: datetime) -> float:
        """From t = 0 to a local instant (naive, of the same zone; of two that read alike the first)."""
        return instant.replace(tzinfo=ZoneInfo(self.zone)).timestamp() - self.local.timestamp()

    def __str__(self) -> str:
        seconds = "auto" if self.local.second or self.local.microsecond else "minutes"
        return f"{self.local.isoformat(timespec=seconds)} {self.zone}"


@dataclass(frozen=True)
class Instant(Parsed):
    """A local instant, read in the scenario's zone: `2021-10-11T08:00`."""

    local: datetime
    """Naive."""

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        return {
            "type": "string",
            "pattern": rf"^\s*{_INSTANT}\s*$",
            "examples": ["2021-10-11T08:00"],
            "description": "a local instant in the scenario's time zone",
        }

    @classmethod
    def parse(cls, value: Any, folder: Path | None = None) -> Self:
        instant = _instant(value.strip()) if isinstance(value, str) and len(value) <= 100 else None
        if instant is None:
            raise ValueError(f"must be a local instant such as '2021-10-11T08:00' (got {quoted(value)})")
        if instant.tzinfo is not None:
            raise ValueError(
                f"leave the offset out: instants are read in the scenario's own zone (got {quoted(value)})"
            )
        return cls(instant)

    def __str__(self) -> str:
        seconds = "auto" if self.local.second or self.local.microsecond else "minutes"
        return self.local.isoformat(timespec=seconds)


def _instant(text: str) -> datetime | None:
    if re.fullmatch(rf"{_INSTANT}(Z|[+-][0-9]{{2}}:[0-9]{{2}})?", text) is None:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        near = closest(name, available_timezones())
        hint = f"; did you mean {near!r}?" if near else ", such as 'Asia/Shanghai'"
        raise ValueError(f"{name!r} is no IANA time zone{hint}") from None


def _localised(instant: datetime, zone: ZoneInfo, name: str) -> datetime:
    """The instant in its zone. ValueError: it is not there, is there twice, or is at another offset there."""
    try:
        both = [instant.replace(tzinfo=zone, fold=fold) for fold in (0, 1)]
        there = [local for local in both if _same_clock(local)]
    except OverflowError:
        raise ValueError(f"{instant.isoformat()} lies too near the end of all dates") from None
    if not there:
        raise ValueError(f"{instant:%H:%M} is left out on that day in {name}: the clocks go forward")
    offsets = {local.utcoffset(): local for local in reversed(there)}
    if instant.tzinfo is not None:
        if instant.utcoffset() not in offsets:
            said = " or ".join(_offset(one) for one in offsets)
            raise ValueError(f"{name} is at {said} then, not at {_offset(instant.utcoffset())}")
        return offsets[instant.utcoffset()]
    if len(offsets) > 1:
        said = " or ".join(f"{instant:%H:%M}{_offset(one)}" for one in offsets)
        raise ValueError(f"{instant:%H:%M} is there twice on that day in {name}; write {said}")
    return there[0]


def _same_clock(local: datetime) -> bool:
    zone = local.tzinfo
    again = local.astimezone(ZoneInfo("UTC")).astimezone(zone)
    return again.replace(tzinfo=None, fold=0) == local.replace(tzinfo=None, fold=0)


def _offset(offset: timedelta | None) -> str:
    assert offset is not None
    minutes = int(offset.total_seconds() // 60)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
