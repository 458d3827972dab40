"""One place to wait for all ports, and a bell that ends the wait from anywhere.

`select` rather than epoll, `selectors` or asyncio: those round a time-out up to whole milliseconds.
"""

from __future__ import annotations

import select
import socket

from .port.events import Event
from .port.port import Port


class Inbox:
    """What the ports report, as soon as they report it. Of each port it must be the only reader."""

    def __init__(self, *ports: Port) -> None:
        self._ports = list(ports)
        self._ear, self._bell = socket.socketpair()
        self._ear.setblocking(False)
        self._bell.setblocking(False)

    def add(self, port: Port) -> None:
        self._ports.append(port)

    def ring(self) -> None:
        """End the present wait, or the next one. For signal handlers, which alone do not end it (PEP 475)."""
        try:
            self._bell.send(b"!")
        except BlockingIOError:
            pass  # it rings already

    def wait(self, timeout: float) -> list[tuple[Port, Event]]:
        """What has been reported, each port's in its order; empty after `timeout` seconds, or when the bell rang."""
        if any(port.waiting for port in self._ports):
            timeout = 0.0
        alive = [port for port in self._ports if not port.dead]
        ears: list[socket.socket | Port] = [self._ear, *alive]
        ready = select.select(ears, (), (), timeout)[0]
        if self._ear in ready:
            try:
                self._ear.recv(4096)
            except BlockingIOError:
                pass
        return [(port, event) for port in self._ports for event in port.take()]

    def close(self) -> None:
        self._ear.close()
        self._bell.close()
