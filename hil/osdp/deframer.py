"""Frames out of a stream of bytes that may be broken anywhere.

Memory stays below two frames whatever comes. After noise the next whole frame is found: at once if the noise does not
look like the head of a frame; else as soon as the frame that it promises is complete or the line was silent for the
gap, and then every frame within is found too.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from .errors import FrameError, WrongLength
from .frame import LONGEST, MARK, SOM, Frame, expected_length, unpack


class Whole(NamedTuple):
    """A frame with a right check."""

    frame: Frame
    raw: bytes
    began: int
    """Instant (ns) at which its first byte was given; `ended`: its last."""
    ended: int


class Damaged(NamedTuple):
    """What looked like a frame: its check is wrong, its parts do not fit, or it was cut short."""

    raw: bytes
    error: FrameError
    began: int
    ended: int


class Noise(NamedTuple):
    """Bytes between frames, other than marks."""

    raw: bytes
    began: int
    ended: int


Piece: TypeAlias = Whole | Damaged | Noise


class Deframer:
    """Feed it bytes with their instants (ns, of any one clock); it hands out the pieces of the stream in order.

    `gap`: ns of silence within a frame after which its rest will not come (20 ms by the standard; a host that reads
    in chunks needs more); None: never. `longest`: bytes of a frame that is believed.
    """

    def __init__(self, gap: int | None = 20_000_000, longest: int = LONGEST) -> None:
        self._gap, self._longest = gap, longest
        self._buffer = bytearray()
        self._stamps: list[int] = []

    def __len__(self) -> int:
        """Bytes that wait for more."""
        return len(self._buffer)

    @property
    def deadline(self) -> int | None:
        """When `expire` has something to do, if nothing comes before; ns."""
        return self._stamps[-1] + self._gap if self._stamps and self._gap is not None else None

    def feed(self, data: bytes, instant: int) -> list[Piece]:
        """What these bytes complete."""
        found = self.expire(instant)
        for start in range(0, len(data), self._longest):
            part = data[start : start + self._longest]
            self._buffer += part
            self._stamps += [instant] * len(part)
            found += self._scan(last=False)
        return found

    def expire(self, instant: int) -> list[Piece]:
        """What is left if the gap has passed at this instant; nothing before."""
        deadline = self.deadline
        return self.flush() if deadline is not None and instant > deadline else []

    def flush(self) -> list[Piece]:
        """What is left, since nothing more will come."""
        return self._scan(last=True)

    def _scan(self, last: bool) -> list[Piece]:
        found: list[Piece] = []
        while self._buffer:
            start = self._buffer.find(SOM)
            if start:
                self._noise(found, len(self._buffer) if start < 0 else start)
                continue
            length = expected_length(self._buffer)
            if length == 0 or length is not None and length > self._longest:
                self._noise(found, 1)
            elif length is not None and len(self._buffer) >= length:
                self._complete(found, length)
            elif last:
                self._give_up(
                    found, len(self._buffer), WrongLength("cut short", received=bytes(self._buffer))
                )
            else:
                break
        return found

    def _complete(self, found: list[Piece], length: int) -> None:
        raw = bytes(self._buffer[:length])
        try:
            frame = unpack(raw)
        except FrameError as error:
            self._give_up(found, length, error)
        else:
            began, ended = self._drop(length)
            found.append(Whole(frame, raw, began, ended))

    def _give_up(self, found: list[Piece], length: int, error: FrameError) -> None:
        """No frame here. What begins within it and is whole is not lost."""
        inner = self._inner(length)
        if inner is not None:
            self._noise(found, inner)
            return
        raw = bytes(self._buffer[:length])
        began, ended = self._drop(length)
        found.append(Damaged(raw, error, began, ended))

    def _inner(self, length: int) -> int | None:
        """Where, within the first `length` bytes after the first, a whole frame with a right check begins."""
        at = self._buffer.find(SOM, 1, length)
        while at >= 0:
            size = expected_length(self._buffer[at : at + 4])
            if size and size <= self._longest and at + size <= len(self._buffer):
                try:
                    unpack(self._buffer[at : at + size])
                except FrameError:
                    pass
                else:
                    return at
            at = self._buffer.find(SOM, at + 1, length)
        return None

    def _noise(self, found: list[Piece], count: int) -> None:
        raw = bytes(self._buffer[:count])
        began, ended = self._drop(count)
        if not raw.strip(bytes([MARK])):
            return
        before = found[-1] if found else None
        if isinstance(before, Noise):
            found[-1] = Noise(before.raw + raw, before.began, ended)
        else:
            found.append(Noise(raw, began, ended))

    def _drop(self, count: int) -> tuple[int, int]:
        began, ended = self._stamps[0], self._stamps[count - 1]
        del self._buffer[:count], self._stamps[:count]
        return began, ended
