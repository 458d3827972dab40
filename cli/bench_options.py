"""Options that commands of the bench share."""

from __future__ import annotations

from pathlib import Path

import click

from ..scenarios import InputError
from ..scenarios.units import parse_duration


def parse_time(option: str, text: str) -> float:
    """Seconds, above 0. InputError names the option."""
    try:
        seconds = parse_duration(text)
    except ValueError as error:
        raise InputError(f"{option}: {error}") from None
    if seconds <= 0.0:
        raise InputError(f"{option}: must be above 0 (got {text!r})")
    return seconds


RIG = click.option("--rig", metavar="FILE", help="The rig file; emulated devices unless given.")
BUDGET = click.option(
    "--budget",
    default="60 s",
    show_default=True,
    help="Real time that the choice of people may take, such as `30 s`.",
)
LIMIT = click.option(
    "--limit", "limits", multiple=True, metavar="'STAGE.pNN <= TIME'", help="A limit to be judged, such as 'decision.p95 <= 500 ms'; may be given again."
)  # fmt: skip
RULE = click.option(
    "--rule", type=click.Choice(["guard-band", "simple"]), default="guard-band", show_default=True, help="Decision rule of the limits."
)  # fmt: skip
JSON = click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
OUT = click.option(
    "--out", type=click.Path(path_type=Path), help="Folder for the results; out/SCENARIO unless given."
)
