"""A toy device on a pty, as a process of its own, and a port to it."""

import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gatebench.hil.port.events import Event
from gatebench.hil.port.line import Line, SafeOrder
from gatebench.hil.port.port import Port

TOY = Path(__file__).with_name("toy.py")
SAFE = (SafeOrder(b"RELEASE\n", rb"LOCK 1\n"),)


class Toy:
    """The device, and what its lock did."""

    def __init__(self, *options: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(TOY), *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.device = self.says()

    def says(self, seconds: float = 10.0) -> str:
        """The next line of its journal; fails after `seconds`."""
        assert self.process.stdout is not None
        assert select.select([self.process.stdout], (), (), seconds)[0], "the toy says nothing"
        return self.process.stdout.readline().strip()

    def pull(self) -> None:
        self.process.kill()
        self.process.wait()

    def close(self) -> None:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


@pytest.fixture
def toys() -> Iterator[Callable[..., Toy]]:
    made: list[Toy] = []

    def make(*options: str) -> Toy:
        made.append(Toy(*options))
        return made[-1]

    yield make
    for toy in made:
        toy.close()


@pytest.fixture
def toy(toys: Callable[..., Toy]) -> Toy:
    return toys()


@pytest.fixture
def port(toy: Toy) -> Iterator[Port]:
    port = Port(Line("door", toy.device), SAFE)
    yield port
    port.release()


@pytest.fixture
def safe() -> tuple[SafeOrder, ...]:
    return SAFE


@pytest.fixture
def until() -> Callable[..., list[Event]]:
    """Everything that a port reports up to the event that is wanted: a type, or what is true of it. The rest is for the
    next time."""
    left: dict[int, list[Event]] = {}

    def wait(port: Port, wanted: type[Event] | Callable[[Event], bool], seconds: float = 10.0) -> list[Event]:
        fits = (lambda event: type(event) is wanted) if isinstance(wanted, type) else wanted
        found: list[Event] = []
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            rest = left.pop(id(port), []) + port.take()
            for place, event in enumerate(rest, 1):
                found.append(event)
                if fits(event):
                    left[id(port)] = rest[place:]
                    return found
            if port.fileno() >= 0:
                select.select([port], (), (), 0.1)
        pytest.fail(f"not among {found}")

    return wait


@pytest.fixture
def gone() -> Callable[[int], bool]:
    """Has a process ended (or is it only waited for) within ten seconds?"""

    def wait(pid: int) -> bool:
        end = time.monotonic() + 10
        while time.monotonic() < end:
            try:
                state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
            except (FileNotFoundError, ProcessLookupError):
                return True
            if state == "Z":
                return True
            time.sleep(0.01)
        return False

    return wait
