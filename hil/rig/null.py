"""Null tests: what the rig itself takes, where a stimulus is wired straight to a sense. It is measured before any device.

A path has a floor (the median, to be subtracted), a jitter (the standard deviation of single values, type A), and an
expanded uncertainty U = 2 u of a single value from which the floor was subtracted, with u² = jitter² + Σ u_B². JCGM
100:2008 (GUM), 4.2 and 4.3: a quantity known to lie within ± a, no place of it likelier than another, has u_B = a / √3.
"""

from __future__ import annotations

import math
import os
import select
import statistics
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, monotonic_ns, sleep

from .. import errors
from ..drivers.io_box import ClockJoin, IoBox
from ..port.events import Failed, Heard, Sent, Stalled
from ..port.line import Line
from ..port.port import Port
from ..roles import Edge, ExitButton, LockSensor

TRIALS = 200
PRESS = 0.01
"""Seconds for which the exit button is pressed."""
PATIENCE = 1.0
"""Seconds for what was sent to come back."""
JOIN = 20
"""Trials after which the box's clock is joined to the host's anew; in between it drifts."""
MESSAGE = b"gatebench null\r\n"


@dataclass(frozen=True)
class NullPath:
    """What was measured of one path. Times in seconds."""

    name: str
    what: str
    """From which event to which."""
    samples: tuple[float, ...]
    """As measured, in order."""
    components: tuple[tuple[str, float], ...] = ()
    """Standard uncertainties of type B, by name."""
    stalled: int = 0
    """Stalls of the port process while it was measured; their samples are kept."""

    def __post_init__(self) -> None:
        if len(self.samples) < 2:
            raise errors.EmptySample(f"{self.name}: {len(self.samples)} values say nothing of a spread")

    @property
    def floor(self) -> float:
        return statistics.median(self.samples)

    @property
    def jitter(self) -> float:
        return statistics.stdev(self.samples)

    @property
    def expanded(self) -> float:
        """U, k = 2."""
        return 2 * math.hypot(self.jitter, *(value for _, value in self.components))

    def to_json(self) -> dict[str, object]:
        return {
            "path": self.name,
            "what": self.what,
            "n": len(self.samples),
            "floor": self.floor,
            "jitter": self.jitter,
            "expanded_uncertainty": self.expanded,
            "components": dict(self.components),
            "stalls": self.stalled,
            "samples": list(self.samples),
        }


# ---- a relay wired to a sense


def pressed(name: str, button: ExitButton, sensor: LockSensor, trials: int = TRIALS) -> list[NullPath]:
    """Press an exit button that is wired to a lock sense. One path from the host's order to the sensed edge; and, where an
    I/O box stamps both edges, one from edge to edge within it.

    Raises: NoAnswer if no edge comes back; what the drivers raise.
    """
    sensor.lock_edges()
    if sensor.lock_energised():
        raise errors.WrongAnswer(
            "there is voltage on the sense before anybody pressed", resource=sensor.resource, advice=_WIRE
        )
    box = sensor if isinstance(sensor, IoBox) else None
    own = isinstance(button, IoBox) and button is box
    if box is not None and own:
        box.driven_edges()
    join = box.join_clocks() if box is not None else None
    ordered, within, bound, resolution = [], [], 0, 0
    for trial in range(trials):
        if box is not None and trial and trial % JOIN == 0:
            join = box.join_clocks()
        began = monotonic_ns()
        button.press_exit(PRESS)
        rose = _rise(sensor)
        ordered.append((_on_host(rose, join) - began) / 1e9)
        bound = max(bound, join.bound if join is not None else 0)
        resolution = max(resolution, rose.uncertainty)
        if box is not None and own:
            driven = [edge for edge in box.driven_edges() if edge.line.startswith("EXIT") and edge.level]
            if not driven:
                raise errors.NoAnswer(
                    "its own relay was not seen to move", resource=box.resource, advice=_WIRE
                )
            within.append((rose.stamp - driven[-1].stamp) / 1e9)
    stamp = ("resolution of the stamp", resolution / 1e9)
    components = [stamp] if join is None else [stamp, ("join of the clocks", bound / 1e9 / math.sqrt(3))]
    paths = [NullPath(name, "order on the host → sensed edge", tuple(ordered), tuple(components))]
    if within:
        again = ("resolution of the first stamp", resolution / 1e9)
        paths.append(
            NullPath(f"{name} (its stamps)", "driven edge → sensed edge", tuple(within), (stamp, again))
        )
    return paths


