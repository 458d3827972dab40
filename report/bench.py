"""A bench run for people: in the terminal, and as a part of the page."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..hil.bench.latency import Latency
from ..hil.bench.result import BenchResult
from ..hil.bench.timings import STAGES
from ..hil.bench.witness import KINDS
from ..hil.verdicts import Verdict

MOST = 8
"""Entries of a list in the terminal."""


def milliseconds(seconds: float | None) -> str:
    """`50.4 ms`."""
    if seconds is None:
        return "–"
    return f"{1000.0 * seconds:.1f} ms" if seconds < 10.0 else f"{seconds:.1f} s"


def sentence(result: BenchResult) -> str:
    """The answer."""
    counts = result.counts
    tested = counts[Verdict.PASS] + counts[Verdict.FAIL]
    device = "the emulated controller" if result.emulated else "the controller"
    if not tested:
        return f"No decision of {device} was tested."
    wrong = counts[Verdict.FAIL]
    text = (
        f"{device[0].upper()}{device[1:]} decided {tested} of {tested} attempts as the policy {result.run.plan.policy} says."
        if not wrong
        else f"{device[0].upper()}{device[1:]} decided {wrong} of {tested} attempts otherwise than the policy {result.run.plan.policy} says."
    )
    if result.locked_out:
        text += f" {result.locked_out} times its lock did not do what it had decided."
    if result.alarms_missing:
        text += f" {result.alarms_missing} times its log lacks the alarm of a leaf that stood open."
    if counts[Verdict.NOT_TESTED]:
        text += f" {counts[Verdict.NOT_TESTED]} further attempts prove nothing about it."
    return text


def latency_rows(result: BenchResult) -> list[tuple[str, str, str, str, str, str, str, str]]:
    """Stage, credential and direction, n, least, p50, p95, largest, U."""
    rows = []
    for one in result.latencies:
        values = one.sample.values
        p95 = f"{milliseconds(one.sample.quantile(0.95).value)}{_upto(one)}"
        rows.append(
            (
                one.stage, " ".join(filter(None, (one.credential, one.direction))), str(one.sample.n), milliseconds(min(values)),
                milliseconds(one.sample.quantile(0.5).value), p95, milliseconds(max(values)), f"{1000.0 * one.u:.2f} ms",
            )
        )  # fmt: skip
    return rows


def _upto(one: Latency) -> str:
    high = one.sample.quantile(0.95).high
    return "" if math.isinf(high) else f" (to {milliseconds(high)})"


def limit_rows(result: BenchResult) -> list[tuple[str, str, str]]:
    """Limit, verdict, figures."""
    rows = []
    for one in result.verdicts:
        figures = (
            one.reason if one.quantile is None else f"{milliseconds(one.quantile)}, n = {one.n}; {one.reason}"
        )
        rows.append((one.what, str(one.verdict), figures))
    return rows


def fault_lines(result: BenchResult) -> list[str]:
    """What became of each fault of the scenario."""
    lines = []
    for one in result.faults:
        what = one["fault"] + (f" at {one['where']}" if one["where"] else "")
        if one["verdict"]:
            lines.append(f"fault {what}: {one['verdict']}, {one['why']}")
        else:
            off = "still on" if one["off"] is None else f"off at {one['off']:.1f} s"
            lines.append(f"fault {what}: seen on at {one['on']:.1f} s, {off}")
    return lines


def safety(result: BenchResult) -> str:
    """How the doors were left."""
    if not result.run.released:
        return "nothing was opened, so nothing had to be made safe"
    doors = [one for one in result.run.released if one.answers]
    if result.run.safe:
        read = "; ".join(
            " ".join((answer or b"").decode("ascii", "replace").strip() for answer in one.answers)
            for one in doors
        )
        return (
            f"contacts shut, buttons released, no fire, locks read back locked ({read})"
            if doors
            else "no line had anything to be made safe"
        )
    return "NOT CONFIRMED: look at the door, it may stand unlocked"


def show(result: BenchResult, folder: Path | None) -> None:
    """Print the answer."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=160)
    run = result.run
    plan = run.plan
    what = "emulated devices" if result.emulated else f"rig {result.rig}"
    console.print(
        f"{plan.loaded.scenario.id} · {plan.policy} at {plan.portal} · {what} · {len(plan.coming)} visits · seed {plan.seed}",
        markup=False, soft_wrap=True,
    )  # fmt: skip
    if result.choice is not None:
        console.print(result.choice.text(MOST), markup=False, style="dim", soft_wrap=True)
    console.print()
    console.print(Text(sentence(result), style="bold" if result.exit_code else ""))
    if result.latencies:
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        for index, name in enumerate(
            ("stage", "", "n", "least", "p50", "p95 (95 %)", "largest", "U (k = 2)")
        ):
            table.add_column(name, justify="left" if index < 2 else "right", no_wrap=True)
        for row in latency_rows(result):
            table.add_row(*row)
        console.print()
        console.print(table)
    for limit, verdict, figures in limit_rows(result):
        console.print(f"{verdict}  {limit}: {figures}", markup=False, soft_wrap=True)
    if result.verdicts:
        console.print(f"decision rule: {result.rule.text}", style="dim")
    for text in camera_sentences(result):
        console.print(text, markup=False, soft_wrap=True)
    for seen in camera_rows(result):
        console.print(f"camera - wire, {seen[1]}: {seen[3]} (sd {seen[4]}), n = {seen[2]}, {seen[6]} within U = {seen[5]}", markup=False, soft_wrap=True)  # fmt: skip
    console.print()
    console.print(result.divergence.text(MOST), markup=False, soft_wrap=True)
    for line in fault_lines(result):
        console.print(line, markup=False, soft_wrap=True)
    console.print(f"doors: {safety(result)}", markup=False, soft_wrap=True)
    if run.stopped:
        console.print(f"ended early: {run.stopped}", markup=False, style="bold", soft_wrap=True)
    for error in run.errors:
        console.print(f"on leaving: {error}", markup=False, style="bold", soft_wrap=True)
    if folder is not None:
        console.print(f"files: {folder / 'bench.json'}, {folder / 'events' / 'bench.parquet'}, {folder / 'bench' / run.transcript}", markup=False, soft_wrap=True)  # fmt: skip


