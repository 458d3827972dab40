"""The lines to a device, and the time that passes between two steps: of this host, or of emulated devices in virtual time.

One thread: whoever waits hears. What crosses a line is kept with its instant; a finding points there.
"""

from __future__ import annotations

import select
from collections.abc import Callable, Mapping
from time import monotonic_ns
from typing import Any, NamedTuple

from ..port.events import Failed, Heard, Sent, Stalled
from ..port.line import Line
from ..port.port import Port
from ..virtual import NEVER, Host, MemoryLine

Listener = Callable[[int, bytes], object]
"""Takes the instant, ns, and the bytes of what came."""


class Entry(NamedTuple):
    """What crossed a line. `instant`: ns of the desk's clock."""

    instant: int
    line: str
    ours: bool
    data: bytes

    def to_json(self) -> dict[str, Any]:
        return {"stamp": self.instant, "line": self.line, "sent": self.ours, "data": self.data.hex()}


class Desk:
    """What both kinds have in common."""

    def __init__(self) -> None:
        self.log: list[Entry] = []
        self.listeners: dict[str, Listener] = {}

    @property
    def instant(self) -> int:
        """ns; never goes back."""
        raise NotImplementedError

    def write(self, line: str, data: bytes) -> int:
        """Bytes to the device at once; the instant at which they had gone. Raises: PortError."""
        raise NotImplementedError

    def stalled(self, since: int) -> bool:
        """Was this host kept from running since then? A late time then proves nothing."""
        return False

    def close(self) -> None:
        """Let go of the lines."""

    def run(self, until: int, over: Callable[[], bool] = lambda: False) -> bool:
        """Listen until an instant, or until `over`; whether it was over. Raises: PortError."""
        while not over():
            if self.instant >= until:
                return False
            self._step(until)
        return True

    def rest(self, seconds: float) -> None:
        """Listen for so long."""
        self.run(self.instant + round(seconds * 1e9))

    def _step(self, until: int) -> None:
        """Let time pass until something comes, at most until then."""
        raise NotImplementedError

    def _sent(self, instant: int, line: str, data: bytes) -> None:
        self.log.append(Entry(instant, line, True, data))

    def _heard(self, instant: int, line: str, data: bytes) -> None:
        self.log.append(Entry(instant, line, False, data))
        if (listener := self.listeners.get(line)) is not None:
            listener(instant, data)


class VirtualDesk(Desk):
    """At devices whose clock we turn."""

    def __init__(self, host: Host, lines: Mapping[str, MemoryLine]) -> None:
        super().__init__()
        self.host, self.lines = host, lines

    @property
    def instant(self) -> int:
        return self.host.instant

    def write(self, line: str, data: bytes) -> int:
        self._sent(self.instant, line, data)
        self.lines[line].write(data)
        return self.instant

    def _step(self, until: int) -> None:
        arrivals = [when for one in self.lines.values() if (when := one.wakeup()) is not None]
        wakes = min(self.host.wakeup(), *arrivals, NEVER, until)
        self.host.instant = max(self.host.instant, wakes)
        self.host.step()
        for name, line in self.lines.items():
            if data := line.read():
                self._heard(self.instant, name, data)


class LiveDesk(Desk):
    """At lines of this host, each with a port process."""

    def __init__(self, lines: Mapping[str, Line], *, realtime: int = 50) -> None:
        """Raises: PortError."""
        super().__init__()
        self.ports: dict[str, Port] = {}
        self._stalls: list[int] = []
        self._gone: dict[str, tuple[int, int]] = {}
        try:
            for name, line in lines.items():
                self.ports[name] = Port(line, realtime=realtime)
        except BaseException:
            self.close()
            raise

    @property
    def instant(self) -> int:
        return monotonic_ns()

    def write(self, line: str, data: bytes) -> int:
        self._sent(self.instant, line, data)
        order = self.ports[line].send(data)
        until = self.instant + 1_000_000_000
        self.run(until, lambda: self._gone.get(line, (0, 0))[0] >= order)
        return self._gone[line][1] if line in self._gone else self.instant

    def stalled(self, since: int) -> bool:
        return any(one >= since for one in self._stalls)

    def close(self) -> None:
        for port in self.ports.values():
            port.release()

    def _step(self, until: int) -> None:
        if not any(port.waiting for port in self.ports.values()):
            select.select(list(self.ports.values()), (), (), max(0.0, (until - self.instant) / 1e9))
        for name, port in self.ports.items():
            for event in port.take():
                if isinstance(event, Heard):
                    self._heard(event.stamp, name, event.data)
                elif isinstance(event, Sent):
                    self._gone[name] = event.order, event.after
                elif isinstance(event, Stalled):
                    self._stalls.append(event.stamp)
                elif isinstance(event, Failed):
                    raise event.exception()