_WIRE = "check the wire of the loop, and the drivers that the rig file names for it"


def _rise(sensor: LockSensor) -> Edge:
    """The edge that the press made; returns when the line is at rest again."""
    until = monotonic() + PATIENCE + PRESS
    rose: Edge | None = None
    while True:
        for edge in sensor.lock_edges():
            if edge.level and rose is None:
                rose = edge
            elif not edge.level and rose is not None:
                return rose
        if monotonic() > until:
            what = "no edge came back" if rose is None else "the line did not come to rest"
            raise errors.NoAnswer(f"{what} within {PATIENCE:g} s", resource=sensor.resource, advice=_WIRE)
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


# ---- a line wired to another, or to itself


def echoed(name: str, sender: Port, receiver: Port, trials: int = TRIALS) -> NullPath:
    """Send a message of 16 bytes again and again; from the write of its first byte to the read of its last.

    Raises: NoAnswer, WrongAnswer if it does not come back as it was; PortError.
    """
    for port in {sender, receiver}:
        port.take()
    samples, stalls = [], 0
    for _ in range(trials):
        order = sender.send(MESSAGE)
        began, ended, heard = None, 0, b""
        until = monotonic() + PATIENCE
        while began is None or len(heard) < len(MESSAGE):
            for port in {sender, receiver}:
                for event in port.take():
                    if isinstance(event, Failed):
                        raise event.exception()
                    if isinstance(event, Stalled):
                        stalls += 1
                    elif isinstance(event, Sent) and event.order == order:
                        began = event.stamp
                    elif isinstance(event, Heard) and port is receiver:
                        heard, ended = heard + event.data, event.stamp
            rest = until - monotonic()
            if rest <= 0:
                raise errors.NoAnswer(
                    f"it did not come back within {PATIENCE:g} s",
                    resource=receiver.line.name,
                    sent=MESSAGE,
                    received=heard,
                    advice=_PLUG,
                )
            if began is None or len(heard) < len(MESSAGE):
                select.select({sender, receiver}, (), (), rest)
        if heard != MESSAGE:
            raise errors.WrongAnswer(
                "it came back changed",
                resource=receiver.line.name,
                sent=MESSAGE,
                received=heard,
                advice=_PLUG,
            )
        samples.append((ended - began) / 1e9)
    components = [
        (f"latency timer of {port.opened.device}", timer / math.sqrt(12))
        for port in dict.fromkeys((sender, receiver))
        if (timer := latency_timer(port.opened.device))
    ]
    return NullPath(name, "write → read, 16 bytes", tuple(samples), tuple(components), stalls)


_PLUG = "check the plug that joins sending and receiving pins, and that both ends have one baud rate"


def latency_timer(device: str) -> float:
    """Seconds for which a USB adapter may hold back what came; 0.0 where the system says nothing of it."""
    name = os.path.basename(os.path.realpath(device))
    try:
        return int(Path(f"/sys/bus/usb-serial/devices/{name}/latency_timer").read_text("ascii")) / 1e3
    except (OSError, ValueError):
        return 0.0


def echoed_on(name: str, lines: Sequence[Line], trials: int = TRIALS) -> NullPath:
    """The same on lines that are opened for it: one, or sender and receiver. Raises: as `echoed`."""
    with ExitStack() as stack:
        ports = [stack.enter_context(Port(line)) for line in lines]
        return echoed(name, ports[0], ports[-1], trials)
