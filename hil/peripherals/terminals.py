"""The terminals of a device under test: what is done to it, and what its lamp and its lines show. An emulated device has
them; at a real one somebody else must stand in front of it."""

from __future__ import annotations

from typing import NamedTuple

from .desk import Desk
from .judge import Judge

LINE = "terminals"
"""Name of their line at the desk."""


class Shown(NamedTuple):
    """A line has a level since an instant, ns of the desk's clock."""

    line: str
    level: int
    instant: int


class Terminals:
    """What the device told of itself, and whoever acts on it."""

    def __init__(self, desk: Desk, judge: Judge) -> None:
        self.desk, self.judge = desk, judge
        self.levels: dict[str, int] = {}
        self.shown: list[Shown] = []
        self.refused: list[str] = []
        self._rest = b""
        desk.listeners[LINE] = self._hear

    def do(self, text: str) -> int:
        """A stimulus, such as `CARD C0FFEE/24` or `TAMPER 1`; the instant at which it was given."""
        self.judge.step()
        return self.desk.write(LINE, text.encode() + b"\n")

    def level(self, line: str) -> int:
        """0 for a line that nobody told of."""
        return self.levels.get(line, 0)

    def since(self, mark: int, *lines: str) -> list[Shown]:
        """Changes after a position of `shown`, of these lines."""
        return [one for one in self.shown[mark:] if one.line in lines]

    def _hear(self, instant: int, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            words = line.decode("ascii", "replace").split()
            if words[:1] == ["?"]:
                self.refused.append(" ".join(words[1:]))
            elif len(words) >= 2 and words[1].isdecimal():
                stamp = int(words[2]) if len(words) > 2 and words[2].isdecimal() else instant
                self.levels[words[0]] = int(words[1])
                self.shown.append(Shown(words[0], int(words[1]), stamp))
