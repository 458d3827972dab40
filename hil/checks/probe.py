"""Questions to an OSDP reader, frame by frame, right or wrong: what went out, what came back, when.

No state machine helps here, since most checks ask what no sound panel would. Between two questions the line rests.
"""

from __future__ import annotations

import select
from collections.abc import Sequence
from dataclasses import replace
from time import monotonic_ns
from typing import NamedTuple, Self

from ..osdp import commands as c
from ..osdp import replies as r
from ..osdp.deframer import Deframer, Whole
from ..osdp.errors import MessageError
from ..osdp.frame import Block, Frame
from ..port.events import Failed, Heard, Sent, Stalled
from ..port.line import Line
from ..port.port import Port

PATIENCE = 0.5
"""Seconds for a reply: beyond the limit of 0.2 s, so that a late one is seen as such."""
REST = 0.03
"""Seconds of silence between two questions: more than the gap that ends a frame."""


class Trial(NamedTuple):
    """A question and its answer. Instants: ns of the host's monotonic clock."""

    sent: bytes
    after: int
    """The last byte was handed over."""
    line_time: int
    """ns that the question takes on the line, if its rate is real; a pty or TCP takes none."""
    heard: tuple[tuple[int, bytes], ...]
    """What came, in reads."""
    reply: Frame | None
    """The first whole frame from a reader."""
    stalled: bool
    """The port process was kept from running meanwhile: times are too long."""

    @property
    def delay(self) -> int | None:
        """From the question to the answer's first byte, ns; None: none came."""
        return self.heard[0][0] - self.after if self.heard else None

    @property
    def message(self) -> r.Reply | None:
        """The answer, in the clear; None: none, or its data does not fit."""
        if self.reply is None:
            return None
        try:
            return r.decode_reply(self.reply.code, self.reply.data)
        except MessageError:
            return None

    @property
    def raw(self) -> bytes:
        return b"".join(data for _, data in self.heard)

    def __str__(self) -> str:
        answer = f"{self.raw.hex(' ')} after {(self.delay or 0) / 1e6:.1f} ms" if self.heard else "silence"
        return f"-> {self.sent.hex(' ')} <- {answer}" + (" (host stalled)" if self.stalled else "")


class Probe:
    """One reader on a line of our own."""

    def __init__(self, line: Line, address: int = 0, *, realtime: int = 50) -> None:
        """Raises: PortError."""
        self.line, self.address = line, address
        self._port = Port(line, realtime=realtime)
        self._next = 0

    def fresh(self) -> None:
        """The next command begins anew, with sequence number 0."""
        self._next = 0

    def frame(
        self,
        command: c.Command,
        *,
        sequence: int | None = None,
        address: int | None = None,
        block: Block | None = None,
    ) -> Frame:
        """A command as the next frame; with a sequence number it is out of turn."""
        if sequence is None:
            sequence, self._next = self._next, self._next % 3 + 1
        return Frame(
            self.address if address is None else address, sequence, command.code, command.pack(), block=block
        )

    def ask(
        self,
        what: c.Command | Frame | bytes,
        *,
        pause: float = 0.0,
        parts: Sequence[bytes] = (),
        within: float = PATIENCE,
    ) -> Trial:
        """Send and listen until a frame came, or for so long. `pause`: seconds between its bytes (or its `parts`).

        Raises: PortError.
        """
        if isinstance(what, bytes):
            raw = what
        else:
            raw = (what if isinstance(what, Frame) else self.frame(what)).pack()
        pieces = list(parts) or ([raw[at : at + 1] for at in range(len(raw))] if pause else [raw])
        self._listen(REST, whole=False)
        start = monotonic_ns()
        last = 0
        for number, piece in enumerate(pieces):
            last = self._port.send(piece, at=start + round(number * pause * 1e9) if pause else 0)
        after, heard, reply, stalled = self._listen(within + pause * len(pieces), whole=True, order=last)
        return Trial(raw, after, round(len(raw) * self.line.character * 1e9), tuple(heard), reply, stalled)

    def wrong_check(self, frame: Frame) -> bytes:
        """The frame with a bit of its CRC flipped."""
        raw = bytearray(replace(frame).pack())
        raw[-1] ^= 0x01
        return bytes(raw)

    def close(self) -> None:
        self._port.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _listen(
        self, seconds: float, *, whole: bool, order: int = 0
    ) -> tuple[int, list[tuple[int, bytes]], Frame | None, bool]:
        """For so long, or until a whole frame came after the order; or until it is silent (`whole` false)."""
        after, heard, stalled = 0, list[tuple[int, bytes]](), False
        deframer = Deframer(None)
        until = monotonic_ns() + round(seconds * 1e9)
        while (rest := until - monotonic_ns()) > 0:
            if not self._port.waiting:
                select.select([self._port.fileno()], (), (), rest / 1e9)
            for event in self._port.take():
                if isinstance(event, Heard):
                    if not whole:
                        until = monotonic_ns() + round(seconds * 1e9)
                        continue
                    heard.append((event.stamp, event.data))
                    for piece in deframer.feed(event.data, event.stamp):
                        if isinstance(piece, Whole) and piece.frame.reply:
                            return after, heard, piece.frame, stalled
                elif isinstance(event, Sent) and event.order == order:
                    after = event.after
                elif isinstance(event, Stalled):
                    stalled = True
                elif isinstance(event, Failed):
                    raise event.exception()
        return after, heard, None, stalled
