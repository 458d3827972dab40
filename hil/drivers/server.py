"""The access server above the device under test, at its administration line: JSON, one object a line, over TCP.

A request has a number, which its answer repeats; answers may come in another order. A request that was not answered in
time is forgotten, and its late answer is thrown away.
"""

from __future__ import annotations

import json
import select
from collections.abc import Mapping, Sequence
from time import monotonic
from typing import Any, Self

from .. import errors
from ..port.events import Failed, Heard
from ..port.line import Line
from ..port.port import Port

PATIENCE = 5.0
"""Seconds for an answer: the server asks the controller, and waits for it in turn."""
LONGEST = 1 << 24
"""Bytes of an answer."""
PART = 1 << 16
"""Bytes of a request that one order to the port carries."""


class AccessServer:
    """DeviceClock, Provisioned, AccessList, RemoteRelease, EventJournal.

    Released: no door is overridden any more of those that this driver did override. A fire alarm is never reset by a
    release: that is a decision of whoever is in charge.
    """

    emulated = True
    """This language is spoken by our emulated server alone."""

    def __init__(self, line: Line, *, patience: float = PATIENCE) -> None:
        """`line`: `socket://HOST:PORT`; `patience`: seconds for an answer. Raises: PortError."""
        self.patience = patience
        self._line = line
        self._port = Port(line, realtime=0)
        self._number = 0
        self._rest = bytearray()
        self._overridden: set[str] = set()
        self._released = False

    @property
    def resource(self) -> str:
        return self._line.name

    def ask(self, do: str, **what: Any) -> Mapping[str, Any]:
        """A request and its answer. Raises: Refused with the server's reason, NoAnswer, WrongAnswer, TooMuch, PortError."""
        self._check()
        self._number += 1
        request = json.dumps({"id": self._number, "do": do, **what}, separators=(",", ":")).encode() + b"\n"
        for at in range(0, len(request), PART):
            self._port.send(request[at : at + PART])
        until = monotonic() + self.patience
        while (line := self._next(until)) is not None:
            told = self._understood(line, request)
            if told.get("id") != self._number:
                continue  # a late answer to what was given up
            if told.get("ok") is not True:
                raise errors.Refused(
                    f"it refuses {do}: {told.get('error', 'without a reason')}",
                    resource=self.resource,
                    sent=request,
                    received=line,
                )
            return told
        raise errors.NoAnswer(
            f"no answer to {do} within {self.patience:g} s",
            resource=self.resource,
            sent=request,
            received=bytes(self._rest),
            advice="check that the server runs and that its controller is connected",
        )

    # Roles

    def set_clock(self, unix: int) -> int:
        return self._time(self.ask("set-clock", unix=unix), "set-clock")

    def read_clock(self) -> int:
        return self._time(self.ask("clock"), "clock")

    def provision(self, provisioning: Mapping[str, Any]) -> None:
        self.ask("provision", provisioning=provisioning)

    def set_status(self, number: str, status: str) -> None:
        self.ask("list", number=number, status=status)

    def release_door(self, door: str, lane: int, direction: str) -> None:
        self.ask("release", door=door, lane=lane, direction=direction)

    def override(self, door: str, mode: str | None) -> None:
        if mode not in ("open", "locked", None):
            raise ValueError(f"{mode!r} is no override: open, locked or None")
        self.ask("override", door=door, mode=mode)
        if mode is None:
            self._overridden.discard(door)
        else:
            self._overridden.add(door)

    def reset_fire(self) -> None:
        self.ask("reset-fire")

    def lift(self, subject: str) -> None:
        self.ask("lift", subject=subject)

    def events(self, after: int = 0) -> Sequence[Mapping[str, Any]]:
        told = self.ask("events", after=after)
        found = told.get("events")
        if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            raise self._wrong("events", told)
        return found

    def connected(self) -> bool:
        """Is a controller connected to the server?"""
        told = self.ask("uplink")
        if not isinstance(told.get("connected"), bool):
            raise self._wrong("uplink", told)
        return bool(told["connected"])

    def release(self) -> None:
        if self._released:
            return
        try:
            for door in sorted(self._overridden):
                self.override(door, None)
        except errors.BenchError as error:
            doors = ", ".join(sorted(self._overridden))
            raise errors.NotReleased(f"still overridden: {doors}: {error}", resource=self.resource) from error
        finally:
            self._released = True
            self._port.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.release()

    # Inside

    def _next(self, until: float) -> bytes | None:
        """The next line; None if there is none in time."""
        while (end := self._rest.find(b"\n")) < 0:
            rest = until - monotonic()
            if rest <= 0:
                return None
            if not self._port.waiting:
                select.select([self._port.fileno()], (), (), rest)
            for event in self._port.take():
                if isinstance(event, Heard):
                    self._rest += event.data
                elif isinstance(event, Failed):
                    raise event.exception()
            if len(self._rest) > LONGEST and b"\n" not in self._rest:
                received = bytes(self._rest[:4096])
                self._rest.clear()
                raise errors.TooMuch(f"{LONGEST} bytes and no end", resource=self.resource, received=received)
        line = bytes(self._rest[:end])
        del self._rest[: end + 1]
        return line

    def _understood(self, line: bytes, request: bytes) -> dict[str, Any]:
        try:
            told = json.loads(line)
        except ValueError as error:
            raise errors.WrongAnswer(
                "that is no JSON", resource=self.resource, sent=request, received=line
            ) from error
        if not isinstance(told, dict):
            raise errors.WrongAnswer(
                "that is no JSON object", resource=self.resource, sent=request, received=line
            )
        return told

    def _time(self, told: Mapping[str, Any], do: str) -> int:
        unix = told.get("unix")
        if not isinstance(unix, int) or isinstance(unix, bool):
            raise self._wrong(do, told)
        return unix

    def _wrong(self, do: str, told: Mapping[str, Any]) -> errors.WrongAnswer:
        return errors.WrongAnswer(
            f"that is no answer to {do}",
            resource=self.resource,
            sent=do.encode(),
            received=json.dumps(told).encode(),
        )

    def _check(self) -> None:
        if self._released:
            raise errors.PortLost("it was released", resource=self.resource, advice="open the driver again")
