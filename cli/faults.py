"""`gatebench bench faults`: a door under test meets every fault that the rig can do, and falls back as its policy says."""

from __future__ import annotations

from pathlib import Path

import click

from ..scenarios import InputError, load
from .bench_options import JSON, OUT, RIG
from .folder import claimed
from .output import echo_json


@click.command("faults")
@click.argument("scenario")
@RIG
@click.option("--policy", help="The candidate; that of the scenario's `bench:` unless given.")
@click.option("--portal", help="The portal; that of the scenario's `bench:` unless given.")
@click.option("--slot", help="Which of the rig's slots; the first unless given.")
@click.option(
    "--time-scale", type=float, default=1.0, show_default=True, metavar="N",
    help="Provisioned times (unlock, alarms, suspensions) and their limits divided by N; never wire timing.",
)  # fmt: skip
@click.option("--only", multiple=True, metavar="ROW|FAULT", help="Walk these alone; may be given again.")
@click.option("--plan", "plan_only", is_flag=True, help="Print what would be walked, and stop.")
@JSON
@OUT
def faults(
    scenario: str, rig: str | None, policy: str | None, portal: str | None, slot: str | None, time_scale: float,
    only: tuple[str, ...], plan_only: bool, as_json: bool, out: Path | None,
) -> int:  # fmt: skip
    """Walk a covering set of faults and states at the door of SCENARIO: expected, observed, verdict, evidence.

    Every fault alone and in each state of the door (locked, unlocked, open, held), pairwise over direction, group and
    credential. Exits with 1 if the device does something else than the policy says, with 3 if the bench fails.
    """
    from ..report.faults import plan_text, show
    from .walking import planned, walk, write

    if not 1 <= time_scale <= 100:
        raise InputError(f"--time-scale: must be from 1 to 100 (got {time_scale:g})")
    loaded = load(scenario)
    with planned(
        loaded, rig=rig, slot=slot, policy=policy, portal=portal, factor=time_scale, only=only
    ) as ready:
        click.echo(plan_text(ready.plan, ready.missing, ready.seconds), err=as_json)
        if plan_only:
            return 0
        with claimed(out or Path("out") / loaded.scenario.id) as folder:
            result = walk(ready, folder)
            text = write(result, folder)
    if as_json:
        echo_json(text)
    else:
        show(result, folder)
    return result.exit_code
