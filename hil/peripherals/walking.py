"""The walk: row after row at one device, brought to a known state between them, and what came of it.

Its result has the form of a walk at a controller (`gatebench.faults/1`): rows, findings with their behaviours, verdicts.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from ..osdp import commands as c
from ..osdp import replies as r
from ..verdicts import Verdict
from ..walk.result import SCHEMA
from . import (
    box_rows,
    box_stamps,
    face_rows,
    reader_power,
    reader_protocol,
    reader_secure,
    reader_shows,
    reader_stimuli,
)
from .bench import NO_LOOP, NO_STIMULUS, About, Bench, Planned
from .desk import Desk
from .judge import Judge, PeripheralRow, RowLeft
from .reader_secure import DARK
from .terminals import LINE, Terminals

_OSDP = (*reader_protocol.ROWS, *reader_secure.ROWS)
_SHOWN = (*reader_stimuli.TAMPER, *reader_shows.ROWS, *reader_power.ROWS)
ROWS: dict[str, tuple[Planned, ...]] = {
    "reader": (*_OSDP, *reader_stimuli.CARDS, *_SHOWN),
    "face-terminal": (*_OSDP, *_SHOWN, *face_rows.ROWS),
    "io-box": (*box_rows.ROWS, *box_stamps.ROWS),
}
"""By kind of device."""


@dataclass(frozen=True)
class PeripheralResult:
    """What came of a walk."""

    about: About
    rig: str
    emulated: bool
    rows: Sequence[PeripheralRow]
    desk: Desk

    @property
    def verdict(self) -> Verdict:
        """Of the whole walk: FAIL, then INDETERMINATE, of any row; PASS if any passed."""
        found = {one.verdict for one in self.rows}
        for one in (Verdict.FAIL, Verdict.INDETERMINATE, Verdict.PASS):
            if one in found:
                return one
        return Verdict.NOT_TESTED

    @property
    def exit_code(self) -> int:
        """0, or 1: the device did something else."""
        return int(self.verdict is not Verdict.PASS)

    def to_json(self) -> dict[str, Any]:
        counts = Counter(str(one.verdict) for one in self.rows)
        return {
            "schema": SCHEMA, "world": "bench", "device": self.about.kind, "rig": {"id": self.rig, "emulated": self.emulated},
            "verdict": str(self.verdict), "counts": {str(one): counts[str(one)] for one in Verdict},
            "rows": [one.to_json() for one in self.rows], "exit_code": self.exit_code,
        }  # fmt: skip

    def dumps(self) -> str:
        """Canonical text."""
        return (
            json.dumps(self.to_json(), sort_keys=True, ensure_ascii=False, allow_nan=False, indent=1) + "\n"
        )

    def journal(self) -> str:
        """All that crossed the lines, an entry a line; findings say which (`evidence`, from 0)."""
        return "".join(json.dumps(one.to_json()) + "\n" for one in self.desk.log)


def planned(kind: str, only: Sequence[str] = ()) -> tuple[Planned, ...]:
    """The rows of a kind of device; `only` those that are named. KeyError for one that there is none of."""
    rows = ROWS[kind]
    known = {one.id for one in rows}
    for name in only:
        if name not in known:
            raise KeyError(name)
    return tuple(one for one in rows if not only or one.id in only)


def walk(
    about: About, desk: Desk, *, rows: Sequence[Planned] | None = None, stimulus: bool, seed: int = 0, rig: str = "", emulated: bool = False,
    on_row: Callable[[PeripheralRow], object] | None = None,
) -> PeripheralResult:  # fmt: skip
    """Walk these rows, all of its kind unless given. `stimulus`: is there a line `terminals` at the desk? Raises: PortError."""
    judge = Judge(desk)
    bench = Bench(about, desk, judge, Terminals(desk, judge) if stimulus else None, Random(seed))
    desk.rest(0.2)
    done = []
    for one in ROWS[about.kind] if rows is None else rows:
        row = judge.row = PeripheralRow(one.id, one.title, judge.now)
        if one.stimulus and not stimulus:
            row.not_tested = NO_STIMULUS
        elif one.loop and about.loop is None:
            row.not_tested = NO_LOOP
        else:
            try:
                one.play(bench)
            except RowLeft:
                pass
        row.ended = judge.now
        done.append(row)
        if on_row is not None:
            on_row(row)
        settle(bench)
    return PeripheralResult(about, rig, emulated, done, desk)


def settle(bench: Bench) -> None:
    """Bring it to where the next row begins: at rest, nothing to report. What goes wrong there, the rows find."""
    judge, row = bench.judge, bench.judge.row
    judge.row = PeripheralRow("settle", "between two rows")
    try:
        if bench.about.kind == "io-box":
            bench.box.order("*RST")
            if bench.terminals is not None:
                for door in range(1, bench.about.doors + 1):
                    bench.at.do(f"LOCK{door} 0")
            bench.desk.rest(0.1)
        else:
            if bench.terminals is not None:
                for text in (
                    "POWER 1",
                    "TAMPER 0",
                    *(("COVERED 0", "FACE -") if bench.about.kind == "face-terminal" else ()),
                ):
                    bench.at.do(text)
                bench.desk.rest(0.5)
            panel = bench.panel
            if panel.begin(bench.about.secure_only):
                panel.ask(c.Buz(tone=1, count=1))
                panel.ask(DARK)
                for _ in range(200):
                    if isinstance(panel.poll().message, r.Ack):
                        break
                panel.collect(0.5)
    except RowLeft:
        pass
    finally:
        judge.row = row


__all__ = ["LINE", "ROWS", "PeripheralResult", "planned", "walk"]
