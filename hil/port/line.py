"""What a port process is told: the line that it opens, and what it sends to make the rig safe. Inert data."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True)
class Line:
    """A serial line, or one tunnelled through TCP.

    `device` is a path (`/dev/ttyUSB0`, a pty), `socket://HOST:PORT`, `usb:SERIAL` (the USB adapter's serial number) or
    `usb-path:1-1.2` (where it is plugged in). Everything after it is ignored for `socket://`.
    """

    name: str
    """Of the resource in the rig file; errors and transcripts name it."""
    device: str
    baudrate: int = 115_200
    bytesize: int = 8
    parity: str = "N"
    """N, E, O, M or S."""
    stopbits: float = 1
    rtscts: bool = False
    xonxoff: bool = False

    @property
    def character(self) -> float:
        """Seconds that one byte takes on the line; 0.0 for TCP, where nothing paces it."""
        if self.device.startswith("socket://"):
            return 0.0
        return (1 + self.bytesize + (self.parity != "N") + self.stopbits) / self.baudrate


@dataclass(frozen=True)
class SafeOrder:
    """What to send so that the rig is safe, and what the device answers when it is."""

    send: bytes
    expect: bytes | None = None
    """A regular expression that the device's answer contains; None: it does not answer, and counts as confirmed when
    written."""
    within: float = 0.5
    """Seconds to wait for the answer before it is sent again."""
    tries: int = 3

    def __post_init__(self) -> None:
        if self.expect is not None:
            re.compile(self.expect)
        if not self.within > 0 or self.tries < 1:
            raise ValueError(
                f"a safe order needs time and a try, not within={self.within}, tries={self.tries}"
            )


@dataclass(frozen=True)
class Charge:
    """All that a port process is started with."""

    line: Line
    safe: Sequence[SafeOrder] = ()
    realtime: int = 50
    """Priority of SCHED_FIFO, 1 to 99; 0: none."""
    quiet: int = field(default=10_000_000)
    """ns beyond the tick after which a gap in its own running is reported as a stall."""
    standby: bool = False
    """Open nothing until the harness is gone: it holds the line itself."""

    def dumps(self) -> str:
        return json.dumps({**asdict(self), "safe": [_order(order) for order in self.safe]})

    @classmethod
    def loads(cls, text: str | bytes) -> Charge:
        told = json.loads(text)
        return cls(
            Line(**told["line"]), load_orders(told["safe"]), told["realtime"], told["quiet"], told["standby"]
        )


def dump_orders(orders: Sequence[SafeOrder]) -> bytes:
    return json.dumps([_order(order) for order in orders]).encode()


def load_orders(told: Sequence[dict[str, object]]) -> tuple[SafeOrder, ...]:
    return tuple(
        SafeOrder(
            bytes.fromhex(str(one["send"])),
            None if one["expect"] is None else bytes.fromhex(str(one["expect"])),
            float(str(one["within"])),
            int(str(one["tries"])),
        )
        for one in told
    )


def _order(order: SafeOrder) -> dict[str, object]:
    expect = None if order.expect is None else order.expect.hex()
    return {"send": order.send.hex(), "expect": expect, "within": order.within, "tries": order.tries}
