"""Captures in the form `.osdpcap`: one JSON object a line, as several OSDP tools write and read it.

```
{"timeSec": "1693167786", "timeNano": "033907099", "io": "trace", "data": "ff 53 00 08 00 04 60 eb aa",
 "osdpTraceVersion": "1", "osdpSource": "gatebench"}
```

`data` are the bytes as on the line, usually but not always one message, marks included. `io` is `input`, `output` or
`trace` (somebody who listens). Others write it with spaces, dashes or nothing between the bytes, times as text or
numbers, `in` and `out`: all of it is read. Format: doc/doc-src/osdpcap-format of libosdp-conformance, version 1.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from ...scenarios.errors import Finding, InputError

LONGEST_LINE = 1 << 20
"""Characters; what is longer is no record."""

_DIRECTIONS = {
    **dict.fromkeys(("input", "in", "i", "rx", "receive", "received"), "input"),
    **dict.fromkeys(("output", "out", "o", "tx", "send", "sent"), "output"),
}
_BETWEEN = re.compile(r"[\s:,;_-]+|0x", re.IGNORECASE)
_SECONDS = 1 << 62


@dataclass(frozen=True, slots=True)
class Entry:
    """One record."""

    data: bytes
    time: int | None = None
    """ns since 1970 (or whatever the writer's clock counts from); None: the record has no time."""
    io: str = "trace"
    """`input`, `output` or `trace`."""
    source: str = ""
    version: str = "1"
    line: int = 0
    """In the file, from 1; 0: in none."""


@dataclass(frozen=True, slots=True)
class BrokenLine:
    """A line that is no record, and why."""

    line: int
    why: str
    text: str

    def finding(self, file: str) -> Finding:
        return Finding(file, self.line, 1, "", self.why, self.text)


def read(path: Path) -> Iterator[Entry | BrokenLine]:
    """The records of a file, in order; empty lines are passed over.

    InputError if the file cannot be read. A broken line does not end the reading: who wants it to, raises
    `InputError([line.finding(str(path))])`.
    """
    try:
        with path.open(encoding="utf-8-sig", errors="replace", newline="\n") as file:
            yield from _lines(iter(lambda: file.readline(LONGEST_LINE), ""))
    except OSError as error:
        raise InputError([Finding(str(path), 0, 0, "", error.strerror or str(error))]) from error


def _lines(lines: Iterator[str]) -> Iterator[Entry | BrokenLine]:
    number, whole = 0, True
    for text in lines:
        continued, whole = not whole, text.endswith("\n")
        if continued:
            continue
        number += 1
        if len(text) >= LONGEST_LINE:
            yield BrokenLine(number, f"a line of more than {LONGEST_LINE:,} characters", text[:80])
        elif text.strip():
            yield parse(text, number)


def parse(text: str, line: int = 0) -> Entry | BrokenLine:
    """The record that this line is."""
    try:
        return _entry(json.loads(text), line)
    except (ValueError, RecursionError) as error:
        why = "no JSON object" if isinstance(error, json.JSONDecodeError | RecursionError) else str(error)
        return BrokenLine(line, why, text.rstrip("\r\n")[:400])


def _entry(record: Any, line: int) -> Entry:
    if not isinstance(record, dict):
        raise ValueError("no JSON object")
    fields = {str(key).strip().lower(): value for key, value in record.items()}
    data = fields.get("data")
    if not isinstance(data, str):
        raise ValueError("data: hex digits expected" if "data" in fields else "data is missing")
    digits = _BETWEEN.sub("", data)
    try:
        octets = bytes.fromhex(digits)
    except ValueError:
        odd = len(digits) % 2 and re.fullmatch("[0-9a-fA-F]*", digits)
        raise ValueError(f"data: {'an odd number of hex digits' if odd else 'no hex digits'}") from None
    io = fields.get("io", "trace")
    return Entry(
        octets,
        _time(fields),
        _DIRECTIONS.get(io.strip().lower(), "trace") if isinstance(io, str) else "trace",
        str(fields.get("osdpsource", "")),
        str(fields.get("osdptraceversion", "1")),
        line,
    )


def _time(fields: dict[str, Any]) -> int | None:
    seconds = fields.get("timesec")
    nanos = next((fields[name] for name in ("timenano", "timensec") if name in fields), None)
    if seconds is None:
        return None
    return int(_number("timeSec", seconds) * 1_000_000_000) + int(_number("timeNano", nanos or 0))


def _number(name: str, value: Any) -> Decimal:
    try:
        number = Decimal(str(value).strip())
        if not isinstance(value, bool) and number.is_finite() and abs(number) < _SECONDS:
            return number
    except InvalidOperation:
        pass
    raise ValueError(f"{name}: a number expected, not {str(value)[:40]!r}")


def to_line(entry: Entry) -> str:
    """The record as a line, with its end. Times are written as text, as the other tools do."""
    record: dict[str, str] = {}
    if entry.time is not None:
        seconds, nanos = divmod(entry.time, 1_000_000_000)
        record = {"timeSec": str(seconds), "timeNano": f"{nanos:09d}"}
    record |= {"io": entry.io, "data": entry.data.hex(" ")}
    record |= {"osdpTraceVersion": entry.version, "osdpSource": entry.source or "gatebench"}
    return json.dumps(record) + "\n"
