"""The I/O box in the live loop: contacts, buttons and light barriers are played, locks are sensed; edges come unasked."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Mapping
from typing import Any, NamedTuple

from ..actuations import Actuations
from ..errors import NoAnswer, WrongAnswer
from ..measure.stalls import Stalls
from ..port.events import Failed, Heard, Sent
from ..port.line import SafeOrder
from ..realtime import BenchClockwork, News
from .box_clock import BoxClock
from .readers import Outgoing

BUTTON = 0.5
"""Seconds for which the exit button is pressed."""
PATIENCE = 2.0
"""Seconds for an answer."""
LOOKS = 16
"""Questions for the box's clock at the start; the shortest round trip counts."""
RESOLUTION = 100_000
"""ns between two looks of the box at its lines."""
LONGEST = 4096
"""Bytes of a line that never ends."""
_EDGE = re.compile(r"EDGE ([A-Z]+)(\d+),([01]),(\d+)")


class BoxEdge(NamedTuple):
    """A line of the box changed."""

    kind: str
    """`LOCK`, `CONTACT`, `PASSIN` and so on."""
    door: int
    level: int
    box: int
    """By the box's clock, ns."""


class LockEdge(NamedTuple):
    """The voltage on a lock's wires changed."""

    door: int
    level: int
    box: int
    """By the box's clock, ns."""
    news: News


