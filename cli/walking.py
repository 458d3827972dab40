"""A walk from the command line: rig, plan, run, files."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import click

from ..hil.bench.run import run_again, run_live
from ..hil.bench.wired import Wiring
from ..hil.faults import able, places
from ..hil.port.events import Released
from ..hil.transcript import read
from ..hil.walk.cover import SLOW
from ..hil.walk.explore import Explored, explore
from ..hil.walk.plan import WalkPlan, walk_plan
from ..hil.walk.regression import rows_of, save
from ..hil.walk.result import WalkResult
from ..hil.walk.rows import Row
from ..hil.walk.soak import planned as passages
from ..hil.walk.soak import soak_rows
from ..hil.walk.world import RowResult, WalkWorld
from ..report.result import write_text
from ..scenarios import InputError, Loaded
from .playing import scenario_of, transcript_in
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
    places: Mapping[str, str | None]
    """Faults that it can do, with the place of each."""
    known: tuple[Row, ...] = ()
    """Sequences that failed before."""


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
        where = places(plan, can)
        plan = plan.covering(where, only=only)
        seconds = sum(row.seconds(can) for row in plan.rows)
        yield Ready(plan, wiring, missing, seconds, where)


def soaking(ready: Ready, rate: float) -> Ready:
    """The same passage as often as it takes to see a defect of this rate, instead of the covering set."""
    rows = tuple(soak_rows(ready.plan, passages(rate)))
    return replace(ready, plan=replace(ready.plan, rows=rows), seconds=sum(row.seconds() for row in rows))


def exploring(ready: Ready, regression: Path, seconds: float) -> Ready:
    """Random sequences instead of the covering set; what failed before comes first."""
    known = rows_of(sorted(regression.glob("*.yaml")))
    return replace(ready, plan=replace(ready.plan, rows=()), seconds=seconds, known=tuple(known))


def walk(
    ready: Ready, folder: Path, *, regression: Path | None = None, seconds: float = 0.0, seed: int = 0, actuations: int = 2000
) -> WalkResult:  # fmt: skip
    """Walk it; each row is told on standard error as it ends. `regression`: explore, and save there what fails."""
    transcript = transcript_in(folder)
    shown = sys.stderr.isatty()

    def meet(world: WalkWorld) -> None:
        def told(one: RowResult) -> None:
            count = f"{len(world.results)}/{len(ready.plan.rows)}"
            click.echo(f"\r\x1b[K{count} {one.verdict} {one.row.id}", err=True, nl=one.verdict != "PASS")

        if shown:
            world.on_row = told

    explored: list[Explored] = []

    def drive(world: WalkWorld) -> None:
        spent = world.actuations
        found = explore(
            ready.plan, world.play, {name: where for name, where in ready.places.items() if name not in SLOW}, seconds=seconds, seed=seed, known=ready.known,
            actuations=lambda: spent.spent, most_actuations=actuations,
        )  # fmt: skip
        explored.append(found)

    run = run_live(
        ready.plan, ready.wiring, transcript, meet=meet, drive=None if regression is None else drive
    )
    if shown:
        click.echo("\r\x1b[K", err=True, nl=False)
    for found in explored:
        click.echo(found.text(), err=True)
        if found.smallest is not None and regression is not None:
            click.echo(
                f"saved: {save(ready.plan, regression, found.smallest.steps, found.story())}", err=True
            )
    return WalkResult(run, ready.wiring.rig, ready.wiring.emulated, ready.missing)


def judged_again(folder: Path, scenario: str | None) -> WalkResult | None:
    """The result of the newest transcript in a folder, if that is of a walk, from it alone. InputError, BrokenTranscript."""
    found = sorted((folder / "bench").glob("transcript-*.jsonl"))
    if not found:
        return None
    recording = read(found[-1])
    told = recording.about.get("plan") or {}
    if told.get("kind") != "walk":
        return None
    if not told["rows"]:
        raise InputError(
            f"{found[-1]}: exploring decided on each step as it went, so it cannot be played again; play what it saved"
        )
    with scenario_of(recording, scenario) as loaded:
        run = run_again(WalkPlan.from_json(loaded, told), recording)
    run.transcript = found[-1].name
    run.released = [one for one in recording.events() if isinstance(one, Released)]
    wired = recording.about["wiring"]
    return WalkResult(run, wired["rig"], wired["emulated"], {})


def write(result: WalkResult, folder: Path) -> str:
    """Write faults.json; its text."""
    text = result.dumps()
    write_text(folder / RESULT, text)
    return text
