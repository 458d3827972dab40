"""What can go wrong, as types. Every error of Gatebench's own descends from `GatebenchError`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


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
        start = max(0, self.column - 60) if len(self.source) > 120 else 0
        shown = self.source[start : start + 120].replace("\t", " ").rstrip()
        return f"{text}\n  {shown}\n  {' ' * (self.column - 1 - start)}^"


class InputError(GatebenchError, ValueError):
    """The user's files or words are wrong: every mistake at once."""

    def __init__(self, findings: Iterable[Finding] | str) -> None:
        self.findings: tuple[Finding, ...] = () if isinstance(findings, str) else tuple(sorted(set(findings)))
        self.text = findings if isinstance(findings, str) else ""
        super().__init__(findings)

    def __str__(self) -> str:
        if not self.findings:
            return f"error: {self.text}"
        count = len(self.findings)
        return "\n".join(map(str, self.findings)) + (f"\n{count} errors" if count > 1 else "\n1 error")

    def __reduce__(self) -> tuple[type[InputError], tuple[Iterable[Finding] | str]]:
        return type(self), (self.findings or self.text,)


class EngineError(GatebenchError, RuntimeError):
    """The simulation could not be carried out."""
