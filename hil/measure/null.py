"""Null test and known-delay test: what the rig itself takes where a stimulus is wired straight to a sense, and whether it
measures a delay that is known. Both before any device is measured.

A null test gives the floor of a path (its median, to be subtracted from what is measured over it) and the budget of its
uncertainty. Three kinds: `echoed`, a line wired to another or to itself; `asked`, an instrument's answer to a question,
which bounds the floor where no loop can be wired; `pressed` and `pulsed`, a relay wired to a sense, by driver or by port.
"""

from __future__ import annotations

import os
import re
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, monotonic_ns, sleep
from typing import Any

from .. import errors
from ..actuations import Actuations
from ..drivers.io_box import ClockJoin, IoBox
from ..port.port import Port
from ..port.process import Account
from ..roles import Edge, ExitButton, LockSensor
from . import uncertainty
from .conversation import Conversation
from .quantiles import estimate
from .sample import STALLED, Sample
from .stalls import SHORTEST
from .uncertainty import Budget, Component

TRIALS = 200
PRESS = 0.01
"""Seconds for which the exit button is pressed."""
PATIENCE = 1.0
"""Seconds beyond a known delay for what was sent to come back."""
JOIN = 20
"""Trials after which the box's clock is joined to the host's anew; in between it drifts."""
REST = 0.005
"""Seconds between two trials: a line that is never at rest is quicker than one in use."""
MESSAGE = b"gatebench null\r\n"
WIRE = "check the wire of the loop, and the drivers that the rig file names for it"
PLUG = "check the plug that joins sending and receiving pins, and that both ends have one baud rate"


@dataclass(frozen=True)
class NullTest:
    """What was measured of one path. Seconds."""

    name: str
    what: str
    """From which event to which."""
    sample: Sample
    components: tuple[Component, ...] = ()
    """Of type B."""

    @property
    def budget(self) -> Budget:
        """Of values that no stall touches: measured values that one touches are judged apart (`judging.py`), and U is not
        theirs. Where a stall touches more than half, all count, and U says what such a machine is worth.

        Raises: EmptySample for fewer than two values.
        """
        return uncertainty.null_budget(self.name, self._counted, self.components)

    @property
    def _counted(self) -> Sequence[float]:
        pairs = zip(self.sample.values, self.sample.marks, strict=True)
        clean = [value for value, marks in pairs if not marks]
        return clean if 2 * len(clean) >= self.sample.n and len(clean) > 1 else self.sample.values

    @property
    def samples(self) -> tuple[float, ...]:
        """As measured, in order."""
        return self.sample.values

    @property
    def floor(self) -> float:
        """The median, to be subtracted."""
        return self.budget.correction

    @property
    def jitter(self) -> float:
        """Standard deviation of the values that the budget counts. Raises: StatisticsError for one value."""
        return statistics.stdev(self._counted)

    @property
    def expanded(self) -> float:
        """U, k = 2, of a single value from which the floor was subtracted."""
        return self.budget.expanded

    @property
    def stalled(self) -> int:
        """Values that a stall of the host touched; they are kept."""
        return len(self.sample.touched)

    def to_json(self) -> dict[str, Any]:
        return {
            "path": self.name, "what": self.what, "n": self.sample.n, "floor": self.floor, "jitter": self.jitter,
            "expanded_uncertainty": self.expanded, "budget": self.budget.to_json(), "stalled": self.stalled,
            "samples": list(self.samples),
        }  # fmt: skip


@dataclass(frozen=True)
class KnownDelay:
    """Delays that are known, as the rig measured them."""

    sample: Sample
    """Corrected by the floor."""
    known: tuple[float, ...]
    """The truth of each, s."""
    budget: Budget

    @property
    def errors(self) -> tuple[float, ...]:
        """Measured minus known, s."""
        return tuple(value - true for value, true in zip(self.sample.values, self.known, strict=True))

    @property
    def median_error(self) -> float:
        return statistics.median(self.errors)

    def within(self, p: float = 0.95) -> float:
        """The share `p` of all errors is not larger than this, s, whatever their sign."""
        return estimate([abs(error) for error in self.errors], p).value

    @property
    def coverage(self) -> float:
        """Share of errors within ± U."""
        return sum(abs(error) <= self.budget.expanded for error in self.errors) / self.sample.n

    @property
    def sound(self) -> bool:
        """Is the median wrong by no more than U? Where it is not, the rig measures something else than it says."""
        return abs(self.median_error) <= self.budget.expanded


