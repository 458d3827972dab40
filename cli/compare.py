"""`gatebench compare` and `gatebench run`: a scenario's candidates in simulation."""

from __future__ import annotations

import difflib
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..scenarios import EngineError, InputError, Loaded, load
from .folder import claimed
from .output import echo_json
from .progress import Progress

if TYPE_CHECKING:
    from ..hil.bench.result import BenchResult
    from .joined import Bench

_ARGUMENTS = (
    click.argument("scenario"),
    click.option(
        "-n",
        "count",
        type=click.IntRange(1, 100_000),
        help="Replications (days); the scenario's own number unless given.",
    ),
    click.option(
        "--policies", help="Candidates, with commas between them; all of the scenario unless given."
    ),
    click.option(
        "--baseline", help="The candidate that the others are compared with; the first unless given."
    ),
    click.option(
        "--seed",
        type=click.IntRange(0, 2**63 - 1),
        default=1,
        show_default=True,
        help="Of all random numbers.",
    ),
    click.option("--workers", type=click.IntRange(1, 256), help="Worker processes; one a core unless given."),
    click.option("--trace", is_flag=True, help="Keep the event logs and persons as Parquet below --out."),
    click.option(
        "--no-sensitivity",
        is_flag=True,
        help="Leave out how the headline depends on how readily people follow, which takes replications of its own.",
    ),
    click.option(
        "--sensitivity-replications",
        "sensitivity_count",
        type=click.IntRange(1, 100_000),
        help="Replications for each probability of following; 5 at the most unless given, and never more than -n.",
    ),
    click.option(
        "--json", "as_json", is_flag=True, help="One JSON document (result.json) on standard output."
    ),
    click.option(
        "--out", type=click.Path(path_type=Path), help="Folder for the results; out/SCENARIO unless given."
    ),
)


WIDE = 400
"""Columns where there is no terminal that would limit them."""


def _with_arguments(function: Any) -> Any:
    for option in reversed(_ARGUMENTS):
        function = option(function)
    return function


@click.command("compare")
@_with_arguments
def compare(**given: Any) -> int:
    """Compare the access policies of SCENARIO (a name from `gatebench list`, or a file) in simulation.

    Writes result.json, report.html and junit.xml; exits with 1 if an expectation of the scenario fails.
    """
    return _compare(**given)


@click.command("run")
@_with_arguments
@click.option("--rig", metavar="FILE", help="The rig file of the devices; emulated ones unless given.")
@click.option("--slot", help="Which of the rig's slots; the first unless given.")
@click.option("--budget", default="40 s", show_default=True, help="Real time that the devices may take.")
@click.option(
    "--limit",
    "limits",
    multiple=True,
    metavar="'STAGE.pNN <= TIME'",
    help="A limit on the devices, such as 'decision.p95 <= 500 ms'; may be given again.",
)
@click.option(
    "--rule",
    type=click.Choice(["guard-band", "simple"]),
    default="guard-band",
    show_default=True,
    help="Decision rule of the limits.",
)
@click.option("--no-bench", is_flag=True, help="Leave the devices out: simulation alone.")
def run(
    rig: str | None,
    slot: str | None,
    budget: str,
    limits: tuple[str, ...],
    rule: str,
    no_bench: bool,
    **given: Any,
) -> int:
    """Compare the access policies of SCENARIO (a name from `gatebench list`, or a file), play some of the people at devices,
    and write one report of both.

    Devices are played where the scenario has a `bench:`. Exits with 1 if an expectation of the scenario fails or a device
    does something else than the policy says, with 3 if the bench failed.
    """
    if no_bench:
        return _compare(**given)
    from .bench import parse_budget
    from .joined import Bench

    return _compare(bench=Bench(rig, slot, parse_budget(budget), limits, rule), **given)


