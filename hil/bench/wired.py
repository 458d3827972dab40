"""How a run is wired to the rig: its lines, lanes, cameras and supply. Inert data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..port.line import Line

READERS, BOX, SERVER = "readers", "box", "server"
SUPPLY, NETWORK, TAP, EYES = "supply", "network", "tap", "eyes"
"""Names of lines."""


@dataclass(frozen=True)
class WiredLane:
    """How a lane is wired to the rig."""

    addresses: dict[str, int]
    """OSDP address of the reader of each direction."""
    box: int
    """Door of the I/O box, from 1."""


@dataclass(frozen=True)
class WiredEye:
    """A camera that watches a lane (hil/eyes)."""

    line: Line
    lane: int
    """Number of the slot's lane."""
    sync: int | None
    """Door of the box whose exit output is the lamp for its clock."""


@dataclass(frozen=True)
class Feed:
    """What feeds the device under test."""

    line: Line
    channel: int
    volts: float
    amps: float
    safe: bool
    """Is it left on?"""


@dataclass(frozen=True)
class Wiring:
    """The rig, as far as a run needs it: its lines and lanes."""

    rig: str
    readers: Line
    box: Line
    server: Line | None
    lanes: tuple[WiredLane, ...]
    emulated: bool
    """Are there emulated devices behind all of it?"""
    key: bytes | None = None
    """Of the readers' secure channel."""
    actuations: int = 2_000
    supply: Feed | None = None
    network: Line | None = None
    """The switch in the device's uplink."""
    tap: Line | None = None
    """What disturbs the readers' line."""
    silence: float = 5.0
    """Seconds without a word after which device and server count their line as cut."""
    eyes: tuple[WiredEye, ...] = ()
    """What watches the lanes."""

    def to_json(self) -> dict[str, Any]:
        """As the transcript's first line has it: what a replay needs, without keys."""
        names = {name: None if line is None else line.name for name, line in self.lines.items()}
        feed = self.supply
        lanes = [{"addresses": lane.addresses, "box": lane.box} for lane in self.lanes]
        return {
            "rig": self.rig,
            "emulated": self.emulated,
            "lines": names,
            "lanes": lanes,
            "actuations": self.actuations,
            "feed": feed and [feed.channel, feed.volts, feed.amps, feed.safe],
            "silence": self.silence,
            "eyes": [{"line": f"{EYES}-{one.lane}", "lane": one.lane, "sync": one.sync} for one in self.eyes],
        }

    @property
    def lines(self) -> dict[str, Line | None]:
        """Every line that there may be, in the order in which they are opened and released. The box before what the device
        lives by: that has to be there while the lock is read back."""
        return {
            BOX: self.box, SERVER: self.server, READERS: self.readers, TAP: self.tap, NETWORK: self.network,
            SUPPLY: None if self.supply is None else self.supply.line,
            **{f"{EYES}-{one.lane}": one.line for one in self.eyes},
        }  # fmt: skip
