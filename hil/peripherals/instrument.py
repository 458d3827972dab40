"""An I/O box, asked line by line: each order is followed by the question whether it was understood."""

from __future__ import annotations

import re

from ..walk.finding import Behaviour
from .desk import Desk
from .judge import Judge

LINE = "box"
"""Name of its line at the desk."""
ANSWER = 0.1
"""Seconds for an answer; a box that stamps edges answers in a few milliseconds."""


class Scpi:
    """Its end of the conversation. Edges that it reports unasked are kept in `reported`: (line, level, µs)."""

    def __init__(self, desk: Desk, judge: Judge) -> None:
        self.desk, self.judge = desk, judge
        self.reported: list[tuple[str, int, int]] = []
        self._lines: list[tuple[int, str]] = []
        self._rest = b""
        self.asked = self.answered = 0
        """Instants of the last question and its answer, ns."""
        desk.listeners[LINE] = self._hear

    def ask(self, question: str, form: str = ".*") -> str:
        """Its answer; empty, and a finding, if none comes or it has another form."""
        self.judge.step()
        self._lines.clear()
        self.asked = self.desk.write(LINE, question.encode() + b"\n")
        self.desk.run(self.asked + round(5 * ANSWER * 1e9), lambda: bool(self._lines))
        if not self.judge.check(bool(self._lines), Behaviour.PROTOCOL, f"{question} answered", "silence"):
            return ""
        self.answered, answer = self._lines[0]
        took = (self.answered - self.asked) / 1e9
        self.judge.row.latencies.append(took)
        self.judge.check(
            took <= ANSWER, Behaviour.LATENCY, f"an answer within {ANSWER * 1e3:g} ms", f"after {took * 1e3:.0f} ms", timing=self.asked
        )  # fmt: skip
        right = re.fullmatch(form, answer) is not None
        self.judge.check(right, Behaviour.PROTOCOL, f"{question} answered as {form}", answer)
        return answer if right else ""

    def order(self, text: str) -> int:
        """Have something done; the instant at which it was ordered."""
        self.judge.step()
        instant = self.desk.write(LINE, text.encode() + b"\n")
        error = self.ask("SYST:ERR?", r'[-+]?\d+,".*"')
        if error:
            self.judge.check(error.lstrip("+").startswith("0,"), Behaviour.PROTOCOL, f"{text} taken", error)
        return instant

    def edges(self, door: int, most: int | None = None) -> list[tuple[str, int, int]]:
        """What it has stamped at a door since this was last asked: line, level, ns of its clock."""
        answer = self.ask(
            f"EDGE{door}:DATA?" + ("" if most is None else f" {most}"), r"\d+(,[A-Z]+\d+,[01],\d+)*"
        )
        if not answer:
            return []
        count, *rest = answer.split(",")
        self.judge.check(
            int(count) * 3 == len(rest), Behaviour.LOG, f"{count} edges, as it says", f"{len(rest) // 3}"
        )
        found = zip(rest[::3], rest[1::3], rest[2::3], strict=False)
        return [(line, int(level), int(stamp) * 1000) for line, level, stamp in found]

    def clock(self) -> tuple[int, int]:
        """How far the host's clock is ahead of the box's, ns, and how well that is known (half the round trip)."""
        best = (0, 1 << 62)
        for _ in range(8):
            answer = self.ask("SYST:CLOC?", r"\d+")
            if answer and (half := (self.answered - self.asked) // 2) < best[1]:
                best = (self.asked + self.answered) // 2 - int(answer) * 1000, half
        return best

    def _hear(self, instant: int, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            text = line.decode("ascii", "replace").strip()
            edge = re.fullmatch(r"EDGE ([A-Z]+\d+),([01]),(\d+)", text)
            if edge is None:
                self._lines.append((instant, text))
            else:
                self.reported.append((edge[1], int(edge[2]), int(edge[3]) * 1000))
