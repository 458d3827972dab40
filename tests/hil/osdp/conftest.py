"""A pty with a foreign stack behind it, and what drives our side of the line."""

import importlib.util
import json
import os
import platform
import pty
import select
import subprocess
import sys
import threading
import time
import tty
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Empty, Queue

import pytest

from gatebench.hil.osdp.events import Send

ADDRESS = 101


class Line:
    """One of our state machines on one end of a pty, the peer on the other.

    `fragment`: our bytes are written one by one, with pauses now and then. `wire`: everything that crossed it, as
    (ns, `input` or `output`, bytes).
    """

    def __init__(self, machine, role: str, key: str, fragment: bool = False) -> None:
        self.machine, self.fragment = machine, fragment
        self.master, slave = pty.openpty()
        tty.setraw(self.master)
        tty.setraw(slave)
        self.events: list = []
        self.wire: list[tuple[int, str, bytes]] = []
        self.peer = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("peer.py")), role, os.ttyname(slave), key],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.slave, self.said = slave, Queue()
        self.listener = threading.Thread(target=self._listen, daemon=True)
        self.listener.start()
        self.peer_says("ready")

    def _listen(self) -> None:
        for line in self.peer.stdout:
            try:
                self.said.put(json.loads(line))
            except ValueError:
                pass  # libosdp logs to standard output

    def tell(self, **order) -> None:
        self.peer.stdin.write(json.dumps(order) + "\n")
        self.peer.stdin.flush()

    def peer_says(self, name: str, seconds: float = 10.0):
        """The next line of the peer with this name; the line runs meanwhile."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                said = self.said.get_nowait()
            except Empty:
                self.run(0.01)
            else:
                if name in said:
                    return said[name]
        pytest.fail(f"the peer does not say {name!r}; events: {self.events[-8:]}")

    def run(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (now := time.monotonic()) < end:
            due = self.machine.wakeup()
            pause = end - now if due is None else min(end - now, max(0.0, due / 1e9 - now))
            if select.select([self.master], (), (), pause)[0]:
                data = os.read(self.master, 4096)
                self.wire.append((time.time_ns(), "input", data))
                self._act(self.machine.receive(data, time.monotonic_ns()))
            self._act(self.machine.tick(time.monotonic_ns()))

    def until(self, wanted: Callable, seconds: float = 15.0):
        """The next event that is wanted."""
        end, seen = time.monotonic() + seconds, len(self.events)
        while time.monotonic() < end:
            for event in self.events[seen:]:
                if wanted(event):
                    return event
            seen = len(self.events)
            self.run(0.01)
        pytest.fail(f"not among {self.events[-12:]}")

    def _act(self, events: list) -> None:
        self.events += events
        for event in events:
            if isinstance(event, Send):
                self.wire.append((time.time_ns(), "output", event.data))
                if not self.fragment:
                    os.write(self.master, event.data)
                    continue
                for at in range(len(event.data)):
                    os.write(self.master, event.data[at : at + 1])
                    if at % 5 == 0:
                        time.sleep(0.0005)

    def close(self) -> None:
        self.peer.kill()
        self.peer.wait()
        self.listener.join(5)
        self.peer.stdin.close()
        self.peer.stdout.close()
        os.close(self.master)
        os.close(self.slave)


@pytest.fixture
def lines() -> Iterator[Callable[..., Line]]:
    if importlib.util.find_spec("osdp") is None:
        # As the dependency group `test` says it: where there is a wheel, its absence is a mistake.
        wheel = sys.platform == "linux" and platform.machine() in ("x86_64", "aarch64")
        if wheel and sys.version_info < (3, 15):
            pytest.fail("libosdp is missing: install the dependency group `test`")
        pytest.skip("libosdp has no wheel for this Python and machine")
    made: list[Line] = []

    def make(machine, role: str, key: str = "plain", **options) -> Line:
        made.append(Line(machine, role, key, **options))
        return made[-1]

    yield make
    for line in made:
        line.close()