def camera_rows(result: BenchResult) -> list[tuple[str, str, str, str, str, str, str]]:
    """Camera and lane, event, n, mean of camera - wire, its standard deviation, U (k = 2) of one, how many lie within it."""
    rows = []
    for one in result.run.witnesses:
        for what, (by_camera, by_wire) in KINDS.items():
            pairs = one.pairs_of(what)
            if not pairs:
                continue
            values = [1000.0 * pair.difference for pair in pairs]
            sd = f"{statistics.stdev(values):.2f} ms" if len(values) > 1 else "–"
            u = statistics.median(1000.0 * pair.expanded for pair in pairs)
            within = sum(pair.agrees for pair in pairs)
            rows.append(
                (
                    f"{one.camera}, lane {one.lane}", f"{by_camera}; {by_wire}", str(len(pairs)), f"{statistics.fmean(values):+.2f} ms",
                    sd, f"{u:.2f} ms", f"{within} of {len(pairs)}",
                )
            )  # fmt: skip
    return rows


def camera_sentences(result: BenchResult) -> list[str]:
    """What is to be said of each camera beyond its figures."""
    found = []
    for one in result.run.witnesses:
        text = (
            f"{one.camera} watches lane {one.lane}: {one.verdict}, {one.frames} frames, {one.missing} missing"
        )
        text += f", {len(one.seen)} sightings" if one.clock is not None else f"; {one.why_no_clock}"
        if one.lost:
            text += f"; it gave no more frames: {one.lost}"
        text += "".join(f"; {count} times not seen: {KINDS[what][1]}" for what, count in one.unseen.items())
        found.append(text + ".")
        for other in one.contradictions[:MOST]:
            found.append(
                f"{one.camera}, lane {one.lane}: {other.seen}, and {other.wires} (evidence {other.evidence})."
            )
        found += [f"{one.camera}: {reason}" for reason in dict.fromkeys(one.reasons[:MOST])]
    return found


def stages_shown(result: BenchResult) -> Sequence[tuple[str, str]]:
    """The stages that were measured, and what each is."""
    measured = {one.stage for one in result.latencies}
    return [(name, text) for name, text in STAGES.items() if name in measured]


def part(result: BenchResult) -> dict[str, Any]:
    """What the page's part on the bench shows."""
    divergence = result.divergence
    return {
        "result": result,
        "plan": result.run.plan,
        "sentence": sentence(result),
        "coverage": None if result.choice is None else f"{result.choice.percent:.0f} % of {len(result.choice.covered) + len(result.choice.left)}",
        "left": [] if result.choice is None else result.choice.left,
        "latencies": latency_rows(result),
        "stages": stages_shown(result),
        "limits": limit_rows(result),
        "causes": divergence.causes,
        "consequences": divergence.consequences,
        "times": divergence.decision_times,
        "faults": fault_lines(result),
        "safety": safety(result),
        "cameras": camera_rows(result),
        "seen": camera_sentences(result),
    }  # fmt: skip
