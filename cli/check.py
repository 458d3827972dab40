"""`gatebench check`: what the law indicates of a scenario's policies, at a place and on a day."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..scenarios import InputError, Loaded, load
from .compare import candidates_of
from .output import echo_json

if TYPE_CHECKING:
    from ..scenarios.law import Measured

REPLICATIONS = 2
"""As many days are simulated unless `-n` says otherwise: means of times are steady over the visits of one."""


@click.command("check")
@click.argument("scenario", metavar="SCENARIO|POLICY")
@click.option(
    "--as-of", metavar="DATE", help="The day, such as 2025-07-01; that of the scenario's start unless given."
)
@click.option("--place", metavar="CITY", help="Where; the scenario's own place unless given.")
@click.option("--policies", help="Candidates, with commas between them; all of the scenario unless given.")
@click.option(
    "--strict", is_flag=True, help="Exit with 1 also if something depends on what the file does not say."
)
@click.option(
    "--no-measure", is_flag=True, help="Do not simulate; whether a way is convenient then stays open."
)
@click.option(
    "-n",
    "count",
    type=click.IntRange(1, 100),
    default=REPLICATIONS,
    show_default=True,
    help="Replications that are measured.",
)
@click.option(
    "--seed", type=click.IntRange(0, 2**63 - 1), default=1, show_default=True, help="Of all random numbers."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def check(
    scenario: str,
    as_of: str | None,
    place: str | None,
    policies: str | None,
    strict: bool,
    no_measure: bool,
    count: int,
    seed: int,
    as_json: bool,
) -> int:
    """Check SCENARIO (a name from `gatebench list`, or a file) or the file of a policy: is it sound, and what does the law
    indicate?

    Every rule in force at the place on the day answers; a breach comes with somebody who has no way, and what would repair it.
    Exits with 1 if a breach is indicated, with 2 if the file, the place or the day is wrong. It is no legal advice.
    """
    from ..report.law import document, text
    from ..scenarios.law import check as judge
    from ..scenarios.law import in_force

    day = None if as_of is None else _day(as_of)
    loaded, notes = _load(scenario, day)
    candidates = candidates_of(loaded, policies)
    there = place or loaded.scenario.place
    if not there.strip():
        raise InputError(
            f"{loaded.path}: does not say where it is; add 'place: Zhengzhou', or name one by --place"
        )
    day = day or loaded.scenario.start.local.date()
    in_force(there, day)  # before anything is simulated
    told: dict[str, Any] = {}

    def measured(policy: str) -> Measured | None:
        if no_measure:
            return None
        from ..sim.convenience import measure_ways

        click.echo(f"measuring {policy}: {count} replications …", err=True)
        told[policy] = {"replications": count, "seed": seed}
        return measure_ways(loaded, policy, n=count, seed=seed)

    checked = judge(loaded.scenario, candidates, there, day, measured)
    if as_json:
        echo_json(json.dumps(document(checked, told, notes), ensure_ascii=False, indent=1))
    else:
        titles = {id: loaded.scenario.policies[id].title for id in candidates}
        click.echo(text(checked, titles, notes))
    return int(checked.breached or (strict and checked.open))


def _load(name: str, day: date | None) -> tuple[Loaded, tuple[str, ...]]:
    from ..scenarios.law.alone import ASSUMED, is_policy, load_policy
    from ..scenarios.law.contradictions import problems

    if is_policy(Path(name)):
        if day is None:
            raise InputError(
                f"{name}: a policy by itself has no day; name one by --as-of, such as --as-of 2025-07-01"
            )
        return load_policy(Path(name), day), (ASSUMED,)
    return load(name, also=problems), ()


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise InputError(f"--as-of {text!r} is no day; write it like 2025-07-01") from None