class BoxLine:
    """A box at a portal, door `n` of it a lane. Its `heard` is the port's listener."""

    port: Outgoing

    def __init__(
        self,
        clock: BenchClockwork,
        resource: str,
        on_lock: Mapping[int, Callable[[LockEdge], object]],
        actuations: Actuations,
        stalls: Stalls,
    ) -> None:
        """`on_lock` by door of the box, counted from 1."""
        self.clock, self.resource, self._on_lock, self._actuations = clock, resource, on_lock, actuations
        self._rest = b""
        self._asked: list[tuple[int, Callable[[str, int], object]]] = []
        """Orders of questions under way, and who waits for the answer and its stamp."""
        self._sent_at: dict[int, int] = {}
        self.box_clock = BoxClock()
        self.trips: list[float] = []
        """Seconds from each question for its clock to the answer, before anybody comes: what the rig itself takes, and how that
        varies."""
        self.levels: dict[int, int] = {}
        """By door: voltage on the lock's wires."""
        self.edges: list[tuple[BoxEdge, int, int]] = []
        """All that was told once the clocks were joined, in order, each with its instant and its bound, ns of the host's clock."""
        self.stalls = stalls
        self._looks = 0
        self._last_order = 0

    def begin(self) -> None:
        """Switch to reports, ask for the locks and the clock."""
        for door in self._on_lock:
            self._say(f"EDGE{door}:CLE;:EDGE{door}:REP ON;:CONT{door} CLOS;:EXIT{door} REL;:FIRE{door} OFF")
            self._ask(f"LOCK{door}?", lambda text, stamp, door=door: self._level(door, text))  # type: ignore[misc]
        self._look()

    @property
    def ready(self) -> bool:
        return self._looks >= LOOKS and len(self.levels) == len(self._on_lock)

    def set_contact(self, door: int, open: bool) -> None:
        """The leaf is open, or shut."""
        self._actuate(f"CONT{door} {'OPEN' if open else 'CLOS'}")

    def press_exit(self, door: int) -> None:
        """Somebody presses the button."""
        self._actuate(f"EXIT{door}:PULS {BUTTON:g}")

    def pulse(self, door: int, seconds: float) -> None:
        """Close the exit output for so long: what hangs on it may be a lamp."""
        self._actuate(f"EXIT{door}:PULS {seconds:.3f}")

    def set_fire(self, door: int, alarm: bool) -> None:
        """The contact of the fire alarm system says fire, or none."""
        self._actuate(f"FIRE{door} {'ON' if alarm else 'OFF'}")

    def read(self, question: str) -> Generator[Any, Any, str]:
        """What the box says of a line of its own: `CONT1?` (OPEN or CLOS), `FIRE1?` (1 or 0). NoAnswer."""
        answered = self.clock.event()
        self._ask(question, lambda text, stamp: answered.triggered or answered.succeed(text))
        limit = self.clock.deadline(self.clock.now + PATIENCE, _in_vain, answered)
        text: str | None = yield answered
        self.clock.withdraw(limit)
        if text is None:
            raise NoAnswer(f"no answer within {PATIENCE:g} s", resource=self.resource, sent=question.encode())
        return text

    def pass_body(self, door: int, direction: str) -> None:
        """A body breaks the light barrier."""
        self._actuate(f"PASS{door} {direction.upper()}")

    def safe_orders(self, locked: Mapping[int, int], within: float) -> tuple[SafeOrder, ...]:
        """What a port process gives and reads back however the run ends: doors shut, buttons released, no fire; then each
        lock as it is when it is locked (`locked`: level by door), which may take the device `within` seconds."""
        orders = []
        for door in self._on_lock:
            lines = f"EDGE{door}:REP OFF;:CONT{door} CLOS;:EXIT{door} REL;:FIRE{door} OFF;"
            asked = f":CONT{door}?;:EXIT{door}?;:FIRE{door}?\n"
            orders.append(SafeOrder((lines + asked).encode(), rb"CLOS;REL;0"))
            orders.append(
                SafeOrder(
                    f"LOCK{door}?\n".encode(),
                    rb"(?m)^%d\r?$" % locked[door],
                    0.25,
                    max(1, int(within / 0.25)),
                )
            )
        return tuple(orders)

    def host_time(self, edge: LockEdge) -> tuple[int, int]:
        """When an edge was, ns of the host's clock, and the bound of its error, ns."""
        return self.box_clock.host(edge.box) if self.box_clock.known else (edge.news.event.stamp, 0)

    # ---- inside

    def _actuate(self, text: str) -> None:
        self._actuations.spend(1)
        self._say(text)

    def _say(self, text: str) -> int:
        return self.port.send(text.encode() + b"\n")

    def _ask(self, question: str, then: Callable[[str, int], object]) -> None:
        self._asked.append((self._say(question), then))

    def _look(self) -> None:
        self._ask("SYST:CLOC?", self._join)

    def _join(self, text: str, stamp: int) -> None:
        self._looks += 1
        order = self._last_order
        sent = self._sent_at.pop(order, None)
        if sent is not None and text.isdigit():
            if self._looks <= LOOKS:
                self.trips.append((stamp - sent) / 1e9)
            self.box_clock.answered(int(text) * 1000, sent, stamp)
            self.box_clock.asked = stamp
        if self._looks < LOOKS:
            self._look()

    def _level(self, door: int, text: str) -> None:
        if text not in ("0", "1"):
            raise WrongAnswer("no level of a lock", resource=self.resource, sent=f"LOCK{door}?".encode(), received=text.encode())  # fmt: skip
        # An edge that came meanwhile is newer: it is told at once, while an answer takes the instrument a moment.
        self.levels.setdefault(door, int(text))

    def heard(self, news: News) -> None:
        """News of the port."""
        event = news.event
        self.stalls.note(event)
        if isinstance(event, Heard):
            *lines, self._rest = (self._rest + event.data).split(b"\n")
            self._rest = self._rest[-LONGEST:]
            for raw in lines:
                self._line(raw.decode("ascii", "replace").strip(), news)
        elif isinstance(event, Sent):
            self._sent_at[event.order] = event.stamp
        elif isinstance(event, Failed):
            raise event.exception()

    def _line(self, text: str, news: News) -> None:
        if self.box_clock.is_old(news.event.stamp):
            self.box_clock.asked = news.event.stamp
            self._look()
        edge = _EDGE.fullmatch(text)
        if edge is not None:
            kind, door, level, micros = edge[1], int(edge[2]), int(edge[3]), int(edge[4])
            if self.box_clock.known:
                self.edges.append(
                    (BoxEdge(kind, door, level, micros * 1000), *self.box_clock.host(micros * 1000))
                )
            if kind == "LOCK" and door in self._on_lock:
                self.levels[door] = level
                self._on_lock[door](LockEdge(door, level, micros * 1000, news))
        elif self._asked:
            self._last_order, then = self._asked.pop(0)
            then(text, news.event.stamp)


def _in_vain(answered: Any) -> None:
    if not answered.triggered:
        answered.succeed(None)
