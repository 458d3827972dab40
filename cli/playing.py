"""A bench run from the command line: rig, choice, run, comparison, files. Where simulation and bench meet."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from ..hil.bench.choice import Choice, choose
from ..hil.bench.divergence import diverge
from ..hil.bench.latency import Conditions, judge, latencies, parse_limit
from ..hil.bench.plan import BenchPlan, bind
from ..hil.bench.result import BenchResult
from ..hil.bench.run import BenchRun, run_again, run_live
from ..hil.bench.timeline import Skipped
from ..hil.bench.visits import edges_of
from ..hil.bench.world import Coming
from ..hil.eyes.starting import Keep
from ..hil.faults.rig import NEEDS
from ..hil.transcript import Recording, read
from ..hil.verdicts import Rule
from ..report.result import write_text
from ..scenarios import InputError, Loaded, load
from ..sim.build import instances
from ..sim.files import metadata_of, read_events, write_events, write_persons
from ..sim.replication import metadata, persons_of

EVENTS, RESULT, FOLDER = Path("events/bench.parquet"), "bench.json", "bench"


def chosen(plan: BenchPlan, budget: float) -> tuple[BenchPlan, Choice]:
    """The plan with the people who are played."""
    scenario, day = plan.loaded.scenario, plan.simulate_day()
    population = plan.day.population
    groups = {person: population.groups[group] for person, group in enumerate(population.group.tolist())}
    name = instances(scenario)[plan.portal]
    served = scenario.policy(plan.policy).lanes_of(name, scenario.compound.portals[name]).directions()
    directions = sorted({way for lane in plan.lanes for way in served[lane]})
    choice = choose(
        day, plan.portal, groups, budget=budget, lanes=len(plan.lanes), directions=directions,
        edges=edges_of(scenario.policy(plan.policy), name), clock=plan.compiled.wall_clock.at, faults=plan.spans,
    )  # fmt: skip
    coming = [Coming(one.t, one.person, one.visit, one.direction) for one in choice.visits]
    return plan.playing(coming), choice


def play(
    loaded: Loaded, folder: Path, *, rig: str | None, policy: str | None, portal: str | None, budget: float, seed: int,
    slot: str | None, limits: Sequence[str], rule: str, keep: Keep | None = None,
) -> BenchResult:  # fmt: skip
    """Choose, play at the devices, compare. `keep`: what cameras see is stored. Raises: InputError, BenchError where nothing could be measured."""
    wanted = [parse_limit(one) for one in limits]
    from .rigging import bench_wiring

    plan = bind(loaded, policy=policy, portal=portal, lanes=1 << 10, seed=seed)
    kinds = {str(one.fault) for one in loaded.scenario.faults}
    tap = any(NEEDS.get(one) == "tap" for one in kinds)
    with bench_wiring(rig, slot, plan.portal, faults=bool(kinds), tap=tap, cameras=True, keep=keep) as wiring:
        plan = bind(loaded, policy=plan.policy, portal=plan.portal, lanes=len(wiring.lanes), seed=seed).at(
            wiring
        )
        plan, choice = chosen(plan, budget)
        transcript = transcript_in(folder)
        run = run_live(plan, wiring, transcript, about={"limits": list(limits), "rule": rule})
    return _compared(run, wiring.rig, wiring.emulated, choice, wanted, rule)


def transcript_in(folder: Path) -> Path:
    """A new file: attempts are only ever added."""
    (folder / FOLDER).mkdir(exist_ok=True)
    stem = datetime.now(UTC).strftime("transcript-%Y%m%dT%H%M%S")
    names = [f"{stem}.jsonl", *(f"{stem}-{n}.jsonl" for n in range(2, 1000))]
    return next(folder / FOLDER / name for name in names if not (folder / FOLDER / name).exists())


def _compared(
    run: BenchRun, rig: str, emulated: bool, choice: Choice | None, limits: Sequence[Any], rule: str
) -> BenchResult:
    plan = run.plan.without(Skipped(one.number, one.why) for one in run.lived.faults if one.why)
    model = plan.at_the_model()
    under, by = Conditions(run.trips, run.stalls, emulated), Rule(rule)
    measured = latencies(run.timings, under) if run.timings else []
    return BenchResult(
        run, rig, emulated, choice, model, diverge(model, run.events, run.judged), tuple(measured),
        tuple(judge(one, run.timings, under, by) for one in limits), by,
    )  # fmt: skip


def text_of(result: BenchResult) -> str:
    """bench.json."""
    return result.dumps()


def write(result: BenchResult, folder: Path) -> str:
    """Write events, persons and bench.json; the latter's text."""
    run, plan = result.run, result.run.plan
    about = metadata_of(run.events) | {"transcript": run.transcript, "rig": result.rig}
    write_events(folder / EVENTS, run.events, about)
    persons = persons_of(
        plan.loaded.scenario, plan.day.population, metadata(plan.loaded, plan.seed, plan.rep)
    )
    write_persons(folder / "persons" / "bench.parquet", persons)
    text = result.dumps()
    write_text(folder / RESULT, text)
    return text


