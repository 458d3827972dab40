"""What a port process reports, as light data that a transcript can keep and give back."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

from .. import errors


class Opened(NamedTuple):
    """The line is open."""

    resource: str
    stamp: int
    pid: int
    device: str
    """As opened, which may be another name than before."""
    realtime: bool
    why: str
    """Why it has no real-time priority."""


class Sent(NamedTuple):
    """Bytes were handed to the line: `stamp` just before the write, `after` just after the last byte was taken."""

    resource: str
    stamp: int
    after: int
    order: int
    data: bytes


class Expired(NamedTuple):
    """Bytes were not sent, since the latest instant for them had passed."""

    resource: str
    stamp: int
    order: int
    data: bytes


class Heard(NamedTuple):
    """Bytes came in, in one read. They may be half a message, or several."""

    resource: str
    stamp: int
    waited: int
    """ns for which the port process was runnable and not running since it last looked: by so much the stamp may be
    late."""
    data: bytes


class Stalled(NamedTuple):
    """The port process did not run from `stamp` to `until`."""

    resource: str
    stamp: int
    until: int


class Dropped(NamedTuple):
    """Bytes were read and thrown away, since the harness did not take them."""

    resource: str
    stamp: int
    lost: int
    """Bytes."""


class Failed(NamedTuple):
    """The line failed."""

    resource: str
    stamp: int
    error: str
    """Name of a class in `hil.errors`."""
    message: str
    advice: str

    def exception(self) -> errors.BenchError:
        kind: type[errors.BenchError] = getattr(errors, self.error)
        return kind(self.message, resource=self.resource, advice=self.advice)


class Released(NamedTuple):
    """The safe orders were given; `sound`: each was confirmed."""

    resource: str
    stamp: int
    sound: bool
    answers: tuple[bytes | None, ...]
    """What the device answered to each; None: nothing that confirms it."""


Event: TypeAlias = Opened | Sent | Expired | Heard | Stalled | Dropped | Failed | Released

KINDS: dict[str, Any] = {
    kind.__name__.lower(): kind for kind in (Opened, Sent, Expired, Heard, Stalled, Dropped, Failed, Released)
}


def to_record(event: Event) -> dict[str, Any]:
    """As a transcript keeps it: `kind` and the fields, bytes in hex."""
    fields = {name: _plain(value) for name, value in event._asdict().items()}
    return {"kind": type(event).__name__.lower(), **fields}


def from_record(record: dict[str, Any]) -> Event:
    """The event again; other keys of the record are left alone."""
    kind = KINDS[record["kind"]]
    fields = {name: record[name] for name in kind._fields}
    if "data" in fields:
        fields["data"] = bytes.fromhex(fields["data"])
    if "answers" in fields:
        fields["answers"] = tuple(
            None if answer is None else bytes.fromhex(answer) for answer in fields["answers"]
        )
    event: Event = kind(**fields)
    return event


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    return [_plain(one) for one in value] if isinstance(value, tuple) else value
