"""A person at the door, asked at the terminal: for what no wire reaches."""

from __future__ import annotations

import sys
from time import monotonic_ns
from typing import TextIO

from .. import errors


class Prompt:
    """Operator. Without a terminal nobody can be asked, and each question is at once NotTested."""

    emulated = False

    def __init__(
        self, resource: str = "operator", source: TextIO | None = None, sink: TextIO | None = None
    ) -> None:
        """Reads from `source` (standard input) and writes to `sink` (standard error: standard output is for results)."""
        self.resource = resource
        self._source, self._sink = source or sys.stdin, sink or sys.stderr

    def act(self, instruction: str) -> int:
        answer = self._prompt(f"{instruction}\n  Enter when it is done, or say why not: ")
        stamp = monotonic_ns()
        if answer:
            raise errors.NotTested(f"{instruction!r}: {answer}", resource=self.resource)
        return stamp

    def ask(self, question: str) -> bool:
        text = f"{question} [y/n, ? if you can't tell] "
        while True:
            answer = self._prompt(text).lower()
            if answer in ("y", "yes"):
                return True
            if answer in ("n", "no"):
                return False
            if answer == "?":
                raise errors.NotTested(f"{question!r}: the operator can't tell", resource=self.resource)
            text = "  y, n or ?: "

    def release(self) -> None:
        """Nothing: a person holds no resource."""

    def _prompt(self, text: str) -> str:
        if not self._source.isatty() or not self._sink.isatty():
            raise errors.NotTested(
                "nobody can be asked: this is no terminal",
                resource=self.resource,
                advice="run it in a terminal, or leave these checks out",
            )
        self._sink.write(text)
        self._sink.flush()
        line = self._source.readline()
        if not line:
            raise errors.NotTested("the terminal was closed", resource=self.resource)
        return line.strip()
