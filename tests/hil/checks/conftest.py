"""A line of ours, with a device of ours or of somebody else on its other end."""

import importlib.util
import platform
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from gatebench.fixtures.devices.start import start

ADDRESS = 101


class Foreign:
    """libosdp, as a process that can be started again."""

    def __init__(self, role: str, device: str) -> None:
        self.role, self.device, self.process = role, device, None
        self.restart()

    def restart(self) -> None:
        self.end()
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("raw_peer.py")), self.role, self.device],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout.readline() == "ready\n"

    def end(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process.stdin.close()
            self.process.stdout.close()


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def joined(stack: ExitStack) -> Callable[..., tuple[str, str]]:
    """A line with two ends, each a pty."""

    def make(*options: str) -> tuple[str, str]:
        tap = stack.enter_context(start("line_tap", *options))
        return tap.told["left"], tap.told["right"]

    return make


@pytest.fixture
def foreign(stack: ExitStack) -> Callable[[str, str], Foreign]:
    """Starts libosdp in a role on a device."""
    if importlib.util.find_spec("osdp") is None:
        # As the dependency group `test` says it: where there is a wheel, its absence is a mistake.
        wheel = sys.platform == "linux" and platform.machine() in ("x86_64", "aarch64")
        if wheel and sys.version_info < (3, 15):
            pytest.fail("libosdp is missing: install the dependency group `test`")
        pytest.skip("libosdp has no wheel for this Python and machine")

    def make(role: str, device: str) -> Foreign:
        peer = Foreign(role, device)
        stack.callback(peer.end)
        return peer

    return make
