"""A camera that watches a door, as a driver: the role `Observer`. What it sees comes from its program (`hil/eyes`)."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from contextlib import ExitStack

from ..camera.errors import StreamEnded
from ..eyes import lines
from ..eyes.options import EyesOptions
from ..eyes.starting import watching
from ..observers.sighting import Reason, Sighting
from ..roles import Edge

PATIENCE = 5.0
"""Seconds for its program to say something; it does each second."""


class WatchingCamera:
    """One camera. Times are its own clock's: a bench run, which drives a lamp in its picture, can tell them on the host's."""

    def __init__(self, resource: str, address: str, options: EyesOptions, *, emulated: bool) -> None:
        """Start its program, and wait until frames come. Raises: CameraError of the kind that fits."""
        self._resource, self._emulated = resource, emulated
        self.reasons: list[Reason] = []
        """What could not be told, and why."""
        self.clock = resource
        self._rest = b""
        self._stack = ExitStack()
        with ExitStack() as starting:
            line = starting.enter_context(watching(resource, address, options))
            host, _, port = line.device.removeprefix("socket://").rpartition(":")
            self._socket = starting.enter_context(socket.create_connection((host, int(port)), PATIENCE))
            self._socket.setblocking(False)
            self._stack = starting.pop_all()

    @property
    def resource(self) -> str:
        return self._resource

    @property
    def emulated(self) -> bool:
        return self._emulated

    def sightings(self) -> list[Sighting]:
        """What was seen since this was last asked, in order. Raises: StreamEnded."""
        found = []
        for word, told in self._lines():
            if word == "SAW":
                found.append(lines.sighting(told))
            elif word == "WHY":
                self.reasons.append(lines.reason(told))
            elif word == "OVER":
                raise StreamEnded(f"{told['kind']}: {told['message']}", resource=self._resource)
        return found

    def observed(self) -> Sequence[Edge]:
        """What lamps and leaf did since this was last asked: line `OBSERVER.EVENT`, or `OBSERVER.NOTE` for lamps that were lit."""
        return [
            Edge(
                f"{one.observer}.{one.note if one.event == 'lamp_on' and one.note else one.event}",
                int(not one.event.endswith(("_off", "_closed"))),
                round(one.t * 1e9),
                self.clock,
                round(one.u * 1e9),
            )
            for one in self.sightings()
        ]

    def release(self) -> None:
        """It drives nothing: the program ends."""
        self._stack.close()

    def _lines(self) -> list[tuple[str, dict[str, object]]]:
        while True:
            try:
                chunk = self._socket.recv(65_536)
            except BlockingIOError:
                break
            except OSError:
                chunk = b""
            if not chunk:
                raise StreamEnded("its program has ended", resource=self._resource)
            self._rest += chunk
        *whole, self._rest = self._rest.split(b"\n")
        return [(word, dict(told)) for word, told in (lines.read(raw.decode("ascii")) for raw in whole)]