def known_delay(null: NullTest, measured: Sample, known: float | Sequence[float]) -> KnownDelay:
    """Raw values of the same path with a delay in it: one for all, or the truth of each, s.

    Raises: ValueError if there is not one truth for each value.
    """
    truths = (known,) * measured.n if isinstance(known, int | float) else tuple(known)
    if len(truths) != measured.n:
        raise ValueError(f"{len(truths)} known delays for {measured.n} values")
    budget = null.budget
    return KnownDelay(measured.corrected(budget.correction), truths, budget)


# ---- a line wired to another or to itself; an instrument that answers


def echoed(
    name: str, sender: Port, receiver: Port | None = None, trials: int = TRIALS, *, delay: float = 0.0
) -> NullTest:
    """Send 16 bytes again and again over a loop; from the write of the first to the read of the last. Nobody else may take
    the ports' events meanwhile. `delay`: known to be in the loop, s.

    Raises: NoAnswer, WrongAnswer if it does not come back as it was; PortError; ValueError for no trials.
    """
    receiver = receiver or sender

    def whole(heard: bytes) -> bool:
        if len(heard) < len(MESSAGE):
            return False
        if heard != MESSAGE:
            raise errors.WrongAnswer(
                "it came back changed", resource=receiver.line.name, sent=MESSAGE, received=heard, advice=PLUG
            )
        return True

    return _exchanged(name, "write → read, 16 bytes", sender, receiver, MESSAGE, whole, trials, delay, PLUG)


def asked(name: str, port: Port, question: bytes, answer: bytes, trials: int = TRIALS) -> NullTest:
    """Ask an instrument again and again; from the write of the question to the read of the answer's last byte (`answer`: a
    regular expression of all of it). The instrument's own time is in it, so the floor of the line is not above this one.

    Raises: NoAnswer if no such answer comes; PortError; ValueError for no trials.
    """
    pattern = re.compile(answer, re.DOTALL)

    def whole(heard: bytes) -> bool:
        return pattern.fullmatch(heard) is not None

    return _exchanged(name, "question → answer", port, port, question, whole, trials, 0.0, "")


def _exchanged(
    name: str, what: str, sender: Port, receiver: Port, message: bytes, whole: Callable[[bytes], bool], trials: int,
    delay: float, advice: str,
) -> NullTest:  # fmt: skip
    if trials < 1:
        raise ValueError(f"{name}: a null test of {trials} trials")
    talk = Conversation(sender, receiver)
    spans = []
    for _ in range(trials):
        sleep(REST)
        sent, heard = talk.exchange(message, whole, PATIENCE + delay, advice)
        spans.append((sent.stamp, heard.stamp))
    return NullTest(name, what, talk.stalls.sample(name, spans), timers(sender, receiver))


def timers(*ports: Port) -> tuple[Component, ...]:
    """What USB adapters add, by what the system says of them."""
    return tuple(
        uncertainty.latency_timer(period, f"latency timer of {port.opened.device}")
        for port in dict.fromkeys(ports)
        if (period := latency_timer(port.opened.device))
    )


def latency_timer(device: str) -> float:
    """Seconds for which a USB adapter may hold back what came; 0.0 where the system says nothing of it."""
    name = os.path.basename(os.path.realpath(device))
    try:
        return int(Path(f"/sys/bus/usb-serial/devices/{name}/latency_timer").read_text("ascii")) / 1e3
    except (OSError, ValueError):
        return 0.0


# ---- a relay wired to a sense, through drivers


def pressed(
    name: str, button: ExitButton, sensor: LockSensor, trials: int = TRIALS, *, delay: float = 0.0,
    actuations: Actuations | None = None,
) -> list[NullTest]:  # fmt: skip
    """Press an exit button that is wired to a lock sense. One path from the host's order to the sensed edge; and, where an
    I/O box stamps both edges, one from edge to edge within it. `delay`: known to be in the loop, s.

    Raises: NoAnswer if no edge comes back; WrongAnswer if there is voltage before; NotTested if stamps are of a clock that
    nothing joins to the host's; ActuationsSpent; what the drivers raise.
    """
    sensor.lock_edges()
    if sensor.lock_energised():
        raise errors.WrongAnswer(
            "there is voltage on the sense before anybody pressed", resource=sensor.resource, advice=WIRE
        )
    box = sensor if isinstance(sensor, IoBox) else None
    own = box if box is not None and box is button else None
    if own is not None:
        own.driven_edges()
    account = Account()
    join = box.join_clocks() if box is not None else None
    ordered: list[tuple[float, tuple[str, ...]]] = []
    within: list[tuple[float, tuple[str, ...]]] = []
    bound = step = 0
    for trial in range(trials):
        if box is not None and trial and trial % JOIN == 0:
            join = box.join_clocks()
        if actuations is not None:
            actuations.spend(2)
        account.since()
        began = monotonic_ns()
        button.press_exit(PRESS)
        stalled = account.since() >= SHORTEST  # the edges themselves are stamped by the box
        rose = _rise(sensor, delay)
        ordered.append(((_on_host(rose, join) - began) / 1e9, (STALLED,) if stalled else ()))
        bound = max(bound, join.bound if join is not None else 0)
        step = max(step, rose.uncertainty)
        if own is not None:
            driven = [edge for edge in own.driven_edges() if edge.line.startswith("EXIT") and edge.level]
            if not driven:
                raise errors.NoAnswer(
                    "its own relay was not seen to move", resource=own.resource, advice=WIRE
                )
            within.append(((rose.stamp - driven[-1].stamp) / 1e9, ()))
    stamp = Component("the sensed edge's stamp", step / 1e9, "B", "as its driver says")
    joined = () if join is None else (uncertainty.clock_join(bound / 1e9),)
    found = [NullTest(name, "order on the host → sensed edge", Sample.of(name, ordered), (stamp, *joined))]
    if within:
        first = stamp._replace(source="the driven edge's stamp")
        inside = f"{name} (its stamps)"
        found.append(NullTest(inside, "driven edge → sensed edge", Sample.of(inside, within), (first, stamp)))
    return found


