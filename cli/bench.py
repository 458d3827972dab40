"""`gatebench bench run | faults | replay | rejudge | fit`: a scenario at devices, and again from what they said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from ..scenarios import load
from .bench_options import BUDGET, JSON, LIMIT, OUT, RIG, RULE, parse_time
from .faults import faults
from .output import echo_json


def parse_budget(text: str) -> float:
    """Seconds. InputError."""
    return parse_time("--budget", text)


@click.group("bench")
def bench() -> None:
    """Play a scenario's people at devices, and look at what was said again."""


@bench.command("run")
@click.argument("scenario")
@RIG
@click.option("--policy", help="The candidate; that of the scenario's `bench:` unless given.")
@click.option("--portal", help="The portal; that of the scenario's `bench:` unless given.")
@BUDGET
@click.option(
    "--seed", type=click.IntRange(0, 2**63 - 1), default=1, show_default=True, help="Of all random numbers."
)
@click.option("--slot", help="Which of the rig's slots; the first unless given.")
@LIMIT
@RULE
@click.option(
    "--keep-video", metavar="TIME", help="Store what cameras see, people filled solid, to be deleted after TIME, such as `30 d`."
)  # fmt: skip
@JSON
@OUT
def run(
    scenario: str, rig: str | None, policy: str | None, portal: str | None, budget: str, seed: int, slot: str | None,
    limits: tuple[str, ...], rule: str, keep_video: str | None, as_json: bool, out: Path | None,
) -> int:  # fmt: skip
    """Play people of SCENARIO at a rig: what the devices decide, when locks move, and where the model differs.

    Exits with 1 if a device did something else than the policy says or missed a limit, with 3 if the bench failed.
    """
    from ..hil.eyes.starting import Keep
    from ..report.bench import show
    from .folder import claimed
    from .playing import play, write

    seconds = parse_budget(budget)
    kept_for = None if keep_video is None else parse_time("--keep-video", keep_video)
    loaded = load(scenario)
    with claimed(out or Path("out") / loaded.scenario.id) as folder:
        keep = None
        if kept_for is not None:
            until = datetime.now(UTC) + timedelta(seconds=kept_for)
            keep = Keep(folder / "video", f"bench run of {loaded.scenario.id}", until)
        result = play(
            loaded, folder, rig=rig, policy=policy, portal=portal, budget=seconds, seed=seed, slot=slot, limits=limits, rule=rule,
            keep=keep,
        )  # fmt: skip
        text = write(result, folder)
    if as_json:
        echo_json(text)
    else:
        show(result, folder)
    return result.exit_code


@bench.command("replay")
@click.argument("events", type=click.Path(path_type=Path))
@click.option("--scenario", help="The scenario's file, if it is not that of the library.")
@JSON
def replay(events: Path, scenario: str | None, as_json: bool) -> int:
    """Play the bench run of EVENTS (events/bench.parquet) again in simulated time, from its transcript, and compare.

    Exits with 1 if any row differs.
    """
    from .playing import again

    found = again(events, scenario)
    if as_json:
        echo_json(found.to_json())
    else:
        click.echo(found.text())
    return 0 if found.identical else 1


@bench.command("rejudge")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--scenario", help="The scenario's file, if it is not that of the library.")
@LIMIT
@RULE
@JSON
def rejudge(folder: Path, scenario: str | None, limits: tuple[str, ...], rule: str, as_json: bool) -> int:
    """Judge the newest bench run or walk in FOLDER again, from its transcript alone; with the limits of then unless others are
    given."""
    from ..report.bench import show
    from .playing import judge_again, text_of
    from .walking import judged_again

    walked = judged_again(folder, scenario)
    if walked is not None:
        from ..report.faults import show as show_walk

        if as_json:
            echo_json(walked.dumps())
        else:
            show_walk(walked, None)
        return walked.exit_code
    result = judge_again(folder, scenario, limits, rule)
    if as_json:
        echo_json(text_of(result))
    else:
        show(result, None)
    return result.exit_code


@bench.command("fit")
@click.argument("folder", type=click.Path(path_type=Path))
def fit(folder: Path) -> int:
    """Print what the bench run in FOLDER measured as YAML for a scenario's readers and portals."""
    from .playing import fitted

    click.echo(fitted(folder), nl=False)
    return 0


bench.add_command(faults)
