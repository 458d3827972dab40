"""What can go wrong, as types. Every error of Gatebench's own descends from `GatebenchError`."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

_SHOWN = 120
"""Characters of a line that are shown; of a longer one the surroundings of the mistake."""


class GatebenchError(Exception):
    """Root of all errors that Gatebench raises on purpose."""


@dataclass(frozen=True, order=True)
class Finding:
    """One mistake in a file, with its place (line and column count from 1; line 0: the file as a whole)."""

    file: str
    line: int
    column: int
    path: str
    """Dotted path of the field, such as `compound.portals.main-gate.unlock`."""
    message: str
    source: str = ""
    """The line of the file."""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        text = f"{place}: error: {f'{self.path}: ' if self.path else ''}{self.message}"
        if not self.line or not self.source.strip():
            return text
        before = self.column - 1
        start = max(0, before - _SHOWN // 2) if len(self.source) > _SHOWN else 0
        shown = _printable(self.source[start : start + _SHOWN]).rstrip()
        return f"{text}\n{shown}\n{' ' * _width(_printable(self.source[start:before]))}^"


class InputError(GatebenchError, ValueError):
    """The user's files or words are wrong: every mistake at once."""

    def __init__(self, findings: Iterable[Finding] | str, *, unshown: int = 0) -> None:
        """`unshown`: further mistakes that are only counted."""
        self.findings: tuple[Finding, ...] = () if isinstance(findings, str) else tuple(sorted(set(findings)))
        """In order of place."""
        self.text = findings if isinstance(findings, str) else ""
        """What is wrong, where it is in no file."""
        self.unshown = unshown
        super().__init__(findings)

    def __str__(self) -> str:
        if not self.findings:
            return f"error: {self.text}"
        count = len(self.findings)
        total = f"{count + self.unshown:,} error{'s' if count + self.unshown > 1 else ''}"
        first = f"; here are the first {count}" if self.unshown else ""
        return "\n".join([*map(str, self.findings), total + first])

    def __reduce__(self) -> tuple[object, ...]:
        return _input_error, (self.findings or self.text, self.unshown)


class EngineError(GatebenchError, RuntimeError):
    """The simulation could not be carried out."""


def _input_error(findings: tuple[Finding, ...] | str, unshown: int) -> InputError:
    return InputError(findings, unshown=unshown)


def _printable(text: str) -> str:
    """The same, one character for one, without what would move a terminal's cursor."""
    return "".join(character if character.isprintable() else " " for character in text)


def _width(text: str) -> int:
    """Columns on a terminal."""
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
    )
