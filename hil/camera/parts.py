"""A document without end, part by part (`multipart/x-mixed-replace`), and HTTP's chunks around it. No input or output.

Servers differ: a boundary may be told with its dashes or without, a part with its length or without. A part's stamp is that
of the bytes in which its body began: the boundary before it often comes along with the part before.
"""

from __future__ import annotations

import re
from typing import NamedTuple

LARGEST = 64 << 20
"""Bytes of a part."""
LONGEST = 16_384
"""Bytes of a part's head."""


class Part(NamedTuple):
    """One of them."""

    stamp: int
    """Of the bytes in which its body began."""
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes


def boundary_of(content_type: str) -> str | None:
    """The boundary that a `Content-Type` tells; None: it is no document of parts."""
    kind, _, parameters = content_type.partition(";")
    if kind.strip().lower() not in ("multipart/x-mixed-replace", "multipart/mixed"):
        return None
    match = re.search(r'boundary\s*=\s*(?:"([^"]+)"|([^\s;]+))', parameters, re.IGNORECASE)
    return (match[1] or match[2]) if match else None


class Parts:
    """Takes bytes as they come, gives parts."""

    def __init__(self, boundary: str) -> None:
        self._mark = b"--" + boundary.strip().lstrip("-").encode()
        self._buffer = bytearray()
        self._stamps: list[tuple[int, int]] = []
        """(place in the buffer, stamp) of what came, in order."""
        self._head: dict[str, str] | None = None
        self.ended = False
        """The document has told its end."""

    def feed(self, data: bytes, stamp: int) -> list[Part]:
        """Bytes that came at `stamp`. ValueError: this is no such document."""
        self._stamps.append((len(self._buffer), stamp))
        self._buffer += data
        found = []
        while not self.ended and (self._head is not None or self._begin()):
            part = self._finish()
            if part is None:
                break
            found.append(part)
        if len(self._buffer) > LARGEST:
            raise ValueError(f"a part of more than {LARGEST >> 20} MiB")
        return found

    def _begin(self) -> bool:
        """Read a part's head if all of it is there."""
        start = self._buffer.find(self._mark)
        if start < 0:
            self._forget(max(0, len(self._buffer) - len(self._mark) - 1))
            return False
        after = start + len(self._mark)
        if self._buffer[after : after + 2] == b"--":
            self.ended = True
            return False
        end, skip = self._head_end(after)
        if end < 0:
            if len(self._buffer) - after > LONGEST:
                raise ValueError("the head of a part has no end")
            return False
        headers = {}
        for line in bytes(self._buffer[after:end]).decode("latin-1").splitlines():
            name, colon, value = line.partition(":")
            if colon:
                headers[name.strip().lower()] = value.strip()
        self._head = headers
        self._forget(end + skip)
        return True

    def _head_end(self, start: int) -> tuple[int, int]:
        """Where the empty line stands, and its length; some servers write line feeds alone."""
        ends = [(self._buffer.find(mark, start), len(mark)) for mark in (b"\r\n\r\n", b"\n\n")]
        return min((one for one in ends if one[0] >= 0), default=(-1, 0))

    def _finish(self) -> Part | None:
        """The part whose head has been read, if all of it is there."""
        assert self._head is not None
        told = self._head.get("content-length", "")
        if told.isdecimal():
            length = int(told)
            if length > LARGEST:
                raise ValueError(f"a part of {length} bytes")
            if len(self._buffer) < length or not self._buffer:
                return None
            end = length
        else:
            end = self._buffer.find(b"\r\n" + self._mark)
            if end < 0:
                end = self._buffer.find(self._mark)
            if end < 0:
                return None
        began = next(stamp for place, stamp in reversed(self._stamps) if place <= 0)
        part = Part(began, self._head, bytes(self._buffer[:end]))
        self._head = None
        self._forget(end)
        return part

    def _forget(self, count: int) -> None:
        """Drop so many bytes from the front, and the stamps of what is wholly gone."""
        del self._buffer[:count]
        moved = [(place - count, stamp) for place, stamp in self._stamps]
        covering = max((index for index, (place, _) in enumerate(moved) if place <= 0), default=0)
        self._stamps = [(max(place, 0), stamp) for place, stamp in moved[covering:]]


class Chunks:
    """HTTP's chunked coding, undone."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._left = 0
        self.ended = False

    def feed(self, data: bytes) -> bytes:
        """What the bytes carry. ValueError: this is no such coding."""
        self._buffer += data
        out = bytearray()
        while not self.ended:
            if self._left > 2:
                taken = self._buffer[: self._left - 2]
                if not taken:
                    break
                out += taken
                self._left -= len(taken)
                del self._buffer[: len(taken)]
            elif self._left:  # the line end behind a chunk
                if len(self._buffer) < self._left:
                    break
                del self._buffer[: self._left]
                self._left = 0
            else:
                end = self._buffer.find(b"\r\n")
                if end < 0:
                    if len(self._buffer) > LONGEST:
                        raise ValueError("the size of a chunk has no end")
                    break
                size = int(bytes(self._buffer[:end]).partition(b";")[0], 16)
                del self._buffer[: end + 2]
                self.ended = size == 0
                self._left = size + 2
        return bytes(out)