def _compare(
    scenario: str,
    count: int | None,
    policies: str | None,
    baseline: str | None,
    seed: int,
    workers: int | None,
    trace: bool,
    no_sensitivity: bool,
    sensitivity_count: int | None,
    as_json: bool,
    out: Path | None,
    bench: Bench | None = None,
) -> int:
    loaded = load(scenario)
    if bench is not None:
        bench.check(loaded)
    candidates = candidates_of(loaded, policies)
    first = _baseline(candidates, baseline)
    folder = click.get_current_context().with_resource(claimed(out or Path("out") / loaded.scenario.id))
    n = count or loaded.scenario.replications
    from ..sim.comparison import compare as compare_candidates
    from ..sim.sensitivity import can_follow, measure_sensitivity, replications_of, runs

    varied = 0 if no_sensitivity or not can_follow(loaded.scenario) else replications_of(n, sensitivity_count)
    cores = workers or _cores()
    began = time.perf_counter()
    with Progress(
        f"{loaded.scenario.id}: {len(candidates)} policies", n + runs(loaded.scenario, varied)
    ) as progress:
        comparison = compare_candidates(
            loaded, candidates, first, n=n, seed=seed, workers=cores, trace=folder if trace else None,
            on_done=progress.done,
        )  # fmt: skip
        if varied and not comparison.cut_short:
            sensitivity = measure_sensitivity(
                loaded,
                comparison.figures,
                n=varied,
                seed=seed,
                workers=cores,
                on_done=lambda done: progress.done(n + done),
            )
            comparison = replace(comparison, sensitivity=sensitivity, cut_short=sensitivity.cut_short)
    seconds = time.perf_counter() - began
    if comparison.cut_short:
        of = "" if comparison.n < n else "; how the headline depends on following is not"
        click.echo(
            f"interrupted: {comparison.n} of {n} replications are finished and reported{of} (Ctrl-C again: stop without a report)",
            err=True,
        )
    if bench is not None and not comparison.cut_short:
        bench.play(loaded, folder, seed)
    _report(comparison, bench, folder, seconds, as_json)
    if comparison.cut_short:
        return 130
    failed = int(any(one.failed for one in comparison.judgements))
    return failed if bench is None else bench.exit_code(failed)


def _report(comparison: Any, bench: Bench | None, folder: Path, seconds: float, as_json: bool) -> None:
    """Write the files and tell the answer. Where files cannot be written the answer is told all the same: it may have taken hours."""
    from ..report.result import as_json as document
    from ..report.result import dumps

    played = None if bench is None else bench.result
    result = dumps(document(comparison, played))
    failure: OSError | None = None
    try:
        _write(comparison, played, result, folder)
    except OSError as error:
        failure = error
    if bench is not None and not as_json:
        _tell(comparison, result, None, seconds, as_json)
        bench.tell(folder)
        if failure is None:
            click.echo(f"report: {folder / 'report.html'} ({seconds + bench.seconds:.0f} s)")
    else:
        _tell(comparison, result, None if failure else folder, seconds, as_json)
    if failure is not None:
        raise EngineError(
            f"{folder}: cannot be written: {failure.strerror}; standard output has the answer"
        ) from failure


def candidates_of(loaded: Loaded, policies: str | None) -> list[str]:
    known = list(loaded.scenario.policies)
    if policies is None:
        return known
    chosen = [name.strip() for name in policies.split(",") if name.strip()]
    for name in chosen:
        if name not in known:
            raise InputError(f"--policies: {_unknown(name, known)}")
    if not chosen:
        raise InputError(f"--policies names no policy; there are: {', '.join(known)}")
    return list(dict.fromkeys(chosen))


def _baseline(candidates: list[str], baseline: str | None) -> str:
    if baseline is None:
        return candidates[0]
    if baseline not in candidates:
        raise InputError(f"--baseline: {_unknown(baseline, candidates)}")
    return baseline


def _unknown(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, 1)
    return f"unknown policy {name!r}; " + (
        f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(known)}"
    )


def _cores() -> int:
    usable = getattr(os, "sched_getaffinity", None)
    return len(usable(0)) if usable is not None else os.cpu_count() or 1


def _write(comparison: Any, played: BenchResult | None, result: str, folder: Path) -> None:
    from ..report.junit import junit
    from ..report.page import page
    from ..report.result import write_text, write_texts

    # The page takes longest. Whenever this is interrupted, what is there is whole and of one run.
    texts = {"result.json": result, "junit.xml": junit(comparison, played)}
    write_texts(folder, texts, instead_of=("junit.xml", "report.html"))
    write_text(folder / "report.html", page(comparison, played))


def _tell(comparison: Any, result: str, folder: Path | None, seconds: float, as_json: bool) -> None:
    if as_json:
        echo_json(result)
        return
    from rich.console import Console

    from ..report.table import show

    console = Console(highlight=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        # A file or a pipe is as wide as need be.
        console = Console(highlight=False, width=WIDE)
    show(comparison, console)
    if folder is not None:
        console.print(f"report: {folder / 'report.html'} ({seconds:.0f} s)", soft_wrap=True, markup=False)
