"""A walk from the command line: rig, plan, run, files."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from ..hil.bench.run import Wiring, run_live
from ..hil.faults import able, places
from ..hil.walk.plan import WalkPlan, walk_plan
from ..hil.walk.result import WalkResult
from ..hil.walk.world import RowResult, WalkWorld
from ..report.result import write_text
from ..scenarios import Loaded
from .playing import transcript_in
from .rigging import bench_wiring

RESULT = "faults.json"


@dataclass(frozen=True)
class Ready:
    """A plan at an open rig."""

    plan: WalkPlan
    wiring: Wiring
    missing: Mapping[str, str]
    """Faults that this rig cannot do, and why."""
    seconds: float
    """How long it will take, about."""


@contextmanager
def planned(
    loaded: Loaded, *, rig: str | None, slot: str | None, policy: str | None, portal: str | None, factor: float,
    only: Sequence[str],
) -> Iterator[Ready]:  # fmt: skip
    """The rig is open until the block is left. Raises: InputError, BenchError."""
    plan = walk_plan(loaded, policy=policy, portal=portal, lanes=1 << 10, factor=factor)
    with bench_wiring(rig, slot, plan.portal, faults=True, factor=factor) as wiring:
        plan = walk_plan(
            loaded, policy=plan.policy, portal=plan.portal, lanes=len(wiring.lanes), factor=factor
        )
        can, missing = able(wiring, plan)
        plan = plan.covering(places(plan, can), only=only)
        seconds = sum(row.seconds(can) for row in plan.rows)
        yield Ready(plan, wiring, missing, seconds)


def walk(ready: Ready, folder: Path) -> WalkResult:
    """Walk it; each row is told on standard error as it ends."""
    transcript = transcript_in(folder)
    shown = sys.stderr.isatty()

    def meet(world: WalkWorld) -> None:
        def told(one: RowResult) -> None:
            count = f"{len(world.results)}/{len(ready.plan.rows)}"
            click.echo(f"\r\x1b[K{count} {one.verdict} {one.row.id}", err=True, nl=one.verdict != "PASS")

        if shown:
            world.on_row = told

    run = run_live(ready.plan, ready.wiring, transcript, meet=meet)
    if shown:
        click.echo("\r\x1b[K", err=True, nl=False)
    return WalkResult(run, ready.wiring.rig, ready.wiring.emulated, ready.missing)


def write(result: WalkResult, folder: Path) -> str:
    """Write faults.json; its text."""
    text = result.dumps()
    write_text(folder / RESULT, text)
    return text