# ---- again


@dataclass(frozen=True)
class Replayed:
    """A replay beside the live run."""

    rows: int
    differing: tuple[int, ...]
    """Numbers of the rows that differ."""
    stopped: str

    @property
    def identical(self) -> bool:
        return not self.differing

    def to_json(self) -> str:
        import json

        return json.dumps(
            {
                "rows": self.rows,
                "differing": list(self.differing),
                "identical": self.identical,
                "stopped": self.stopped,
            }
        )

    def text(self) -> str:
        how = (
            "each as in the live run"
            if self.identical
            else f"{len(self.differing)} of them differ, the first is row {self.differing[0]}"
        )
        return f"replayed: {self.rows} rows, {how}" + (
            f"; it ended early then, too: {self.stopped}" if self.stopped else ""
        )


def again(events: Path, scenario: str | None) -> Replayed:
    """Replay a run from the transcript that its events name."""
    table = read_events(events)
    about = metadata_of(table)
    if about.get("world") != "bench" or "transcript" not in about:
        raise InputError(
            f"{events}: is not the event log of a bench run (its world is {about.get('world')!r})"
        )
    recording = read(events.parent.parent / FOLDER / about["transcript"])
    run = run_again(_plan(recording, scenario), recording)
    return Replayed(len(table), tuple(_differing(table, run.events)), run.stopped)


def _differing(one: pa.Table, other: pa.Table) -> Iterator[int]:
    a, b = one.to_pylist(), other.to_pylist()
    for row in range(max(len(a), len(b))):
        if row >= len(a) or row >= len(b) or repr(a[row]) != repr(b[row]):
            yield row


def _plan(recording: Recording, scenario: str | None) -> BenchPlan:
    told: Mapping[str, Any] = recording.about.get("plan") or {}
    if not told:
        raise InputError("the transcript is not that of a bench run")
    with scenario_of(recording, scenario) as loaded:
        return BenchPlan.from_json(loaded, told)


@contextmanager
def scenario_of(recording: Recording, named: str | None) -> Iterator[Loaded]:
    """The scenario that was played: as named, else as the transcript keeps it."""
    if named is not None:
        yield load(named)
        return
    about = recording.about
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / about["plan"]["file"]
        path.write_text(about["text"], encoding="utf-8")
        yield load(path)


def judge_again(folder: Path, scenario: str | None, limits: Sequence[str], rule: str) -> BenchResult:
    """The result of the newest run in a folder, from its transcript."""
    found = sorted((folder / FOLDER).glob("transcript-*.jsonl"))
    if not found:
        raise InputError(f"{folder}: there is no transcript in it; name the --out folder of a bench run")
    recording = read(found[-1])
    run = run_again(_plan(recording, scenario), recording)
    run.transcript = found[-1].name
    run.released = [one for one in recording.events() if type(one).__name__ == "Released"]  # type: ignore[misc]
    wiring = recording.about["wiring"]
    wanted = [parse_limit(one) for one in limits or recording.about.get("limits", ())]
    return _compared(run, wiring["rig"], wiring["emulated"], None, wanted, rule)


def fitted(folder: Path) -> str:
    """What a run measured as YAML."""
    events = folder / EVENTS
    if not events.exists():
        raise InputError(f"{folder}: there is no {EVENTS} in it; name the --out folder of a bench run")
    from ..hil.bench.fit import fit

    table = read_events(events)
    recording = read(folder / FOLDER / metadata_of(table)["transcript"])
    return fit(table, run_again(_plan(recording, None), recording).timings).to_yaml()
