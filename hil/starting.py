"""Starting an emulated device as a program, and ending it. Nothing of the devices is imported."""

from __future__ import annotations

import dataclasses
import json
import os
import select
import subprocess
import sys
from collections.abc import Mapping
from time import monotonic
from types import TracebackType
from typing import Any, Self

from .errors import BenchError

READY = 10.0
"""Seconds for a device to say that it is ready; it takes about a quarter of one on a quiet machine."""
ENDING = 5.0
"""Seconds for a device to end when it is asked to; then it is killed."""


class NotStarted(BenchError):
    """A device did not become ready; the message has what it said."""


@dataclasses.dataclass
class Started:
    """A running device. As a context it is ended on leaving."""

    name: str
    pid: int
    pty: str | None
    tcp: str | None
    """HOST:PORT."""
    visa: tuple[str, ...]
    """VISA addresses that lead to it."""
    field: str
    """HOST:PORT of its terminals."""
    process: subprocess.Popen[str] = dataclasses.field(repr=False)
    told: Mapping[str, Any] = dataclasses.field(default_factory=dict, repr=False)
    """All that it said when it was ready."""

    def end(self) -> None:
        """End it. Whoever watches over the rig should have released it before."""
        self.process.terminate()
        try:
            self.process.wait(ENDING)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()


class Starting:
    """A device that was launched and may not be ready yet."""

    def __init__(self, name: str, *options: str) -> None:
        """Launch `python -m gatebench.fixtures.devices.NAME OPTIONS`.

        It stands in a session of its own, so that Ctrl-C at a terminal does not end it before the rig is released; it
        ends with this process.
        """
        self.name, self.options = name, options
        module = f"gatebench.fixtures.devices.{name}"
        self._until = monotonic() + READY
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", module, "--parent", str(os.getpid()), *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def ready(self) -> Started:
        """Wait for its first line. Raises: NotStarted; then it has been ended."""
        process = self._process
        assert process.stdout
        try:
            waited = select.select([process.stdout], (), (), max(0.0, self._until - monotonic()))[0]
            line = process.stdout.readline() if waited else ""
            told = json.loads(line)
        except ValueError as error:
            code = self.abandon()
            silent = f"said nothing within {READY:g} s" if code < 0 else f"ended with {code}"
            why = f"said {line!r}" if line else silent
            raise NotStarted(f"{self.name} {' '.join(self.options)}: {why}") from error
        except BaseException:
            self.abandon()
            raise
        return Started(
            self.name,
            told["pid"],
            told.get("pty"),
            told.get("tcp"),
            tuple(told["visa"]),
            told["field"],
            process,
            told,
        )

    def abandon(self) -> int:
        """End it before it was ready; its exit code."""
        self._process.kill()
        code = self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()
        return code


def start(name: str, *options: str) -> Started:
    """Start an emulated device and wait until it is ready: see `Starting`. Raises: NotStarted."""
    return Starting(name, *options).ready()
