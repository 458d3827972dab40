"""`gatebench story`: a person's day from the event log, candidate beside candidate."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import click
import pyarrow as pa
import pyarrow.compute as pc

from ..report.eventful import Eventful, eventful
from ..report.story import Clock, Story, rows_of, tell, who
from ..report.visit_story import Sentence
from ..scenarios.errors import InputError
from ..scenarios.spelling import unknown
from ..sim.files import metadata_of, read_events, read_persons
from ..sim.visit import LEGS

SCHEMA = "gatebench.story/1"
_TRACED = "`gatebench compare SCENARIO --trace --out {folder}` writes one"


@click.command("story")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--person", type=int, help="Number of the person; without it, people with eventful days are listed."
)
@click.option("--policy", help="One candidate; all, one after the other, unless given.")
@click.option("--rep", type=click.IntRange(0, 99_999), default=0, show_default=True, help="Replication.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def story(folder: Path, person: int | None, policy: str | None, rep: int, as_json: bool) -> None:
    """Tell a person's day as a story, from the event logs in DIR (the --out of `gatebench compare --trace`)."""
    logs = _logs(folder, policy, rep)
    persons = read_persons(_persons_file(folder, rep))
    if person is None:
        _suggest(folder, rep, logs, persons, as_json)
        return
    described = _person(persons, person)
    stories, metadata = [], {}
    for name, path in logs.items():
        events = read_events(path)
        metadata = _metadata(events, path)
        stories.append(tell(name, rows_of(events, person), person, int(metadata.get("legs") or LEGS)))
    clock = Clock(metadata)
    if as_json:
        click.echo(_document(described, rep, metadata, clock, stories))
        return
    click.echo(who(described))
    for one in stories:
        click.echo(f"\n{one.policy}")
        for line in _lines(one, stories[0], clock):
            click.echo(line)


# ---- what is there


def _logs(folder: Path, policy: str | None, rep: int) -> dict[str, Path]:
    """Event log by candidate: the one that was asked for, or all, the baseline first."""
    if not folder.is_dir():
        raise InputError(f"{folder}: there is no such folder")
    known = sorted(one.parent.name for one in (folder / "events").glob("*/rep-00000.parquet")) or sorted(
        {one.parent.name for one in (folder / "events").glob("*/rep-*.parquet")}
    )
    if not known:
        raise InputError(f"{folder}: there is no trace in it; {_TRACED.format(folder=folder)}")
    if policy is not None and policy not in known:
        raise InputError(f"--policy: {unknown('policy', policy, known)}")
    first = _baseline(folder)
    chosen = [policy] if policy is not None else sorted(known, key=lambda name: (name != first, name))
    found = {name: folder / "events" / name / f"rep-{rep:05}.parquet" for name in chosen}
    for name, path in found.items():
        if not path.exists():
            there = sorted(int(one.stem[4:]) for one in path.parent.glob("rep-*.parquet"))
            raise InputError(
                f"--rep: of replication {rep} there is no trace of {name}; there are: {_ranges(there)}"
            )
    return found


def _persons_file(folder: Path, rep: int) -> Path:
    path = folder / "persons" / f"rep-{rep:05}.parquet"
    if not path.exists():
        raise InputError(f"{path}: there is no such file; {_TRACED.format(folder=folder)}")
    return path


def _baseline(folder: Path) -> str | None:
    try:
        said = json.loads((folder / "result.json").read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return said.get("baseline") if isinstance(said, dict) else None


def _metadata(events: pa.Table, path: Path) -> dict[str, Any]:
    metadata = metadata_of(events)
    missing = [name for name in ("person", "visit", "event") if name not in events.column_names]
    if missing or "start" not in metadata:
        raise InputError(
            f"{path}: this is no trace: it has no {missing[0] if missing else 'start in its metadata'}"
        )
    return metadata


def _person(persons: pa.Table, person: int) -> dict[str, Any]:
    found: list[dict[str, Any]] = persons.filter(pc.equal(persons["person"], person)).to_pylist()
    if found:
        return found[0]
    numbers = sorted(persons["person"].to_pylist())
    if not numbers:
        raise InputError(f"--person: there is no person {person}; nobody is in this replication")
    near = sorted(sorted(numbers, key=lambda one: abs(one - person))[:3])
    raise InputError(
        f"--person: there is no person {person}; their numbers go from {numbers[0]} to {numbers[-1]}, "
        f"near ones are {', '.join(map(str, near))}"
    )


def _ranges(numbers: list[int]) -> str:
    whole = numbers == list(range(numbers[0], numbers[-1] + 1)) if numbers else False
    return (
        f"{numbers[0]} to {numbers[-1]}"
        if whole and len(numbers) > 2
        else ", ".join(map(str, numbers)) or "none"
    )


# ---- telling


def _lines(one: Story, first: Story, clock: Clock) -> list[str]:
    """The story's lines; under a later candidate `*` marks what is not told so under the first."""
    if not one.sentences:
        return ["  The log has no rows of theirs."]
    before = {(sentence.t, sentence.text) for sentence in first.sentences}
    told = [(sentence.t, sentence.text) for sentence in one.sentences]
    if one is not first and set(told) == before:
        return [f"  The same day as under {first.policy}."]
    lines, day = [], None
    for sentence, key in zip(one.sentences, told, strict=True):
        at = clock.at(sentence.t)
        if at.date() != day:
            day = at.date()
            lines.append(f"  {_date(at)}")
        mark = "*" if one is not first and key not in before else " "
        lines.append(f"{mark} {at:%H:%M:%S}  {sentence.text}")
    if one is not first:
        lines.append(f"  (* is not so under {first.policy})")
    return lines


def _date(at: datetime) -> str:
    return f"{at:%A}, {at.day} {at:%B %Y}"


def _document(
    described: dict[str, Any], rep: int, metadata: dict[str, Any], clock: Clock, stories: list[Story]
) -> str:
    document = {
        "schema": SCHEMA,
        "scenario": {"id": metadata.get("scenario"), "sha256": metadata.get("sha256")},
        "seed": metadata.get("seed"),
        "rep": rep,
        "person": {**described, "text": who(described)},
        "stories": [
            {
                "policy": one.policy,
                "sentences": [_sentence(sentence, clock) for sentence in one.sentences],
                "left_out": list(one.left_out),
            }
            for one in stories
        ],
    }
    return json.dumps(document, ensure_ascii=False, indent=1)


def _sentence(one: Sentence, clock: Clock) -> dict[str, Any]:
    return {"t": one.t, "clock": clock.at(one.t).isoformat(), "text": one.text, "rows": list(one.rows)}


# ---- suggestions


def _suggest(folder: Path, rep: int, logs: dict[str, Path], persons: pa.Table, as_json: bool) -> None:
    found = {name: eventful(read_events(path), persons) for name, path in logs.items()}
    if as_json:
        people = {name: [one._asdict() for one in those] for name, those in found.items()}
        click.echo(
            json.dumps({"schema": SCHEMA, "rep": rep, "eventful": people}, ensure_ascii=False, indent=1)
        )
        return
    some: Eventful | None = None
    for name, those in found.items():
        click.echo(f"{name}: people with eventful days")
        for one in those:
            some = some or one
            told = ", ".join(f"{what} {count}" for what, count in one.counts.items())
            click.echo(f"  {one.person:>6}  {one.group or '?'}: {told}")
        if not those:
            click.echo("  nobody was denied, gave up, followed or was followed")
    if some is not None:
        more = f" --rep {rep}" if rep else ""
        click.echo(f"\nask for one of them: gatebench story {folder} --person {some.person}{more}")