def _rise(sensor: LockSensor, delay: float) -> Edge:
    """The edge that the press made; returns when the line is at rest again."""
    until = monotonic() + PATIENCE + PRESS + delay
    rose: Edge | None = None
    while True:
        for edge in sensor.lock_edges():
            if edge.level and rose is None:
                rose = edge
            elif not edge.level and rose is not None:
                return rose
        if monotonic() > until:
            what = "no edge came back" if rose is None else "the line did not come to rest"
            raise errors.NoAnswer(
                f"{what} within {PATIENCE + delay:g} s", resource=sensor.resource, advice=WIRE
            )
        sleep(0.002)


def _on_host(edge: Edge, join: ClockJoin | None) -> int:
    if edge.clock == "host":
        return edge.stamp
    if join is None:
        raise errors.NotTested(
            f"its stamps are of the clock {edge.clock!r}, which nothing joins to the host's",
            resource=edge.line,
        )
    return edge.stamp + join.offset


# ---- the same through a port, as the live loop has it: edges come unasked


def pulsed(
    name: str, port: Port, door: int = 1, trials: int = TRIALS, *, delay: float = 0.0, step: float = 1e-4,
    actuations: Actuations | None = None,
) -> list[NullTest]:  # fmt: skip
    """Press the exit button of an I/O box that is wired to its own lock sense, over a port. Paths: from the write of the order
    to the read of the edge, as the bench sees it; and from edge to edge by the box's clock, whose stamps have a
    resolution of `step`, s. `delay`: known to be in the loop, s.

    Raises: NoAnswer if the edges do not come back; ActuationsSpent; PortError; ValueError for no trials.
    """
    if trials < 1:
        raise ValueError(f"{name}: a null test of {trials} trials")
    talk = Conversation(port, port)
    talk.exchange(
        f"EDGE{door}:CLE;:EDGE{door}:REP ON;:LOCK{door}?\n".encode(),
        lambda heard: heard.strip() == b"0",
        PATIENCE,
        WIRE,
    )
    edges = {
        (line, level): re.compile(f"EDGE {line}{door},{level},(\\d+)\r?\n".encode())
        for line in ("EXIT", "LOCK")
        for level in (0, 1)
    }
    first, last = edges["EXIT", 1], edges["LOCK", 1]
    order = f"EXIT{door}:PULS {PRESS:g}\n".encode()
    spans, within = [], []
    for _ in range(trials):
        if actuations is not None:
            actuations.spend(2)
        sent, sensed = talk.exchange(
            order, lambda heard: last.search(heard) is not None, PATIENCE + delay, WIRE
        )
        spans.append((sent.stamp, sensed.stamp))
        heard = talk.await_more(
            lambda heard: all(one.search(heard) for one in edges.values()), PATIENCE + PRESS, WIRE
        )
        driven, rose = first.search(heard), last.search(heard)
        assert driven is not None and rose is not None
        within.append(((int(rose[1]) - int(driven[1])) / 1e6, ()))
    talk.say(f"EDGE{door}:REP OFF\n".encode())
    inside = f"{name} (its stamps)"
    stamps = (
        uncertainty.resolution(step, "the driven edge's stamp"),
        uncertainty.resolution(step, "the sensed edge's stamp"),
    )
    return [
        NullTest(name, "order written → edge read", talk.stalls.sample(name, spans), timers(port)),
        NullTest(inside, "driven edge → sensed edge", Sample.of(inside, within), stamps),
    ]
