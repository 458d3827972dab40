"""`gatebench bench faults --device KIND`: a walk at a reader, a face terminal or an I/O box."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from ..hil.peripherals.judge import PeripheralRow
from ..hil.peripherals.reaching import Reached, emulated, of_rig
from ..hil.peripherals.soaking import soak_row
from ..hil.peripherals.walking import ROWS, PeripheralResult, planned, walk
from ..hil.rig.reading import read_rig
from ..hil.walk.soak import planned as occasions
from ..report.result import write_text
from ..scenarios import InputError
from ..scenarios.spelling import unknown
from .folder import claimed
from .output import echo_json
from .walking import RESULT

KINDS = tuple(ROWS)
JOURNAL = "journal.jsonl"


def walk_device(
    kind: str, *, rig: str | None, slot: str | None, defects: Sequence[str], only: Sequence[str], soak: float | None, seed: int,
    plan_only: bool, as_json: bool, out: Path | None,
) -> int:  # fmt: skip
    """Walk it, print, write `faults.json` and the journal of its lines; the exit code. Raises: InputError, BenchError."""
    if rig is not None and defects:
        raise InputError(
            "--defect: only an emulated device that is started for the walk has one; leave out --rig"
        )
    try:
        rows = planned(kind, only)
    except KeyError as error:
        known = [one.id for one in ROWS[kind]]
        raise InputError(f"--only: {unknown('row', str(error.args[0]), known)}") from None
    if soak is not None:
        rows = (soak_row(kind, occasions(soak)),)
    click.echo(f"{kind}: {len(rows)} rows", err=as_json)
    if plan_only:
        for one in rows:
            click.echo(f"  {one.id}: {one.title}", err=as_json)
        return 0
    with claimed(out or Path("out") / kind) as folder:
        with _reached(kind, rig, slot, defects, seed) as found:
            result = walk(
                found.about, found.desk, rows=rows, stimulus=found.stimulus, seed=seed, rig=found.rig, emulated=found.emulated,
                on_row=_told if sys.stderr.isatty() else None,
            )  # fmt: skip
        text = result.dumps()
        write_text(folder / RESULT, text)
        (folder / "bench").mkdir(exist_ok=True)
        write_text(folder / "bench" / JOURNAL, result.journal())
    if as_json:
        echo_json(text)
    else:
        show(result, folder)
    return result.exit_code


@contextmanager
def _reached(
    kind: str, rig: str | None, slot: str | None, defects: Sequence[str], seed: int
) -> Iterator[Reached]:
    if rig is None:
        with emulated(kind, defects, seed) as found:
            yield found
    else:
        loaded = read_rig(rig)
        with of_rig(kind, loaded, loaded.slot(slot)) as found:
            yield found


def _told(row: PeripheralRow) -> None:
    click.echo(f"{row.verdict} {row.id}", err=True)


def show(result: PeripheralResult, folder: Path) -> None:
    """Print it."""
    for row in result.rows:
        why = f": {row.not_tested}" if row.not_tested else ""
        click.echo(f"{row.verdict:13} {row.id:18} {row.title}{why}")
        for finding in row.findings:
            click.echo(f"  {finding.behaviour}: expected {finding.expected}; observed {finding.observed}")
            click.echo(f"    at {finding.t:.3f} s, journal {finding.evidence}")
    counts = result.to_json()["counts"]
    click.echo(
        f"{len(result.rows)} rows: "
        + ", ".join(f"{number} {name}" for name, number in counts.items() if number)
    )
    click.echo(f"files: {folder / RESULT}, {folder / 'bench' / JOURNAL}")
