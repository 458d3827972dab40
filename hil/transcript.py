"""The transcript of a bench: every byte both ways with its stamps, when the world acted on it, and the cuts of idle time.

One JSON object a line, only ever appended, handed to the system line by line: after `kill -9` nothing that was written
is missing, at most the last line is torn. Each line ends with the SHA-256 of the hash before and its own text, so that a
changed, missing or added line is found; the last one says that it is the last. A run can be replayed and judged again
from it alone. Stamps are ns of the monotonic clock; the first line joins it to the wall clock.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import BrokenTranscript
from .port.events import Event, Heard, Sent, from_record, to_record

SCHEMA = "gatebench.transcript/1"
_ROOT = "0" * 64
_TAIL = len(',"hash":""}') + 64


class Transcript:
    """Written while the bench runs. FileExistsError if there is one already: attempts are only ever appended."""

    def __init__(self, path: str | Path, **about: Any) -> None:
        """`about`: what stands in the first line besides (scenario, policy, rig …); must be JSON."""
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o644)
        self._hash, self._number = _ROOT, 0
        self.write("begin", schema=SCHEMA, stamp=time.monotonic_ns(), wall=time.time_ns(), **about)

    def write(self, kind: str, **fields: Any) -> int:
        """Append one record; its position, which an event log may name as evidence.

        Raises: ValueError for what is not JSON (NaN), or when closed.
        """
        if self._fd < 0:
            raise ValueError("the transcript is closed")
        record = {"n": self._number, "kind": kind, **fields}
        text = json.dumps(record, separators=(",", ":"), allow_nan=False)
        self._hash = _chain(self._hash, text)
        line = f'{text[:-1]},"hash":"{self._hash}"}}\n'.encode()
        while line:
            line = line[os.write(self._fd, line) :]
        self._number += 1
        return self._number - 1

    def event(self, event: Event, **more: Any) -> int:
        """Append what a port process reported; `more`, for instance the world instant at which it was acted on."""
        record = to_record(event)
        return self.write(record.pop("kind"), **record, **more)

    def close(self) -> None:
        """Say that this is all."""
        if self._fd >= 0:
            self.write("end", stamp=time.monotonic_ns())
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> Transcript:  # noqa: PYI034
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


@dataclass(frozen=True)
class Recording:
    """A transcript that was read, each line of it as it was written."""

    records: tuple[dict[str, Any], ...]
    complete: bool
    """Does it end as it should? Otherwise the writer was killed, and the last line may be missing or torn."""

    @property
    def about(self) -> Mapping[str, Any]:
        """The first record."""
        return self.records[0]

    def wall(self, stamp: int) -> int:
        """ns since 1970 of a stamp."""
        return int(self.about["wall"]) + stamp - int(self.about["stamp"])

    def events(self, resource: str | None = None) -> Iterator[Event]:
        """What port processes reported, in the order in which it was noted."""
        for record in self.records:
            if "resource" in record and resource in (None, record["resource"]):
                yield from_record(record)


def read(path: str | Path) -> Recording:
    """Read and verify.

    Raises: BrokenTranscript naming the first line that is not as it was written.
    """
    *lines, rest = Path(path).read_bytes().split(b"\n")
    records: list[dict[str, Any]] = []
    chain = _ROOT
    for number, raw in enumerate(lines, 1):
        line = raw.decode("ascii", "replace")
        text = line[:-_TAIL] + "}"
        chain = _chain(chain, text)
        if line[-_TAIL:] != f',"hash":"{chain}"}}':
            raise BrokenTranscript(
                f"{path}:{number} is not as it was written, or a line before it is missing"
            )
        records.append(json.loads(line))
    if not records or records[0].get("schema") != SCHEMA:
        raise BrokenTranscript(f"{path} does not begin as a transcript does ({SCHEMA})")
    return Recording(tuple(records), records[-1]["kind"] == "end" and not rest)


def to_osdpcap(
    recording: Recording,
    resource: str,
    path: str | Path,
    frames: Callable[[bytes], Iterable[bytes]] | None = None,
) -> int:
    """Write what went over one line as an OSDP capture; the number of its lines.

    `frames` cuts what has come so far into whole frames and keeps the rest, once for each direction: pass a codec's, as
    one read may end within a frame. Without it each read is a line. Times are wall time.
    """
    splits = {"input": frames or _whole, "output": frames or _whole}
    rest = {"input": b"", "output": b""}
    count = 0
    with open(path, "w", encoding="ascii", newline="\n") as file:
        for event in recording.events(resource):
            if not isinstance(event, (Heard, Sent)):
                continue
            io = "input" if isinstance(event, Heard) else "output"
            rest[io] += event.data
            for frame in splits[io](rest[io]):
                rest[io] = rest[io][rest[io].index(frame) + len(frame) :]
                seconds, nanos = divmod(recording.wall(event.stamp), 1_000_000_000)
                line = {
                    "timeSec": str(seconds),
                    "timeNano": f"{nanos:09d}",
                    "io": io,
                    "data": frame.hex(" "),
                    "osdpTraceVersion": "1",
                    "osdpSource": f"gatebench {resource}",
                }
                file.write(json.dumps(line) + "\n")
                count += 1
    return count


def _whole(data: bytes) -> tuple[bytes, ...]:
    return (data,) if data else ()


def _chain(before: str, text: str) -> str:
    return hashlib.sha256(before.encode() + text.encode()).hexdigest()
