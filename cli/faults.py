"""`gatebench bench faults`: a door under test meets every fault that the rig can do, and falls back as its policy says."""

from __future__ import annotations

from pathlib import Path

import click

from ..scenarios import InputError, load
from .bench_options import JSON, OUT, RIG, parse_time
from .folder import claimed
from .output import echo_json


@click.command("faults")
@click.argument("scenario", required=False)
@RIG
@click.option(
    "--device", type=click.Choice(["reader", "face-terminal", "io-box"]),
    help="Instead of a door of SCENARIO: walk at such a device, an emulated one or, with --rig, that of a slot.",
)  # fmt: skip
@click.option(
    "--defect", multiple=True, metavar="NAME", help="With --device: a defect of the emulated device (docs/defects-devices.md)."
)  # fmt: skip
@click.option("--policy", help="The candidate; that of the scenario's `bench:` unless given.")
@click.option("--portal", help="The portal; that of the scenario's `bench:` unless given.")
@click.option("--slot", help="Which of the rig's slots; the first unless given.")
@click.option(
    "--time-scale", type=float, default=1.0, show_default=True, metavar="N",
    help="Provisioned times (unlock, alarms, suspensions) and their limits divided by N; never wire timing.",
)  # fmt: skip
@click.option("--only", multiple=True, metavar="ROW|FAULT", help="Walk these alone; may be given again.")
@click.option(
    "--soak",
    type=click.FloatRange(1e-4, 0.5),
    metavar="RATE",
    help="Instead: as many passages as it takes to see a defect of this rate.",
)
@click.option(
    "--explore",
    metavar="TIME",
    help="Instead: random sequences for so long, such as `2 min`; what fails is shrunk at the device.",
)
@click.option(
    "--actuations",
    type=click.IntRange(1),
    default=2000,
    show_default=True,
    help="Relay actuations that exploring may cost.",
)
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), default=0, show_default=True, help="Of exploring.")
@click.option(
    "--regression", type=click.Path(path_type=Path, file_okay=False), default=Path("regression"), show_default=True,
    help="Folder of sequences that failed before: they are played first, and new ones are saved there.",
)  # fmt: skip
@click.option("--plan", "plan_only", is_flag=True, help="Print what would be walked, and stop.")
@JSON
@OUT
def faults(
    scenario: str | None, rig: str | None, device: str | None, defect: tuple[str, ...], policy: str | None, portal: str | None, slot: str | None, time_scale: float,
    only: tuple[str, ...], soak: float | None, explore: str | None, actuations: int, seed: int, regression: Path, plan_only: bool, as_json: bool, out: Path | None,
) -> int:  # fmt: skip
    """Walk a covering set of faults and states at the door of SCENARIO: expected, observed, verdict, evidence.

    Every fault alone and in each state of the door (locked, unlocked, open, held), pairwise over direction, group and
    credential. Exits with 1 if the device does something else than the policy says, with 3 if the bench fails.
    """
    if device is not None:
        if scenario is not None or explore is not None or policy is not None or portal is not None:
            raise InputError(
                "--device: a reader, terminal or box has no scenario, policy, portal or --explore; leave them out"
            )
        from .peripherals import walk_device

        return walk_device(
            device, rig=rig, slot=slot, defects=defect, only=only, soak=soak, seed=seed, plan_only=plan_only, as_json=as_json, out=out
        )  # fmt: skip
    if scenario is None:
        raise InputError("name a SCENARIO, or a device: --device reader, face-terminal or io-box")
    if defect:
        raise InputError(
            "--defect: goes with --device; an emulated controller's defect stands in its rig file (docs/defects.md)"
        )
    from ..report.faults import plan_text, show
    from .walking import exploring, planned, soaking, walk, write

    if not 1 <= time_scale <= 100:
        raise InputError(f"--time-scale: must be from 1 to 100 (got {time_scale:g})")
    seconds = None if explore is None else parse_time("--explore", explore)
    loaded = load(scenario)
    with planned(
        loaded, rig=rig, slot=slot, policy=policy, portal=portal, factor=time_scale, only=only
    ) as ready:
        ready = ready if soak is None else soaking(ready, soak)
        ready = ready if seconds is None else exploring(ready, regression, seconds)
        click.echo(plan_text(ready.plan, ready.missing, ready.seconds), err=as_json)
        if plan_only:
            return 0
        with claimed(out or Path("out") / loaded.scenario.id) as folder:
            result = walk(
                ready,
                folder,
                regression=regression if seconds is not None else None,
                seconds=seconds or 0.0,
                seed=seed,
                actuations=actuations,
            )
            text = write(result, folder)
    if as_json:
        echo_json(text)
    else:
        show(result, folder)
    return result.exit_code
