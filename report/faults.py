"""A walk with faults, as text: plan, matrix, what was found with its evidence, what was not tested."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click
import numpy as np
from rich.console import Console
from rich.table import Table

from ..hil.verdicts import Verdict
from ..hil.walk.plan import WalkPlan
from ..hil.walk.result import WalkResult
from ..hil.walk.steps import text

SHORT = {"PASS": "pass", "FAIL": "FAIL", "INDETERMINATE": "indet.", "NOT_TESTED": "–"}
STYLES = {"PASS": "green", "FAIL": "bold red", "INDETERMINATE": "yellow", "NOT_TESTED": "dim"}


def _some(count: int, what: str) -> str:
    return f"{count} {what}" + ("" if count == 1 else "s")


def plan_text(plan: WalkPlan, missing: Mapping[str, str], seconds: float) -> str:
    """What will be walked, before the first step."""
    faults = sorted({row.fault for row in plan.rows if row.fault})
    scale = "" if plan.factor == 1 else f", the device's timers {plan.factor:g} times as fast"
    rows = f"{_some(len(plan.rows), 'row')} with {_some(len(faults), 'fault')}, about {seconds / 60:.1f} min{scale}"
    lines = [
        f"{plan.loaded.scenario.id}, {plan.policy} at {plan.portal}: {rows}",
        f"limits: {plan.limits.text()}",
    ]
    lines += [f"not tested, {fault}: {why}" for fault, why in sorted(missing.items())]
    return "\n".join(lines)


def show(result: WalkResult, folder: Path | None) -> None:
    """Print it."""
    console = Console(soft_wrap=True, highlight=False)
    _matrix(result, console)
    _findings(result)
    untested = [one for one in result.rows if one.verdict is Verdict.NOT_TESTED]
    for one in untested:
        click.echo(f"not tested, {one.row.id}: {one.not_tested}")
    latencies = [seconds for one in result.rows for seconds in one.latencies]
    if latencies:
        p50, p95, top = (
            1e3 * float(np.quantile(latencies, q, method="inverted_cdf")) for q in (0.5, 0.95, 1.0)
        )
        click.echo(
            f"\n{_some(len(latencies), 'answer')}: p50 {p50:.0f} ms, p95 {p95:.0f} ms, longest {top:.0f} ms"
        )
    counts = ", ".join(f"{result.counts[str(one)]} {one}" for one in Verdict if result.counts[str(one)])
    click.echo(
        f"{_some(len(result.rows), 'row')}: {counts}" + (f"; {result.left} not walked" if result.left else "")
    )
    for released in result.run.released:
        if released.answers:
            answers = " ".join(
                "silence" if a is None else a.decode("ascii", "replace").strip() for a in released.answers
            )
            click.echo(
                f"{released.resource}: {'as it should be when it is left' if released.sound else 'NOT SAFE'} ({answers})"
            )
    if result.run.stopped:
        click.echo(f"ended early: {result.run.stopped}")
    for error in result.run.errors:
        click.echo(f"error: {error}")
    if folder is not None:
        click.echo(f"files: {folder / 'faults.json'}, {folder / 'bench' / result.run.transcript}")


def _matrix(result: WalkResult, console: Console) -> None:
    matrix = result.matrix()
    plain = [one for one in result.rows if not one.row.fault]
    if plain:
        bad = sum(one.verdict is not Verdict.PASS for one in plain)
        click.echo(f"while all is well: {_some(len(plain), 'row')}, {len(plain) - bad} as they should be")
    if not matrix:
        return
    table = Table(
        box=None,
        pad_edge=False,
        title="fault beside the state of the door when it begins",
        title_justify="left",
    )
    for name in ("fault", *result.columns()):
        table.add_column(name)
    for fault, states in matrix.items():
        cells = [states.get(state, "") for state in result.columns()]
        table.add_row(fault, *(f"[{STYLES[one]}]{SHORT[one]}[/]" if one else "" for one in cells))
    console.print(table)


def _findings(result: WalkResult) -> None:
    for one in result.rows:
        if not one.findings:
            continue
        click.echo(f"\n{one.verdict} {one.row.id}: {one.row.title}")
        for finding in one.findings:
            step = text(one.row.steps[finding.step]) if 0 <= finding.step < len(one.row.steps) else ""
            where = f", transcript {finding.evidence}" if finding.evidence >= 0 else ""
            click.echo(f"  {finding.behaviour}: expected {finding.expected}; observed {finding.observed}")
            click.echo(f"    at {finding.t:.3f} s{where}" + (f", after: {step}" if step else ""))
