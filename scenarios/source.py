"""A text file, and mistakes by their place in it."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property
from pathlib import Path

from .errors import Finding, InputError

_BREAK = re.compile(r"\r\n|\n|\r")


class Source:
    """The text of a file under the name that its user gave it."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self._lines: dict[int, str] = {}

    @cached_property
    def _begins(self) -> list[int]:
        return [0, *(found.end() for found in _BREAK.finditer(self.text))]

    @classmethod
    def read(cls, path: Path, limit: int, advice: str) -> Source:
        """A file of UTF-8 text. InputError: it cannot be read, is larger than `limit` bytes, or is no UTF-8."""
        try:
            with path.open("rb") as file:
                raw = file.read(limit + 1)
        except (OSError, ValueError) as error:
            said = getattr(error, "strerror", None) or str(error)
            raise InputError([whole(str(path), f"cannot be read: {said}")]) from None
        return cls.decoded(str(path), raw, limit, advice)

    @classmethod
    def decoded(cls, name: str, raw: bytes, limit: int, advice: str) -> Source:
        """The text in these bytes. InputError as for `read`."""
        if len(raw) > limit:
            size = f"{limit // 1_000_000} MB" if limit >= 1_000_000 else f"{limit // 1000} kB"
            raise InputError([whole(name, f"is larger than {size}; {advice}")])
        if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
            raise InputError([whole(name, "is UTF-16; save it as UTF-8")])
        try:
            return cls(name, raw.decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            # With a byte order mark its three bytes have gone before `start` is counted.
            body = error.object
            source = cls(
                name, body[: error.start].decode("utf-8") + body[error.start :].decode("utf-8", "replace")
            )
            at = len(body[: error.start].decode("utf-8"))
            said = f"byte 0x{body[error.start]:02x} is not UTF-8; save the file as UTF-8"
            raise InputError([source.finding(at, "", said)]) from None

    def finding(self, index: int, path: str, message: str) -> Finding:
        """A mistake at a character (counted from 0)."""
        line, column = self.position(index)
        return Finding(self.name, line, column, path, message, self.line(line))

    def position(self, index: int) -> tuple[int, int]:
        """Line and column of a character, counted from 1."""
        line = bisect_right(self._begins, index)
        return line, index - self._begins[line - 1] + 1

    def begin(self, line: int) -> int:
        """The first character of a line."""
        return self._begins[line - 1]

    def line(self, line: int) -> str:
        """The text of a line, counted from 1."""
        if line not in self._lines:
            end = self._begins[line] if line < len(self._begins) else None
            self._lines[line] = self.text[self._begins[line - 1] : end].rstrip("\r\n")
        return self._lines[line]


def whole(name: str, message: str) -> Finding:
    """A mistake of a file as a whole."""
    return Finding(name, 0, 0, "", message)
